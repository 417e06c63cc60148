"""What `manage.py network load` and `dump` say and do."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from channels.network.actions import load_network
from inventory.models import Sku
from tests.channels.network_documents import small
from tests.factories import GoodsStatusFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def statuses(db):
    """A test that flushes loses the rows a migration made."""
    for code in ("good", "defective", "inspection", "staging"):
        GoodsStatusFactory(code=code)


def load(document):
    return load_network(document, actor="test")


def test_the_commands(tmp_path):
    path, out = tmp_path / "n.json", StringIO()
    path.write_text(json.dumps(small()))
    call_command("network", "load", str(path), "--dry-run", stdout=out)
    assert "skus: 3 added, 0 changed, 0 retired" in out.getvalue()
    assert "dry run" in out.getvalue()
    assert not Sku.objects.exists()
    call_command("network", "load", str(path), stdout=StringIO())
    written = tmp_path / "n.yaml"
    call_command("network", "dump", "-o", str(written), "--stock")
    call_command("network", "load", str(written), stdout=(out := StringIO()))
    assert "nothing to change" in out.getvalue()
    call_command("network", "dump", "--format", "yaml", stdout=(out := StringIO()))
    assert "code: SH-GOOD" in out.getvalue()


def test_the_load_command_prints_each_change(tmp_path):
    load(small())
    document = small()
    document["supplies"][0]["sources"][1]["ratio"] = 80.5
    document["pools"].pop(1)
    path, out = tmp_path / "n.json", StringIO()
    path.write_text(json.dumps(document))
    call_command("network", "load", str(path), stdout=out)
    assert 'change supplies.sources S1 BJ-GOOD: ratio "50.00" → "80.50"' in out.getvalue()
    assert "retire pools P2" in out.getvalue()


def test_a_refused_load_ends_with_the_reasons(tmp_path):
    document = small()
    document["pools"][1]["shares"][0]["ratio"] = 120
    document["brands"] = [{"code": ""}]
    path = tmp_path / "n.json"
    path.write_text(json.dumps(document))
    with pytest.raises(CommandError) as caught:
        call_command("network", "load", str(path))
    assert "pools[1].shares[0].ratio: 120 is not between 0 and 100" in str(caught.value)
    assert "brands[0].code: this field is empty" in str(caught.value)
    assert not Sku.objects.exists()
