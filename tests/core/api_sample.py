"""A small API of its own: endpoints that show what the shared parts do, without any app's endpoints."""

import time

from django.db import IntegrityError, OperationalError
from django.http import HttpRequest
from django.urls import path
from ninja import Query, Schema, Status
from pydantic import Field, field_validator

from core.api.auth import caller_of, scoped
from core.api.base import OnepoolApi
from core.api.idempotency import idempotent
from core.api.pagination import Page, PageQuery, cursor_page
from core.errors import Conflict, FieldError
from core.models import ApiKey, Job

api = OnepoolApi(title="Sample", version="1", urls_namespace="sample")


class Line(Schema):
    sku: str = Field(min_length=1, max_length=8)
    quantity: int = Field(ge=1)

    @field_validator("sku")
    @classmethod
    def refuse_blank(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("A SKU's code isn't blank.")
        return value


class Body(Schema):
    lines: list[Line] = Field(min_length=1, max_length=3)
    wait: float = 0


class Made(Schema):
    id: int
    lines: int


class JobRow(Schema):
    id: int
    title: str


@api.get("/hello", auth=scoped("stock"))
def say_hello(request: HttpRequest):
    return {"name": caller_of(request).name}


@api.post("/things", auth=scoped("stock:write"), response={201: Made})
@idempotent(required=True)
def make_thing(request: HttpRequest, payload: Body):
    job = Job.objects.create(kind="sample", title=payload.lines[0].sku)
    time.sleep(payload.wait)
    if payload.lines[0].sku == "short":
        facts = {"wanted": payload.lines[0].quantity, "available": 0}
        raise Conflict("There is too little stock.", [FieldError("lines[0].sku", "Only 0 of short are left.", facts)])
    if payload.lines[0].sku == "crash":
        raise RuntimeError("secret detail")
    return Status(201, {"id": job.pk, "lines": len(payload.lines)})


@api.post("/optional", auth=scoped("stock:write"))
@idempotent()
def make_optional(request: HttpRequest, payload: Body):
    return {"id": Job.objects.create(kind="sample", title=payload.lines[0].sku).pk}


@api.get("/jobs", auth=scoped("stock"), response=Page[JobRow])
def list_jobs(request: HttpRequest, page: Query[PageQuery]):
    items, after = cursor_page(Job.objects.all(), page.limit, page.cursor, order=("title", "-id"))
    return {"items": items, "next": after}


@api.get("/faults/{kind}")
def fail(request: HttpRequest, kind: str):
    if kind == "owner":
        ApiKey.objects.create(name="x", prefix="bad", secret_hash="x", owner="shop", owner_code="")
    if kind == "data":
        Job.objects.create(kind="x" * 65, title="x")
    if kind == "nul":
        Job.objects.create(kind="\0", title="x")
    raise {"integrity": IntegrityError("raw"), "database": OperationalError("raw")}.get(kind, RuntimeError("raw"))


urlpatterns = [path("api/v1/", api.urls)]
