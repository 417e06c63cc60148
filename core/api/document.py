"""The OpenAPI document: adds to each operation its scope, the problems it may answer and the request id."""

from typing import Any

from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from core.api.auth import ApiKeyAuth

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_SCHEMA = {
    "title": "Problem",
    "type": "object",
    "description": "What went wrong (RFC 9457). `detail` and `message` are in the language of Accept-Language.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:onepool:problem:conflict"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "message"],
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
                "additionalProperties": True,
            },
        },
    },
}
_REQUEST_ID = {"X-Request-ID": {"$ref": "#/components/headers/X-Request-ID"}}
_WHOLE_SECONDS = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}


class Document(OpenAPISchema):
    """The document of one API."""

    def operation_details(self, operation: Operation) -> dict[str, Any]:
        """As ninja's, with the scope in words: OpenAPI has scopes for OAuth alone."""
        details = super().operation_details(operation)
        scopes = [auth.scope for auth in operation.auth_callbacks if isinstance(auth, ApiKeyAuth) and auth.scope]
        if scopes:
            needs = f"Needs a key with the scope `{scopes[0]}`."
            details["description"] = f"{details.get('description', '')}\n\n{needs}".strip()
        return details

    def responses(self, operation: Operation) -> dict[int, dict[str, Any]]:
        """As ninja's, with the problems: those of every key by number, the rest as the default."""
        result: dict[Any, dict[str, Any]] = {
            status: {"headers": _REQUEST_ID, **answer} for status, answer in super().responses(operation).items()
        }
        if operation.auth_callbacks:
            result.setdefault(401, _problem("There is no valid key."))
            result.setdefault(403, _problem("The key lacks the scope."))
            result.setdefault(429, _problem("Too many requests with this key.", **_WHOLE_SECONDS))
        result.setdefault("default", _problem("Any other fault; nothing was changed."))
        return result

    def get_components(self) -> dict[str, Any]:
        """As ninja's, with the problem and the request id that the responses refer to."""
        components = super().get_components()
        components["schemas"]["Problem"] = _SCHEMA
        description = "Names this request in the log; send your own to use it."
        components["headers"] = {"X-Request-ID": {"description": description, "schema": {"type": "string"}}}
        return components


def _problem(description: str, **headers: Any) -> dict[str, Any]:
    return {"description": description, "headers": {**_REQUEST_ID, **headers}, "content": _PROBLEM}
