"""Stock is changed in the admin through dialogs alone, and only where the user works."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.urls import reverse

from inventory.ledger.actions import HoldRequest, Movement, place_holds, post_movements
from inventory.models import DirtySku, Hold, LedgerEntry, StockRow, WarehouseStaff
from inventory.warehouses.actions import ensure_roles
from tests import factories

pytestmark = pytest.mark.django_db
SENT = {"_form_submitted": "True"}


@pytest.fixture
def row():
    functional, sku = factories.FunctionalWarehouseFactory(), factories.SkuFactory()
    post_movements([Movement(functional.code, sku.code, "receipt", 10)], actor="test")
    DirtySku.objects.all().delete()
    return StockRow.objects.get()


def _url(row, name):
    return reverse(f"admin:inventory_stockrow_{name}", args=[row.pk])


def _say(client, row, name, **said):
    return client.post(_url(row, name), {**SENT, **said})


@pytest.fixture
def login(client, django_user_model):
    """Log in as a member of a built-in group who works at the given warehouses."""

    def as_(group, *warehouses):
        ensure_roles()
        user = django_user_model.objects.create_user(f"{group}-{len(warehouses)}", is_staff=True)
        user.groups.set(Group.objects.filter(name=group))
        for warehouse in warehouses:
            WarehouseStaff.objects.create(user=user, warehouse=warehouse)
        client.force_login(user)
        return client

    return as_


@pytest.mark.parametrize(
    ("name", "said", "on_hand", "kind"),
    [
        ("receive", {"quantity": 5}, 15, "receipt"),
        ("issue", {"quantity": 4, "reason": "sold"}, 6, "issue"),
        ("adjust", {"quantity": -3, "reason": "lost"}, 7, "adjustment"),
        ("count", {"on_hand": 12, "expected": 10}, 12, "count"),
    ],
)
def test_a_dialog_books_through_its_verb(admin_client, row, name, said, on_hand, kind):
    answer = _say(admin_client, row, name, **said)
    assert answer.headers["HX-Redirect"]
    row.refresh_from_db()
    assert row.on_hand == on_hand
    entry = LedgerEntry.objects.first()
    assert (entry.kind, entry.balance, entry.actor) == (kind, on_hand, "admin")
    assert DirtySku.objects.filter(sku=row.sku).exists()
    history = admin_client.get(reverse("admin:inventory_stockrow_history", args=[row.pk])).content.decode()
    assert row.sku.code in history


def test_goods_move_to_another_status_of_their_warehouse(admin_client, row):
    damaged = factories.FunctionalWarehouseFactory(warehouse=row.functional.warehouse, status__code="defective")
    elsewhere = factories.FunctionalWarehouseFactory()
    refused = _say(admin_client, row, "move", quantity=2, to_functional=elsewhere.code)
    assert "HX-Redirect" not in refused.headers
    assert _say(admin_client, row, "move", quantity=2, to_functional=damaged.code).headers["HX-Redirect"]
    assert StockRow.objects.get(functional=damaged).on_hand == 2


def test_units_are_held_and_released(admin_client, row):
    _say(admin_client, row, "hold", quantity=4, reason="photo", expires_at="2099-01-01T10:00")
    hold = Hold.objects.get()
    assert (hold.quantity, hold.reason, hold.actor, hold.expires_at.year) == (4, "photo", "admin", 2099)
    url = reverse("admin:inventory_hold_release_one", args=[hold.pk])
    assert admin_client.get(url).status_code == 200
    hold.refresh_from_db()
    assert hold.closed_at is None  # looking at the dialog releases nothing
    admin_client.post(url, SENT)
    hold.refresh_from_db()
    assert hold.outcome == "released"


def test_holds_are_released_together(admin_client, row):
    wanted = HoldRequest(row.functional.code, row.sku.code, 1, "photo")
    ids = place_holds([wanted, wanted], actor="test")
    admin_client.post(
        reverse("admin:inventory_hold_changelist"), {"action": "release", "_selected_action": ids, "index": 0}
    )
    row.refresh_from_db()
    assert row.allocated == 0


def test_a_refusal_is_shown_in_the_dialog(admin_client, row):
    answer = _say(admin_client, row, "issue", quantity=11, reason="sold")
    page = answer.content.decode()
    assert row.sku.code in page
    assert answer.context["form"].errors["quantity"]
    row.refresh_from_db()
    assert row.on_hand == 10


def test_a_count_of_a_number_that_moved_is_refused_once(admin_client, row):
    post_movements([Movement(row.functional.code, row.sku.code, "receipt", 1)], actor="somebody")
    refused = _say(admin_client, row, "count", on_hand=9, expected=10)
    assert "HX-Redirect" not in refused.headers
    assert 'name="expected" value="11"' in refused.content.decode()
    assert _say(admin_client, row, "count", on_hand=9, expected=11).headers["HX-Redirect"]


def test_safety_stock_is_set_and_taken_away(admin_client, row):
    _say(admin_client, row, "safety_stock", units=3)
    row.refresh_from_db()
    assert row.safety_stock == 3
    _say(admin_client, row, "safety_stock", units="")
    row.refresh_from_db()
    assert row.safety_stock is None


def test_nothing_is_edited_past_the_verbs(admin_client, row):
    for name in ("stockrow", "ledgerentry", "hold"):
        assert admin_client.get(reverse(f"admin:inventory_{name}_add")).status_code == 403
        admin_client.post(
            reverse(f"admin:inventory_{name}_changelist"), {"action": "delete_selected", "_selected_action": [1]}
        )
    change = reverse("admin:inventory_stockrow_change", args=[row.pk])
    assert admin_client.post(change, {"on_hand": 99}).status_code == 403
    assert StockRow.objects.get().on_hand == 10


def test_a_new_sku_is_received_on_a_page_of_its_own(admin_client):
    functional, sku = factories.FunctionalWarehouseFactory(), factories.SkuFactory()
    url = reverse("admin:inventory_stockrow_post_movement")
    said = {"kind": "receipt", "functional": functional.pk, "sku": sku.pk, "quantity": 7}
    assert admin_client.get(url).status_code == 200
    assert admin_client.post(url, said).status_code == 302
    assert StockRow.objects.get().on_hand == 7
    short = admin_client.post(url, {**said, "kind": "issue", "quantity": 8})
    assert short.context["form"].errors["quantity"]


def test_a_store_sees_its_own_stock_alone(login, row):
    other = factories.FunctionalWarehouseFactory()
    post_movements([Movement(other.code, row.sku.code, "receipt", 3)], actor="test")
    theirs = StockRow.objects.get(functional=other)
    place_holds([HoldRequest(other.code, row.sku.code, 1, "photo")], actor="test")
    client = login("Store", row.functional.warehouse)
    for name, count in (("stockrow", 1), ("ledgerentry", 1), ("hold", 0), ("warehouse", 1), ("functionalwarehouse", 1)):
        page = client.get(reverse(f"admin:inventory_{name}_changelist"))
        assert len(page.context["cl"].result_list) == count, name
    assert client.get(_url(theirs, "count")).status_code == 404
    assert _say(client, theirs, "count", on_hand=1, expected=3).status_code == 404
    assert client.get(reverse("admin:inventory_stockrow_change", args=[theirs.pk])).status_code == 302
    assert StockRow.objects.get(pk=theirs.pk).on_hand == 3
    assert client.get(reverse("admin:index")).context["stock"]["on_hand"] == 10


def test_a_store_receives_only_at_home(login, row):
    other = factories.FunctionalWarehouseFactory()
    client = login("Store", row.functional.warehouse)
    url = reverse("admin:inventory_stockrow_post_movement")
    said = {"kind": "receipt", "sku": row.sku.pk, "quantity": 7}
    assert client.post(url, {**said, "functional": row.functional.pk}).status_code == 302
    assert client.post(url, {**said, "functional": other.pk}).context["form"].errors["functional"]
    assert client.post(url, {**said, "kind": "issue", "functional": row.functional.pk}).context["form"].errors["kind"]
    query = {"app_label": "inventory", "model_name": "ledgerentry", "field_name": "functional", "term": ""}
    found = client.get(reverse("admin:autocomplete"), query).json()["results"]
    assert [choice["text"] for choice in found] == [row.functional.code]


@pytest.mark.parametrize(
    ("group", "allowed"),
    [
        ("Store", {"count", "receive", "hold"}),
        ("Dealer", {"count"}),
        ("Merchandiser", {"count", "receive", "issue", "adjust", "move", "hold", "safety_stock"}),
    ],
)
def test_a_role_does_what_it_may(login, row, group, allowed):
    client = login(group, row.functional.warehouse)
    names = ("count", "receive", "issue", "adjust", "move", "hold", "safety_stock")
    assert {name for name in names if client.get(_url(row, name)).status_code == 200} == allowed


def test_a_dealer_doesnt_see_costs(login, row):
    url = reverse("admin:inventory_sku_change", args=[row.sku.pk])
    export = reverse("admin:inventory_sku_export")
    dealer = login("Dealer", row.functional.warehouse)
    assert "field-cost" not in dealer.get(url).content.decode()
    assert dealer.get(export).status_code == 403
    merchandiser = login("Merchandiser")
    assert "field-cost" in merchandiser.get(url).content.decode()
    assert merchandiser.get(export).status_code == 200


def test_merchandisers_hand_out_no_rights():
    ensure_roles()
    names = set(Permission.objects.filter(group__name="Merchandiser").values_list("codename", flat=True))
    assert "view_user" in names
    assert not names & {"add_user", "change_user", "delete_user", "change_group", "delete_apikey", "change_permission"}
    assert {"add_sku", "change_pool", "change_shop", "view_job", "add_apikey"} <= names


def test_the_message_names_what_was_done(admin_client, row):
    answer = _say(admin_client, row, "receive", quantity=5)
    assert any(row.sku.code in str(message) for message in get_messages(answer.wsgi_request))
