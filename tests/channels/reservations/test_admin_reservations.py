"""Reservations in the admin: who, why, until when and where; released, extended and made by hand through the verbs."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from channels.models import DedicatedUnits, Reservation, Shortage
from channels.reservations.actions import reserve
from channels.reservations.rules import Basis, LineRequest, ReservationRequest
from inventory.ledger.actions import HoldRequest, place_holds, set_safety_stock
from inventory.ledger.rules import SafetyStock
from inventory.models import Hold, StockRow
from inventory.warehouses.actions import ensure_roles
from tests.channels.reservations.shortage_world import short_world
from tests.factories import SkuFactory
from tests.html_forms import read_form

pytestmark = pytest.mark.django_db
SENT = {"_form_submitted": "True"}
LIST = "admin:channels_reservation_changelist"


@pytest.fixture
def world():
    return short_world(units=30)


def make(world, key, units=2, sku="COAT", **more):
    asked = {"reference": f"cart {key}", "reason": "checkout", "actor": "api:mall", "expires_in": 600, **more}
    (result,) = reserve([ReservationRequest("api:1", key, world.shop.code, (LineRequest(sku, units),), **asked)])
    assert result.error is None
    return Reservation.objects.get(pk=result.reservation_id)


def url(name, reservation):
    return reverse(f"admin:channels_reservation_{name}", args=[reservation.pk])


def shown(client, **query):
    page = client.get(reverse(LIST), query)
    return [row.key for row in page.context["cl"].result_list]


def said(answer):
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


@pytest.fixture
def staff(client, django_user_model):
    """Log in as somebody with these permissions, or as a member of a built-in group."""

    def as_(*permissions, group=""):
        ensure_roles()
        user = django_user_model.objects.create_user(f"staff-{group}{len(permissions)}", is_staff=True)
        user.groups.set(Group.objects.filter(name=group))
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client.force_login(user)
        return client

    return as_


def test_the_list_says_who_why_until_when_and_how_many(admin_client, world):
    make(world, "k-1")
    page = admin_client.get(reverse(LIST)).content.decode()
    for words in (world.shop.code, "k-1", "cart k-1", "checkout", "api:mall", "api:1"):
        assert words in page
    assert admin_client.get(reverse(LIST)).context["cl"].result_list[0].held_units == 2


@pytest.mark.filterwarnings("ignore:DateTimeField:RuntimeWarning")  # unfold's own filter by times
def test_filters_and_search_find_it(admin_client, world):
    SkuFactory(code="HAT")
    world.receive(world.home, "HAT", 5)
    make(world, "k-1")
    make(world, "k-2", sku="HAT", expires_in=None, check=Basis.STOCK)
    assert shown(admin_client) == ["k-2", "k-1"]
    assert shown(admin_client, sku="HAT") == ["k-2"]
    assert shown(admin_client, check_kind__exact="stock") == ["k-2"]
    assert shown(admin_client, state__exact="released") == []
    assert shown(admin_client, shop__id__exact=world.shop.pk) == ["k-2", "k-1"]
    assert shown(admin_client, expires_at_from_0=timezone.localdate(), expires_at_from_1="00:00") == ["k-1"]
    for term, keys in (("k-2", ["k-2"]), ("cart k-1", ["k-1"]), ("HAT", ["k-2"]), ("nothing", [])):
        assert shown(admin_client, q=term) == keys, term


def test_the_page_shows_lines_rows_safety_stock_and_dedicated_units(admin_client, world):
    DedicatedUnits.objects.create(pool=world.pool, shop=world.shop, sku=StockRow.objects.first().sku, quantity=3)
    set_safety_stock([SafetyStock(world.home.code, "COAT", 29)], actor="test")
    reservation = make(world, "k-1", units=4, check=Basis.STOCK)
    page = admin_client.get(url("change", reservation))
    (line,) = page.context["lines"]
    assert (line.sku, line.requested, line.reserved) == ("COAT", 4, 4)
    (hold,) = page.context["holds"]
    assert (hold.functional, hold.quantity, hold.safety_used, hold.provisional) == (world.home, 4, 3, True)
    assert [use.quantity for use in page.context["dedicated"]] == [3]
    assert reverse("admin:inventory_hold_change", args=[hold.pk]) in page.content.decode()
    assert reverse("admin:sku_stock", args=["COAT"]) in page.content.decode()


def test_holds_and_stock_lead_to_the_reservation(admin_client, world):
    reservation = make(world, "k-1")
    for place in (reverse("admin:inventory_hold_changelist"), reverse("admin:sku_stock", args=["COAT"])):
        assert url("change", reservation) in admin_client.get(place).content.decode()


def test_a_store_sees_the_hold_without_the_way_to_the_reservation(staff, world):
    reservation = make(world, "k-1")
    client = staff(group="Store")
    page = client.get(reverse("admin:inventory_hold_changelist"))
    assert [hold.source_id for hold in page.context["cl"].result_list] == [reservation.pk]
    assert url("change", reservation) not in page.content.decode()
    assert client.get(reverse(LIST)).status_code == 403
    assert reverse(LIST) not in client.get(reverse("admin:index")).content.decode()


def test_one_is_released_after_a_look(admin_client, world):
    reservation = make(world, "k-1")
    assert admin_client.get(url("release_one", reservation)).status_code == 200
    reservation.refresh_from_db()
    assert reservation.state == "held"
    assert admin_client.post(url("release_one", reservation), SENT).headers["HX-Redirect"]
    reservation.refresh_from_db()
    assert (reservation.state, reservation.closed_by) == ("released", "admin")
    assert StockRow.objects.get(functional=world.home).allocated == 0


def test_many_are_released_once_that_is_confirmed(admin_client, world):
    chosen = [make(world, f"k-{number}").pk for number in range(3)]
    post = {"action": "release", "_selected_action": chosen, "index": 0}
    page = admin_client.post(reverse(LIST), post).content.decode()
    assert "Release 3 reservations" in page
    assert page.count('name="_selected_action"') == 3
    assert Reservation.objects.filter(state="held").count() == 3
    confirmed = {**post, "confirmed": read_form(page, "onepool_form")["confirmed"]}
    assert said(admin_client.post(reverse(LIST), confirmed)) == "3 reservations released."
    assert not Reservation.objects.filter(state="held").exists()
    assert "0 reservations released." in said(admin_client.post(reverse(LIST), confirmed))


def test_one_is_extended_by_minutes_or_for_ever(admin_client, world):
    reservation = make(world, "k-1")
    admin_client.post(url("extend", reservation), {**SENT, "minutes": 90})
    reservation.refresh_from_db()
    assert timedelta(minutes=89) < reservation.expires_at - timezone.now() <= timedelta(minutes=90)
    admin_client.post(url("extend", reservation), {**SENT, "minutes": ""})
    reservation.refresh_from_db()
    assert reservation.expires_at is None


def test_what_has_ended_cant_be_extended(admin_client, world):
    reservation = make(world, "k-1")
    admin_client.post(url("release_one", reservation), SENT)
    answer = admin_client.post(url("extend", reservation), {**SENT, "minutes": 5})
    assert "Only a reservation that is still held" in answer.content.decode()
    assert "HX-Redirect" not in answer.headers


BY_HAND = "admin:channels_reservation_reserve_by_hand"


@pytest.fixture
def form(admin_client, world):
    """What the browser sends from the form as it was opened, with these values filled in."""
    opened = admin_client.get(reverse(BY_HAND)).content.decode()
    values = read_form(opened, "onepool_form")
    sku = StockRow.objects.first().sku
    filled = {"shop": world.shop.pk, "sku": sku.pk, "quantity": 4, "check": "entitlement", "reason": "VIP"}
    return {**values, **filled, "minutes": "30"}


def test_a_form_sent_twice_books_once(admin_client, world, form):
    first = admin_client.post(reverse(BY_HAND), form)
    made = Reservation.objects.get()
    assert first.headers["Location"] == url("change", made)
    assert (made.caller, made.actor, made.reason, made.expires_at is None) == ("admin", "admin", "VIP", False)
    second = admin_client.post(reverse(BY_HAND), form)
    assert second.headers["Location"] == url("change", made)
    assert "sent before" in said(second)
    assert StockRow.objects.get(functional=world.home).allocated == 4


def test_every_opened_form_has_a_key_of_its_own(admin_client, form):
    other = read_form(admin_client.get(reverse(BY_HAND)).content.decode(), "onepool_form")
    assert other["key"] != form["key"]


def test_a_sent_form_that_is_changed_and_sent_again_says_so_and_then_books_anew(admin_client, form):
    admin_client.post(reverse(BY_HAND), form)
    answer = admin_client.post(reverse(BY_HAND), {**form, "quantity": 5})
    assert "already" in " ".join(answer.context["form"].non_field_errors())
    fresh = {**form, "quantity": 5, "key": read_form(answer.content.decode(), "onepool_form")["key"]}
    assert admin_client.post(reverse(BY_HAND), fresh).status_code == 302
    assert Reservation.objects.count() == 2


def test_what_doesnt_fit_is_said_at_the_quantity(admin_client, form):
    answer = admin_client.post(reverse(BY_HAND), {**form, "quantity": 31})
    assert "30 available" in answer.context["form"].errors["quantity"][0]
    assert not Reservation.objects.exists()
    assert admin_client.post(reverse(BY_HAND), {**form, "quantity": 30}).status_code == 302


def test_a_refused_sale_by_hand_is_a_shortage_until_it_is_served(admin_client, form):
    sold = {**form, "check": "stock", "quantity": 31}
    assert admin_client.post(reverse(BY_HAND), sold).status_code == 200
    assert Shortage.objects.get().state == "open"
    admin_client.post(reverse(BY_HAND), {**sold, "quantity": 3})
    assert Shortage.objects.get().state == "reserved"


def test_a_reason_is_needed(admin_client, form):
    assert admin_client.post(reverse(BY_HAND), {**form, "reason": ""}).context["form"].errors["reason"]


def test_permissions_part_looking_from_reserving_and_releasing(staff, world):
    reservation = make(world, "k-1")
    client = staff("view_reservation")
    assert client.get(reverse(LIST)).status_code == 200
    assert client.get(reverse(BY_HAND)).status_code == 403
    assert client.post(url("release_one", reservation), SENT).status_code == 403
    assert client.post(url("extend", reservation), {**SENT, "minutes": 5}).status_code == 403
    client.post(reverse(LIST), {"action": "release", "_selected_action": [reservation.pk], "confirmed": "True"})
    reservation.refresh_from_db()
    assert reservation.state == "held"
    assert staff(group="Merchandiser").get(reverse(BY_HAND)).status_code == 200


def test_nothing_is_edited_past_the_verbs(admin_client, world):
    reservation = make(world, "k-1")
    assert admin_client.get(reverse("admin:channels_reservation_add")).status_code == 403
    assert admin_client.post(url("change", reservation), {"state": "released"}).status_code == 403
    assert admin_client.post(url("delete", reservation), {"post": "yes"}).status_code == 403


def test_only_holds_made_by_hand_are_released_by_hand(admin_client, world):
    reservation = make(world, "k-1")
    theirs = Hold.objects.get(source_id=reservation.pk)
    (mine,) = place_holds([HoldRequest(world.home.code, "COAT", 1, "photo")], actor="test")
    one = reverse("admin:inventory_hold_release_one", args=[theirs.pk])
    assert "release that" in admin_client.post(one, SENT).content.decode()
    both = {"action": "release", "_selected_action": [theirs.pk, mine], "index": 0}
    words = said(admin_client.post(reverse("admin:inventory_hold_changelist"), both))
    assert "1 hold released." in words
    assert "release that instead" in words
    theirs.refresh_from_db()
    assert (theirs.closed_at, Hold.objects.get(pk=mine).outcome) == (None, "released")
    held = admin_client.get(reverse("admin:inventory_hold_changelist"), {"kind__exact": "reservation"})
    assert [hold.pk for hold in held.context["cl"].result_list] == [theirs.pk]
