"""A shop's form: typed settings of its platform, kept sealed, and a sync policy in fields."""

import pytest
from django.urls import reverse
from django.utils import timezone

from channels.models import Listing, ListingTarget, Shop, ShopQuantity, SyncDefaults
from channels.platforms import vault
from channels.platforms.demo.config import DemoConfig
from channels.sync.selectors import due_targets
from tests import factories
from tests.html_forms import read_form

pytestmark = pytest.mark.django_db
ACCESS = {"demo__base_url": "http://127.0.0.1:9", "demo__app_key": "key-1", "demo__app_secret": "secret-secret"}


@pytest.fixture
def shop():
    return factories.ShopFactory()


def post(client, obj, **changed):
    model = obj._meta.model_name
    url = reverse(f"admin:channels_{model}_change", args=[obj.pk])
    values = read_form(client.get(url).content.decode(), f"{model}_form")
    answer = client.post(url, {**values, **changed})
    obj.refresh_from_db()
    return answer


def unsealed(shop):
    return vault.unseal(shop.credentials, DemoConfig, vault.credential_keys())


def test_a_shop_is_deleted_with_the_numbers_that_were_derived_for_it(admin_client, shop):
    ShopQuantity.objects.create(shop=shop, sku=factories.SkuFactory(), quantity=3)
    url = reverse("admin:channels_shop_delete", args=[shop.pk])
    assert admin_client.post(url, {"post": "yes"}).status_code == 302
    assert not Shop.objects.filter(pk=shop.pk).exists()


def test_access_is_sealed_and_its_secret_never_shown(admin_client, shop):
    assert post(admin_client, shop, **ACCESS).status_code == 302
    assert "secret-secret" not in shop.credentials
    assert unsealed(shop).app_secret.get_secret_value() == "secret-secret"
    page = admin_client.get(reverse("admin:channels_shop_change", args=[shop.pk])).content.decode()
    assert "key-1" in page
    assert "secret-secret" not in page


def test_an_empty_secret_keeps_the_saved_one(admin_client, shop):
    post(admin_client, shop, **ACCESS)
    sealed = shop.credentials
    post(admin_client, shop)
    assert shop.credentials == sealed
    post(admin_client, shop, demo__app_key="key-2")
    assert unsealed(shop).app_key == "key-2"
    assert unsealed(shop).app_secret.get_secret_value() == "secret-secret"


def test_new_access_lifts_the_publishers_wait(admin_client, shop):
    Shop.objects.update(push_problem="The platform refuses the key.")
    post(admin_client, shop, **ACCESS)
    assert shop.push_problem == ""


def test_settings_that_dont_fit_are_named(admin_client, shop):
    answer = post(admin_client, shop, **{**ACCESS, "demo__app_secret": "short", "demo__base_url": "nowhere"})
    errors = answer.context["adminform"].form.errors
    assert set(errors) == {"demo__app_secret", "demo__base_url"}
    assert "short" not in str(errors)
    missing = post(admin_client, shop, demo__app_key="key-1")
    assert set(missing.context["adminform"].form.errors) == {"demo__app_secret", "demo__base_url"}
    assert shop.credentials == ""


def test_another_platform_forgets_the_access(admin_client, shop):
    post(admin_client, shop, **ACCESS)
    assert post(admin_client, shop, platform="jd").status_code == 302
    assert (shop.platform, shop.credentials) == ("jd", "")


@pytest.fixture
def published(shop):
    listing = factories.ListingPartFactory(listing__shop=shop).listing
    return ListingTarget.objects.create(
        listing=listing, shop=shop, quantity=5, wanted=5, version=3,
        published_quantity=5, published_version=3, state="published",
    )  # fmt: skip


def test_another_account_is_sent_every_number_anew(admin_client, shop, published):
    post(admin_client, shop, **ACCESS)
    published.refresh_from_db()
    assert (published.state, published.published_quantity) == ("pending", None)
    assert 3 < published.published_version < published.version  # a late answer from the old account settles nothing
    assert list(due_targets(timezone.now())) == [published]


def test_a_renewed_secret_sends_nothing_anew(admin_client, shop, published):
    config = DemoConfig(base_url="http://127.0.0.1:9", app_key="key-1", app_secret="secret-secret")
    Shop.objects.update(credentials=vault.seal(config, vault.credential_keys()))
    post(admin_client, shop, demo__app_secret="another-secret", name="Another name")
    published.refresh_from_db()
    assert (published.state, published.version) == ("published", 3)


def test_a_listing_that_stands_for_another_item_is_sent_anew(admin_client, published):
    post(admin_client, published.listing, title="Another title")
    published.refresh_from_db()
    assert (published.state, published.version) == ("published", 3)
    post(admin_client, published.listing, code="another-item")
    published.refresh_from_db()
    assert (published.listing.code, published.state) == ("another-item", "pending")
    assert list(due_targets(timezone.now())) == [published]


def test_a_connection_that_fails_says_why(admin_client, shop):
    url = reverse("admin:channels_shop_test_connection", args=[shop.pk])
    answer = admin_client.post(url, {"_form_submitted": "True"})
    assert "HX-Redirect" not in answer.headers
    assert answer.context["form"].non_field_errors()


@pytest.mark.parametrize(
    ("said", "policy"),
    [
        ({}, {}),
        ({"policy_ratio_0": "33.33"}, {"ratio": 33.33}),
        ({"policy_ratio_0": "80.00", "policy_offset_0": "-2"}, {"ratio": 80, "offset": -2}),
        ({"policy_max_quantity_1": "on"}, {"max_quantity": None}),
        ({"policy_fixed_0": "0", "policy_buffer_0": "0"}, {"fixed": 0, "buffer": 0}),
    ],
)
def test_a_policy_holds_what_is_set_and_nothing_else(admin_client, shop, said, policy):
    assert post(admin_client, shop, **said).status_code == 302
    assert shop.sync == policy
    post(admin_client, shop)
    assert shop.sync == policy  # what the page shows is what it saves


def test_a_field_of_the_policy_is_unset_again(admin_client, shop):
    Shop.objects.update(sync={"ratio": 50, "multiple": None})
    answer = post(admin_client, shop, policy_ratio_0="")
    assert answer.status_code == 302
    assert shop.sync == {"multiple": None}


@pytest.mark.parametrize(
    "said",
    [
        {"policy_ratio_0": "101"},
        {"policy_multiple_0": "0"},
        {"policy_buffer_0": "-1"},
        {"policy_ratio_0": "1.234"},
        {"policy_fixed_0": "5", "policy_fixed_1": "on"},
    ],
)
def test_a_policy_that_doesnt_fit_is_refused(admin_client, shop, said):
    answer = post(admin_client, shop, **said)
    assert answer.status_code == 200
    assert next(iter(answer.context["adminform"].form.errors)).startswith("policy_")
    assert shop.sync == {}


def test_empty_fields_show_what_counts_instead(admin_client, shop):
    SyncDefaults.objects.update_or_create(pk=1, defaults={"policy": {"buffer": 7}})
    Shop.objects.update(sync={"ratio": 60})
    listing = factories.ListingFactory(shop=shop)
    page = admin_client.get(reverse("admin:channels_listing_change", args=[listing.pk])).content.decode()
    assert 'placeholder="7 (from above)"' in page
    assert 'placeholder="60 (from above)"' in page


def test_refused_numbers_are_sent_again(admin_client, shop):
    listing = factories.ListingFactory(shop=shop)
    ListingTarget.objects.create(listing=listing, shop=shop, quantity=1, wanted=1, version=2, state="refused")
    for name in ("listing", "listingtarget"):
        ListingTarget.objects.update(state="refused", attempts=3)
        url = reverse(f"admin:channels_{name}_changelist")
        admin_client.post(url, {"action": "retry", "_selected_action": [listing.pk], "index": 0})
        target = ListingTarget.objects.get()
        assert (target.state, target.attempts) == ("pending", 0)


def test_listings_are_found_by_their_skus(admin_client, shop):
    part = factories.ListingPartFactory(listing__shop=shop)
    factories.ListingPartFactory(listing=part.listing)
    page = admin_client.get(reverse("admin:channels_listing_changelist"), {"q": part.sku.code})
    assert [row.pk for row in page.context["cl"].result_list] == [Listing.objects.get().pk]
