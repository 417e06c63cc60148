"""The guide says what the product does: its numbers are computed, its lists are complete, its links lead somewhere."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic_core import to_jsonable_python

from channels.cascade.rules import compute
from channels.network import registry
from channels.network.values import Row
from channels.sync.rules import merge_policy, trace_policy
from config.api import api
from config.env import Environment
from core.audit.checks import all_checks
from core.sheets.registry import all_sheets
from strategies.admin.operators import list_operators
from strategies.registry import all_kinds, facts_of
from tests.channels import documents

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "guide"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "benchmarks" / "README.md"])
API_ROOT = "/api/v1"


def page(name):
    return (GUIDE / name).read_text(encoding="utf-8")


def blocks(name, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page(name), re.MULTILINE | re.DOTALL)


def table_rows(text):
    """The cells of every table row."""
    lines = [line for line in text.splitlines() if line.startswith("|") and not re.fullmatch(r"[|\-: ]+", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def unfenced(path):
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def prose(path):
    """A page without its code, where brackets mean no link."""
    return re.sub(r"`[^`\n]*`", "", unfenced(path))


# The arithmetic

CASES = [json.loads(block) for block in blocks("arithmetic.md", "json")]
NETWORKS = [case for case in CASES if "expected" in case]
LISTINGS = [case for case in CASES if "published" in case]
BASE: dict[str, Any] = {
    "skus": [{"code": "COAT"}],
    "warehouses": [{"code": "SH", "functional": [{"code": "SH-GOOD"}]}],
    "supplies": [{"code": "ALL", "sources": [{"functional": "SH-GOOD"}]}],
    "pools": [],
}


def completed(case):
    """A block of the page with what it leaves out."""
    document = {**BASE, **case}
    for warehouse in document["warehouses"]:
        for functional in warehouse["functional"]:
            functional.setdefault("status", "good")
    codes = {share["shop"] for pool in document["pools"] for share in pool["shares"]}
    return {**document, "shops": [{"code": code} for code in sorted(codes)]}


def layers(document, sku):
    """Layer to code to units, of one SKU."""
    network, stock = documents.cascade_network(document), documents.stock(document)
    result = compute(network, stock, trace=True)
    at = list(documents.index(document["skus"])).index(sku)
    assert result.trace is not None
    supply = network.supply
    arrays = {
        "atp": (supply.functionals.codes, result.trace.supply.atp),
        "supply": (supply.supplies.codes, result.trace.supply.supply),
        "pool": (supply.pools.codes, result.trace.supply.pool),
        "shop": (network.shops, result.shop),
    }
    return {name: dict(zip(codes, array[:, at].tolist(), strict=True)) for name, (codes, array) in arrays.items()}


def test_the_page_has_a_case_for_every_mode():
    assert {pool.get("mode", "shared") for case in NETWORKS for pool in case.get("pools", [])} == {
        "shared",
        "proportional",
        "priority",
        "depth",
        "demand",
    }
    assert len(NETWORKS) + len(LISTINGS) == len(CASES)


@pytest.mark.parametrize("case", NETWORKS, ids=lambda case: json.dumps(case["expected"])[:70])
def test_a_case_of_the_arithmetic_page(case):
    document = completed(case)
    for expected in case["expected"]:
        computed = layers(document, expected["sku"])
        for layer in expected.keys() - {"sku"}:
            shown = {code: computed[layer][code] for code in expected[layer]}
            assert shown == expected[layer], f"{layer} of {expected['sku']}"


@pytest.mark.parametrize("case", LISTINGS, ids=json.dumps)
def test_a_listing_of_the_arithmetic_page(case):
    assert trace_policy(case["q0"], merge_policy(*case["policies"]))[-1].after == case["published"]


def test_the_example_by_hand_is_the_vector():
    vector = json.loads((ROOT / "tests" / "vectors" / "example.json").read_text(encoding="utf-8"))
    rows = table_rows(page("arithmetic.md").split("## A whole example by hand")[1].split("\n## ")[0])
    numbers = {row[0]: row[1:3] for row in rows if re.match(r"`(atp|supply|pool|shop)`", row[0])}
    named = set()
    for label, cells in numbers.items():
        layer, code = label.replace("`", "").split()
        for expected, cell in zip(vector["expected"], cells, strict=True):
            assert int(cell) == expected[layer].get(code, 0), f"{label} of {expected['sku']}"
            named.add((expected["sku"], layer, code))
    wanted = {
        (row["sku"], layer, code) for row in vector["expected"] for layer in row.keys() - {"sku"} for code in row[layer]
    }
    assert wanted <= named
    shown = [[row[0], int(row[1])] for row in rows if re.match(r"`(TMALL|JD)`", row[0])]
    assert shown == [[f"`{row['shop']}` {row['listing']}", row["quantity"]] for row in vector["published"]]


# The network document


def row_model(annotation):
    """The row class inside an annotation such as `list[SkuRow]`, None for plain values."""
    if isinstance(annotation, type) and issubclass(annotation, Row):
        return annotation
    return next((model for part in get_args(annotation) if (model := row_model(part))), None)


def tables_of(path, annotation):
    """(path, row class) of a value and of everything beneath it."""
    model = row_model(annotation)
    if model is None:
        return
    path = path if annotation is model else f"{path}[]"
    yield path, model
    for name, field in model.model_fields.items():
        yield from tables_of(f"{path}.{name}", field.annotation)


TABLES = [pair for section in registry.all_sections() for pair in tables_of(section.key, section.schema)]


def shown_default(field):
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    value = default.model_dump(exclude_unset=True) if isinstance(default, Row) else to_jsonable_python(default)
    is_number = isinstance(value, str) and not isinstance(default, str)
    return f"`{value if is_number else json.dumps(value)}`"


@pytest.mark.parametrize(("path", "model"), TABLES, ids=[path for path, _model in TABLES])
def test_the_network_page_has_every_field_and_default(path, model):
    sections = re.split(r"^### ", page("network.md"), flags=re.MULTILINE)
    own = [section for section in sections if f"`{path}`" in section.splitlines()[0]]
    assert len(own) == 1, f"no heading names `{path}`"
    found = {row[0].strip("`"): row[1] for row in table_rows(own[0]) if row[0].startswith("`")}
    assert found == {name: shown_default(field) for name, field in model.model_fields.items()}


# The API

SCHEMA = json.loads(json.dumps(api.get_openapi_schema(), default=str))
OPERATIONS = {
    f"{method.upper()} `{path.removeprefix(API_ROOT)}`": operation
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
}


def fields_of(schema):
    """The names of all fields of a schema of the document, however deep."""
    if "$ref" in schema:
        return fields_of(SCHEMA["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    inner = [*schema.get("properties", {}).values(), schema.get("items", {}), *schema.get("anyOf", [])]
    return set(schema.get("properties", {})) | {name for each in inner if each for name in fields_of(each)}


def test_the_api_page_has_every_endpoint_and_no_other():
    assert set(re.findall(r"^### ((?:GET|POST|PUT|PATCH|DELETE) `[^`]+`)$", page("api.md"), re.MULTILINE)) == set(
        OPERATIONS
    )


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_api_page_has_every_parameter_and_field(name):
    operation = OPERATIONS[name]
    text = page("api.md").split(f"### {name}\n")[-1].split("\n### ")[0]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    names = {parameter["name"] for parameter in operation.get("parameters", [])} | fields_of(body)
    assert {each for each in names if f"`{each}`" not in text} == set()


# Operations and sheets


def test_the_operations_page_has_every_setting_and_default():
    rows = {row[0].strip("`"): row[1] for row in table_rows(page("operations.md")) if len(row) == 3}
    for name, field in Environment.model_fields.items():
        default = "empty" if field.default == "" else f"`{str(field.default).lower()}`"
        assert rows.get(name.upper()) == default, name.upper()


def test_the_operations_page_has_every_check_of_the_audit():
    rows = [row[0].strip("`") for row in table_rows(page("operations.md").split("## Checking the books")[1])]
    assert [name for name in rows if name in all_checks()] == list(all_checks())


@pytest.mark.parametrize("sheet", all_sheets().values(), ids=lambda sheet: sheet.name)
def test_the_spreadsheets_page_has_every_sheet_and_column(sheet):
    rows = {row[0]: row[1] for row in table_rows(page("spreadsheets.md"))}
    columns = [f"**{c.header}**" if c.required or c.name in sheet.needed() else c.header for c in sheet.columns]
    assert rows.get(str(sheet.title)) == ", ".join(columns)


# Strategies


def test_the_strategies_page_has_every_fact_by_its_label():
    text = page("strategies.md").split("### Where")[1].split("### How it is compared")[0]
    facts = {f"`{fact.key}`": str(fact.label) for kind in all_kinds() for fact in facts_of(kind)}
    assert {row[1]: row[0] for row in table_rows(text) if row[0] != "fact"} == facts


def test_the_strategies_page_has_every_comparison_by_its_label():
    text = page("strategies.md").split("### How it is compared")[1].split("\n## ")[0]
    said = {f"{each['label']} `{each['op']}`" for operators in list_operators().values() for each in operators}
    assert {words for words in said if words not in text} == set()


# Links


def anchors(path):
    """The anchors GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", unfenced(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_somewhere(path):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        if not found.exists() or (anchor and anchor not in anchors(found)):
            broken.append(target)
    assert broken == []


def test_every_page_of_the_guide_can_be_reached():
    start, seen = GUIDE / "README.md", set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in seen or path.suffix != ".md" or not path.exists():
            continue
        seen.add(path)
        targets = re.findall(r"\]\(([^)\s#]+)[^)\s]*\)", prose(path))
        waiting += [(path.parent / target).resolve() for target in targets if ":" not in target]
    assert set(GUIDE.rglob("*.md")) <= seen
