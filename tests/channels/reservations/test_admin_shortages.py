"""The console of shortages: what is short, and every way out as a person goes it."""

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.urls import reverse

from channels.models import Shortage
from channels.reservations.actions.shortages import backorder_shortages, cancel_shortages
from inventory.models import Hold
from inventory.warehouses.actions import ensure_roles
from tests.channels.reservations.shortage_world import reservation_of, short_world
from tests.querycounts import count_queries

pytestmark = pytest.mark.django_db
SENT = {"_form_submitted": "True"}
LIST = "admin:channels_shortage_changelist"
WAYS = ("retry_one", "other_pool", "transfer", "backorder_one", "cancel_one")


@pytest.fixture
def world():
    return short_world()


@pytest.fixture
def shortage(world):
    return world.shortage("1", ("COAT", 5))


def url(name, shortage):
    return reverse(f"admin:channels_shortage_{name}", args=[shortage.pk])


def say(client, shortage, name, **values):
    answer = client.post(url(name, shortage), {**SENT, **values})
    shortage.refresh_from_db()
    return answer


def bulk(client, action, *shortages, **values):
    chosen = [shortage.pk for shortage in shortages]
    answer = client.post(reverse(LIST), {"action": action, "_selected_action": chosen, "index": 0, **values})
    for shortage in shortages:
        shortage.refresh_from_db()
    return answer


def said(answer):
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def shown(client, **query):
    page = client.get(reverse(LIST), query)
    return [row.key for row in page.context["cl"].result_list]


def choices(client, shortage, name, field):
    return [value for value, _words in client.get(url(name, shortage)).context["form"].fields[field].choices]


def test_the_console_says_what_is_short_then_and_now(admin_client, world, shortage):
    world.receive(world.home, "COAT", 1)
    page = admin_client.get(reverse(LIST)).content.decode()
    assert "5 wanted, 3 at the last try, 4 now" in page
    for words in (world.shop.code, "order 1", "To decide"):
        assert words in page


def test_those_to_decide_come_first_the_oldest_on_top(admin_client, world):
    shortages = [world.shortage(key, ("COAT", 5)) for key in "abcd"]
    cancel_shortages([shortages[0].pk], note="x", actor="test")
    backorder_shortages([shortages[1].pk], actor="test")
    assert shown(admin_client) == ["c", "d", "b", "a"]
    totals = admin_client.get(reverse(LIST)).context["totals"]
    assert (totals["open"], totals["backorder"], totals["transfer"]) == (2, 1, 0)
    assert admin_client.get(reverse("admin:index")).context["shortages"]["open"] == 2
    assert shown(admin_client, state__exact="backorder") == ["b"]
    for term, keys in (("order b", ["b"]), ("COAT", ["c", "d", "b", "a"]), ("HAT", [])):
        assert shown(admin_client, q=term) == keys, term


def test_nothing_short_is_said_in_words(admin_client):
    assert "whatever the platforms have sold is reserved" in admin_client.get(reverse(LIST)).content.decode()


def test_the_list_asks_as_often_for_many_as_for_one(admin_client, world):
    world.shortage("1", ("COAT", 5))
    admin_client.get(reverse(LIST))
    one, _queries = count_queries(lambda: admin_client.get(reverse(LIST)))
    for number in range(2, 9):
        world.shortage(str(number), ("COAT", 5))
    many, queries = count_queries(lambda: admin_client.get(reverse(LIST)))
    assert many == one, "\n".join(queries)


def test_looking_at_a_way_out_decides_nothing(admin_client, shortage):
    for name in WAYS:
        page = admin_client.get(url(name, shortage)).content.decode()
        assert "5 wanted, 3 available now" in page, name
    shortage.refresh_from_db()
    assert shortage.state == "open"


def test_one_is_tried_again(admin_client, world, shortage):
    refused = say(admin_client, shortage, "retry_one")
    assert "COAT: 5 wanted, 3 available." in refused.content.decode()
    assert (shortage.state, shortage.attempts) == ("open", 2)
    world.receive(world.home, "COAT", 2)
    assert say(admin_client, shortage, "retry_one").headers["HX-Redirect"]
    assert shortage.state == "reserved"
    page = admin_client.get(url("change", shortage)).content.decode()
    assert reverse("admin:channels_reservation_change", args=[reservation_of("1").pk]) in page


def test_many_are_tried_again(admin_client, world):
    shortages = [world.shortage(key, ("COAT", 5)) for key in "ab"]
    world.receive(world.home, "COAT", 2)
    words = said(bulk(admin_client, "retry", *shortages))
    assert "1 order is reserved now." in words
    assert "enough stock" in words
    assert [shortage.state for shortage in shortages] == ["reserved", "open"]


def test_another_pool_is_chosen_among_those_that_have_the_units(admin_client, world, shortage):
    assert choices(admin_client, shortage, "other_pool", "pool") == [world.other_pool.code]
    assert "HX-Redirect" not in say(admin_client, shortage, "other_pool", pool=world.pool.code).headers
    assert say(admin_client, shortage, "other_pool", pool=world.other_pool.code).headers["HX-Redirect"]
    assert (shortage.state, shortage.reservation.pool) == ("reserved", world.other_pool)


def test_a_transfer_is_chosen_among_places_that_have_the_units(admin_client, world, shortage):
    assert set(choices(admin_client, shortage, "transfer", "functional")) == {world.far.code, world.other.code}
    assert say(admin_client, shortage, "transfer", functional=world.far.code).headers["HX-Redirect"]
    assert shortage.state == "transfer"
    hold = Hold.objects.get()
    assert reverse("admin:inventory_hold_change", args=[hold.pk]) in (
        admin_client.get(url("change", shortage)).content.decode()
    )


def test_no_pool_and_no_place_is_said_in_words(admin_client, world):
    shortage = world.shortage("1", ("COAT", 99))
    assert "No pool has all units" in admin_client.get(url("other_pool", shortage)).content.decode()
    assert "No other place has" in admin_client.get(url("transfer", shortage)).content.decode()


def test_one_or_many_wait_for_stock(admin_client, world):
    first, second, third = (world.shortage(key, ("COAT", 5)) for key in "abc")
    say(admin_client, first, "backorder_one")
    assert "2 orders wait for stock." in said(bulk(admin_client, "backorder", second, third))
    assert {first.state, second.state, third.state} == {"backorder"}


def test_cancelling_asks_why(admin_client, world):
    first, second = (world.shortage(key, ("COAT", 5)) for key in "ab")
    assert "HX-Redirect" not in say(admin_client, first, "cancel_one", note="").headers
    say(admin_client, first, "cancel_one", note="sold out")
    asked = bulk(admin_client, "cancel", first, second)
    assert "Cancel 2 shortages" in asked.content.decode()
    assert second.state == "open"
    assert "1 shortage is cancelled." in said(bulk(admin_client, "cancel", first, second, note="out of season"))
    assert (first.note, second.note, second.decided_by) == ("sold out", "out of season", "admin")


def test_of_two_people_the_second_is_told(admin_client, world, shortage):
    cancel_shortages([shortage.pk], note="x", actor="ann")
    ways = {"other_pool": {"pool": world.other_pool.code}, "transfer": {"functional": world.far.code}}
    for name in WAYS:
        answer = say(admin_client, shortage, name, **ways.get(name, {}), note="y")
        assert "settled already" in answer.content.decode(), name
    for action in ("retry", "backorder", "cancel"):
        assert "settled already" in said(bulk(admin_client, action, shortage, note="y"))
    assert (shortage.state, shortage.note) == ("cancelled", "x")


def test_deciding_takes_a_permission_of_its_own(client, django_user_model, world, shortage):
    ensure_roles()
    user = django_user_model.objects.create_user("clerk", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_shortage"))
    client.force_login(user)
    assert client.get(reverse(LIST)).status_code == 200
    for name in WAYS:
        assert client.post(url(name, shortage), SENT).status_code == 403, name
    for action in ("retry", "backorder", "cancel"):
        bulk(client, action, shortage, note="y")
    assert (shortage.state, shortage.attempts) == ("open", 1)
    groups = dict.fromkeys(("Store", "Dealer"), 0) | {"Merchandiser": 1}
    for group, count in groups.items():
        assert Permission.objects.filter(group__name=group, codename="decide_shortage").count() == count


def test_a_decision_is_in_the_history(admin_client, shortage):
    say(admin_client, shortage, "cancel_one", note="sold out")
    history = admin_client.get(reverse("admin:channels_shortage_history", args=[shortage.pk])).content.decode()
    assert "Cancelled: sold out" in history
    assert Shortage.objects.get().decided_at is not None
