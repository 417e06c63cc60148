"""A merchandiser's day on the whole real product, in Chromium and in both languages."""

import re

import pytest
from playwright.sync_api import expect

from channels.demo_company.actions import PASSWORD
from tests.browser.steps import (
    CENTRE,
    HEADER,
    SHOP,
    Storefront,
    adjust,
    check_file,
    counts,
    decide,
    download_errors,
    explain,
    make_workbook,
    open_dialog,
    open_shortage,
    open_supply,
    preview,
    ratio_field,
    receive,
    run_audit,
)

pytestmark = pytest.mark.browser
OWN = "ST-001-GOOD"  # where the store's login works
LAYERS = ("Physical stock", "Functional warehouses", "Supply warehouses", "Dispatch pools and shares", "Listings")


def on_hand(product, sku, functional=CENTRE):
    query = """SELECT s.on_hand FROM inventory_stockrow s JOIN inventory_sku k ON k.id = s.sku_id
    JOIN inventory_functionalwarehouse f ON f.id = s.functional_id WHERE (k.code, f.code) = (%s, %s)"""
    return product.rows(query, sku, functional)[0][0]


def place(product, functional):
    return product.rows("SELECT id FROM inventory_functionalwarehouse WHERE code = %s", functional)[0][0]


def is_listed(product, sku):
    query = "SELECT 1 FROM channels_listing WHERE code = %s"
    return bool(product.rows(query, f"{SHOP.lower()}-{sku}"))


def change_ratio(visitor, product):
    """Preview another ratio, go back, preview again, save; the SKU looked at and its storefront."""
    open_supply(visitor, "ONLINE")
    field = ratio_field(visitor, CENTRE)
    ratio = "60" if field.input_value() == "100.00" else "90"
    field.fill(ratio)
    changes = preview(visitor)
    visitor.photograph("preview")
    sku = next(code for code in changes if is_listed(product, code))
    before, after = changes[sku]
    assert before != after
    storefront = Storefront(visitor, sku)
    assert storefront.read() == before

    visitor.page.bring_to_front()
    visitor.page.click("[name=_edit_again]")
    assert ratio_field(visitor, CENTRE).input_value() == ratio
    assert preview(visitor)[sku] == (before, after)
    assert storefront.read() == before
    visitor.page.click("[name=_save]")
    storefront.expect_number(after)
    visitor.photograph("storefront", storefront.tab)
    visitor.page.bring_to_front()
    return sku, storefront


def import_counts(visitor, product, sku, storefront):
    """A file with three bad rows is refused with the reasons; corrected, it is imported."""
    shown, counted = storefront.read(), on_hand(product, sku) + 60
    rows = [
        HEADER,
        [CENTRE, sku, counted],
        [CENTRE, "NO-SUCH-SKU", 5],
        ["DC-BJ-GOOD", sku, "many"],
        ["DC-GZ-GOOD", sku, -3],
    ]
    assert check_file(visitor, make_workbook(rows)) == {"rows": 4, "faults": 3}
    visitor.photograph("import")
    noted, *marked = download_errors(visitor)
    assert noted[1:] == HEADER
    assert [bool(row[0]) for row in marked] == [False, True, True, True]
    for row, value in zip(marked[1:], ("NO-SUCH-SKU", "many", "-3"), strict=True):
        assert value in row[0]
    assert on_hand(product, sku) == counted - 60

    good = [[*row[1:3], on_hand(product, sku, row[1])] for row in marked[2:]]
    found = check_file(visitor, make_workbook([noted, ["", *rows[1]], *(["was wrong", *row] for row in good)]))
    assert found == {"rows": 3, "new": 0, "changed": 1, "unchanged": 2, "faults": 0}
    change = visitor.page.locator("tbody tr")
    assert [text in change.inner_text() for text in (sku, str(counted - 60), str(counted))] == [True] * 3
    visitor.page.click("[name=confirm]")
    visitor.page.get_by_role("status").get_by_text(visitor.say("Everything is imported.")).wait_for()
    assert counts(visitor)["changed"] == 1
    assert on_hand(product, sku) == counted
    storefront.expect_other_than(shown)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_merchandiser_changes_numbers_and_the_storefront_follows(visit, product, language):
    visitor = visit(language)
    visitor.log_in("merchandiser", PASSWORD)
    assert visitor.page.locator("html").get_attribute("lang") == language
    product.wait_until_settled()
    visitor.page.reload()
    assert visitor.page.locator("[data-part=publishing] [data-figure=pending]").inner_text() == "0"
    visitor.photograph("dashboard")

    sku, storefront = change_ratio(visitor, product)
    import_counts(visitor, product, sku, storefront)

    assert explain(visitor, sku) == storefront.read()
    visitor.photograph("why")
    assert visitor.page.locator(".op-layer h2").all_inner_texts() == [visitor.say(layer) for layer in LAYERS]

    shown, lying = storefront.read(), on_hand(product, sku)
    adjust(visitor, sku, -25, "盘亏 Lost")
    assert storefront.expect_other_than(shown) < shown
    assert on_hand(product, sku) == lying - 25
    assert explain(visitor, sku) == storefront.read()
    visitor.check()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_store_sees_its_own_warehouse_alone(visit, product, language):
    own = product.rows("SELECT id, sku_id FROM inventory_stockrow WHERE functional_id = %s", place(product, OWN))
    [(foreign, sku)] = product.rows(
        """SELECT s.id, k.code FROM inventory_stockrow s JOIN inventory_sku k ON k.id = s.sku_id
        WHERE functional_id = %s AND sku_id = %s""",
        place(product, CENTRE),
        own[0][1],
    )
    visitor = visit(language)
    visitor.log_in("store", PASSWORD)
    visitor.page.click('nav a[href="/admin/inventory/stockrow/"]')
    visitor.page.wait_for_selector("#result_list")
    shown = visitor.page.locator("#result_list tbody tr").all_inner_texts()
    assert shown
    assert all(OWN in row for row in shown)
    assert str(len(own)) in re.findall(r"\d+", visitor.page.locator("body").inner_text())
    visitor.open(f"/admin/sku-stock/{sku}/")
    places = visitor.page.locator(".op-explain table").first.locator("tbody td:nth-child(2)").all_inner_texts()
    assert places == [OWN]
    assert CENTRE not in visitor.page.content()

    assert visitor.page.locator('nav a[href="/admin/why/"]').count() == 0
    assert visitor.ask(f"/admin/why/number/{SHOP}/{sku}/") == 403
    assert visitor.ask("/admin/inventory/supply/") == 403
    assert visitor.ask(f"/admin/inventory/stockrow/{foreign}/count/") == 404
    visitor.check()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_of_the_sidebar_opens_without_a_fault(visit, product, language):
    visitor = visit(language)
    visitor.log_in("merchandiser", PASSWORD)
    links = visitor.page.locator("nav a[href^='/admin/']").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert len(links) > 20
    for path in (*dict.fromkeys(links), "/api/v1/docs"):
        visitor.open(path)
        visitor.check()
    for path in ("/", "/items", f"/shops/{SHOP}"):
        visitor.page.goto(product.marketplace.url + path)
    visitor.check()


def most_wanted(product):
    """The listed SKU that the shop may sell the most of, and a number of units that all warehouses together lack."""
    query = """SELECT k.code, (SELECT sum(on_hand - allocated) FROM inventory_stockrow WHERE sku_id = k.id) + 5
    FROM channels_shopquantity q JOIN inventory_sku k ON k.id = q.sku_id JOIN channels_shop s ON s.id = q.shop_id
    JOIN channels_listing l ON l.shop_id = s.id AND l.code = lower(s.code) || '-' || k.code
    WHERE s.code = %s AND k.id NOT IN (SELECT bundle_id FROM inventory_bundlecomponent)
    ORDER BY q.quantity DESC LIMIT 1"""
    return product.rows(query, SHOP)[0]


def await_stock(visitor, product, sku, missing):
    """Put the order on backorder and receive stock: it is reserved by itself, and nobody has asked for that."""
    decide(visitor, "backorder_one")
    receive(visitor, sku, missing)
    product.wait_until(lambda: not product.rows("SELECT 1 FROM channels_shortage WHERE state <> 'reserved'"), 120)
    visitor.page.click('nav a[href="/admin/channels/shortage/"]')


def try_again(visitor, product, sku, missing):
    """Try again too early, receive stock, and try again."""
    shortage = visitor.page.url
    open_dialog(visitor, "retry_one")
    visitor.page.click("#dialog button[type=submit]")
    visitor.page.locator("#dialog .op-errors").wait_for()
    visitor.page.keyboard.press("Escape")
    receive(visitor, sku, missing)
    visitor.page.goto(shortage)
    decide(visitor, "retry_one")
    visitor.page.get_by_text(visitor.say("Tried again: reserved.")).wait_for()
    visitor.page.click('nav a[href="/admin/channels/shortage/"]')


@pytest.mark.parametrize(("language", "take_way_out"), [("en", await_stock), ("zh-hans", try_again)])
def test_a_sale_that_does_not_fit_is_served_after_all(visit, product, language, take_way_out):
    visitor = visit(language)
    visitor.log_in("merchandiser", PASSWORD)
    product.wait_until_settled()
    sku, wanted = most_wanted(product)
    storefront = Storefront(visitor, sku)
    shown = storefront.read()
    cart = product.sell(f"cart-{language}", shop=SHOP, lines=[{"sku": sku, "quantity": 10}])
    assert (cart.status_code, cart.json()["lines"][0]["reserved"]) == (201, 10)
    assert storefront.expect_other_than(shown) < shown

    order = {"shop": SHOP, "check": "stock", "expires_in": None, "lines": [{"sku": sku, "quantity": int(wanted)}]}
    order["reference"] = f"SO-{language}"
    refused = product.sell(f"sale-{language}", **order)
    assert refused.status_code == 409
    missing = wanted - refused.json()["errors"][0]["available"]
    visitor.page.bring_to_front()
    open_shortage(visitor, order["reference"])
    take_way_out(visitor, product, sku, missing)
    row = visitor.page.locator("#result_list tbody tr", has_text=order["reference"])
    expect(row).to_contain_text(visitor.say("Reserved"))
    storefront.expect_number(0)

    # The platform that asks again is told what has been reserved for it.
    assert product.sell(f"sale-{language}", **order).json()["lines"][0]["reserved"] == wanted
    visitor.page.bring_to_front()
    assert run_audit(visitor, product) == 0
    visitor.page.get_by_text(visitor.say("Everything is as it must be.")).wait_for()
    visitor.photograph("audit")
    visitor.check()
