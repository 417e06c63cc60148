"""The OpenAPI document and its page: complete, and served without any outside host."""

import re

import pytest
from django.contrib.staticfiles import finders

pytestmark = pytest.mark.urls("tests.core.api_sample")


@pytest.fixture
def document(client):
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def test_keys_scopes_and_problems_are_documented(document):
    operation = document["paths"]["/api/v1/things"]["post"]

    assert document["components"]["securitySchemes"]["ApiKeyAuth"]["scheme"] == "bearer"
    assert operation["security"] == [{"ApiKeyAuth": []}]
    assert "`stock:write`" in operation["description"]
    assert set(operation["responses"]) == {"201", "401", "403", "429", "default"}
    problem = operation["responses"]["401"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/Problem"}
    assert "Problem" in document["components"]["schemas"]
    assert "Retry-After" in operation["responses"]["429"]["headers"]


def test_the_idempotency_header_is_documented_once(document):
    for path, required in (("things", True), ("optional", False)):
        parameters = document["paths"][f"/api/v1/{path}"]["post"]["parameters"]
        named = [parameter for parameter in parameters if parameter["name"] == "Idempotency-Key"]
        assert [parameter["required"] for parameter in named] == [required]


def test_an_open_endpoint_promises_no_key_problems(document):
    assert set(document["paths"]["/api/v1/faults/{kind}"]["get"]["responses"]) == {"200", "default"}


def test_every_reference_leads_somewhere(document):
    for reference in re.findall(r"'\$ref': '#/([^']+)'", str(document)):
        place = document
        for step in reference.split("/"):
            place = place[step]


@pytest.mark.urls("config.urls")
def test_the_page_needs_no_outside_host(client):
    page = client.get("/api/v1/docs").content.decode()

    assert "//" not in re.sub(r"http://www\.w3\.org", "", page)
    assert '"validatorUrl": null' in page
    for name in re.findall(r'(?:src|href)="/static/([^"]+)"', page):
        assert finders.find(name)
