"""Worked cases: all agree, and a single wrong number is found and named."""

import copy
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.network.check import Case, check_case, check_file
from channels.network.scratch import scratch_database
from core.errors import Conflict
from inventory.models import LedgerEntry, Sku, StockRow
from tests.core.processes import wait_for

VECTORS = sorted((Path(__file__).parents[1] / "vectors").glob("*.json"))
EXAMPLE = next(path for path in VECTORS if path.stem == "example")


def numbers_of(case):
    """The path of every expected number."""
    for at, row in enumerate(case["expected"]):
        for layer in ("atp", "supply", "pool", "shop"):
            yield from (("expected", at, layer, code) for code in row.get(layer, {}))
    yield from (("published", at, "quantity") for at in range(len(case["published"])))


def corrupted(case, path, change):
    """(the case with one number changed, the sentence that must name it)."""
    case = copy.deepcopy(case)
    *parents, last = path
    owner = case
    for step in parents:
        owner = owner[step]
    right = owner[last]
    owner[last] = wrong = right + change if right + change >= 0 else right - change
    place = f"{path[0]}[{path[1]}]." + ".".join(path[2:])
    return case, f"{place}: {wrong}, computed {right}"


@pytest.mark.django_db
@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_every_number_of_a_worked_case_is_computed_and_nothing_stays(path):
    assert check_file(path) == []
    assert not Sku.objects.exists()
    assert not LedgerEntry.objects.exists()


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_single_wrong_number_is_found_and_named(data):
    path = data.draw(st.sampled_from(VECTORS))
    case = json.loads(path.read_text())
    number = data.draw(st.sampled_from(sorted(numbers_of(case), key=str)))
    change = data.draw(st.sampled_from([1, -1, 1000]))
    wrong, sentence = corrupted(case, number, change)
    assert check_case(Case.model_validate(wrong)) == [sentence]


@pytest.mark.django_db
@pytest.mark.parametrize("layer", ["atp", "supply", "pool", "shop", "published"])
def test_a_wrong_number_of_each_layer_is_found(layer):
    case = json.loads(EXAMPLE.read_text())
    number = next(path for path in numbers_of(case) if layer in path)
    wrong, sentence = corrupted(case, number, 1)
    assert check_case(Case.model_validate(wrong)) == [sentence]


@pytest.mark.django_db
def test_a_functional_warehouse_that_is_not_named_must_hold_nothing():
    case = json.loads(EXAMPLE.read_text())
    del case["expected"][0]["atp"]["BJ-GOOD"]
    assert check_case(Case.model_validate(case)) == ["expected[0].atp.BJ-GOOD: 0, computed 35"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda case: case["expected"][0]["pool"].update(NOPE=1),
            "expected[0].pool.NOPE: nothing was computed for NOPE",
        ),
        (lambda case: case["expected"][1].update(sku="NOPE"), "expected[1].sku: nothing was computed for NOPE"),
        (
            lambda case: case["published"][0].update(listing="nope"),
            "published[0].listing: nothing was computed for TMALL nope",
        ),
        (
            lambda case: case["network"]["pools"][0]["shares"][0].update(ratio=120),
            "network.pools[0].shares[0].ratio: 120 is not between 0 and 100",
        ),
    ],
)
def test_a_case_that_names_what_is_not_there_fails(change, sentence):
    case = json.loads(EXAMPLE.read_text())
    change(case)
    assert sentence in check_case(Case.model_validate(case))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda case: case.pop("network"), "network: this field is missing"),
        (lambda case: case.update(publishd=[]), "publishd: there is no such field"),
        (
            lambda case: case["expected"][0]["shop"].update(JD=1.5),
            "expected[0].shop.JD: 1.5 is not a whole number",
        ),
    ],
)
def test_a_file_that_is_no_case_is_named(change, sentence, tmp_path):
    case = json.loads(EXAMPLE.read_text())
    change(case)
    path = tmp_path / "case.json"
    path.write_text(json.dumps(case))
    assert check_file(path) == [sentence]


def test_the_command_checks_in_a_database_of_its_own(django_db_setup, django_db_blocker, tmp_path):
    wrong, sentence = corrupted(json.loads(EXAMPLE.read_text()), ("expected", 1, "shop", "JD"), 1)
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(wrong))
    out = StringIO()
    with django_db_blocker.unblock():
        real = connection.settings_dict["NAME"]
        before, there = counts(), scratch_databases()
        call_command("network", "check", str(EXAMPLE), stdout=out)
        assert "1 case agrees in every number" in out.getvalue()
        with pytest.raises(CommandError, match="1 of 2 cases fail"):
            call_command("network", "check", str(broken), str(EXAMPLE), stdout=out)
        assert f"broken.json: {sentence}" in out.getvalue()
        assert connection.settings_dict["NAME"] == real
        assert counts() == before
        assert_gone(there)


def test_the_scratch_database_goes_away_after_a_failure(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        real, there = connection.settings_dict["NAME"], scratch_databases()
        with pytest.raises(ZeroDivisionError):
            fail_in_scratch(real)
        assert connection.settings_dict["NAME"] == real
        assert_gone(there)


def fail_in_scratch(real):
    with scratch_database():
        assert connection.settings_dict["NAME"] != real
        assert Sku.objects.count() == 0
        raise ZeroDivisionError


def test_a_role_that_may_not_create_databases_gets_a_sentence(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        before = scratch_databases()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_has_role(current_user, 'pg_read_all_data', 'MEMBER')")
            if not cursor.fetchone()[0]:
                pytest.skip("the test role can't become another")
            cursor.execute("SET ROLE pg_read_all_data")
        try:
            with pytest.raises(Conflict, match="pg_read_all_data may not create databases"), scratch_database():
                pytest.fail("a database was made")
        finally:
            connection.close()
        assert_gone(before)


def assert_gone(before):
    """No scratch database is left but those of before; one of a test beside this one goes away by itself."""
    wait_for(lambda: set(scratch_databases()) <= set(before), 20)


def counts():
    return Sku.objects.count(), StockRow.objects.count(), LedgerEntry.objects.count()


def scratch_databases():
    """The scratch databases nobody is connected to: those of a test beside this one are in use."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database d WHERE datname LIKE 'onepool_scratch_%%' "
            "AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)"
        )
        return [name for (name,) in cursor.fetchall()]
