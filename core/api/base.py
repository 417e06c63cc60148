"""The API class: orjson in and out, problems for faults, and an OpenAPI document that says so."""

from typing import Any

import orjson
from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.errors import ValidationError, ValidationErrorContext
from ninja.openapi.docs import Swagger
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from core.api.document import Document
from core.api.problems import register_problems


class OrjsonRenderer(BaseRenderer):
    """Times as RFC 3339 with their offset, decimals and anything else as text."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """The answer's bytes; bytes are taken to be encoded already."""
        return data if isinstance(data, bytes) else orjson.dumps(data, default=str, option=orjson.OPT_NON_STR_KEYS)


class OrjsonParser(Parser):
    """Strict JSON: NaN, Infinity and text that isn't UTF-8 are refused."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body's value; ValueError when it isn't JSON."""
        return orjson.loads(request.body)


class OnepoolApi(NinjaAPI):
    """The one API; config mounts the apps' routers on it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            renderer=OrjsonRenderer(),
            parser=OrjsonParser(),
            # Without a validator address Swagger UI would send the document to an outside host.
            docs=Swagger(settings={"validatorUrl": None, "persistAuthorization": True}),
            **options,
        )
        register_problems(self)

    def validation_error_from_error_contexts(
        self, error_contexts: list[ValidationErrorContext[Any]]
    ) -> ValidationError:
        """Let every path start where the client's own JSON or query does, without the view's parameter names."""
        errors: list[dict[str, Any]] = []
        for context in error_contexts:
            whole_body = getattr(context.model, "__read_from_single_attr__", None)
            for error in super().validation_error_from_error_contexts([context]).errors:
                places = error["loc"][1:]
                hidden = 1 if whole_body and places[:1] == (whole_body,) else 0
                errors.append({**error, "loc": places[hidden:]})
        return ValidationError(errors)

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The OpenAPI document with what every endpoint shares."""
        prefix = self.get_root_path(path_params or {}) if path_prefix is None else path_prefix
        return Document(self, prefix)
