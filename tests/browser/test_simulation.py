"""A merchandiser tries two edits together in Chromium, and asks which strategy decides a SKU."""

import pytest
from playwright.sync_api import expect

from channels.demo_company.actions import PASSWORD

pytestmark = pytest.mark.browser
SHOP, POOL = "MALL", "ONLINE"
STORED = """SELECT k.code, q.quantity FROM channels_shopquantity q JOIN inventory_sku k ON k.id = q.sku_id
JOIN channels_shop s ON s.id = q.shop_id WHERE s.code = %s AND q.quantity > 0"""
SIMULATED = """SELECT k.code, n.before FROM channels_simulatednumber n JOIN inventory_sku k ON k.id = n.sku_id
JOIN channels_shop s ON s.id = n.shop_id
WHERE s.code = %s AND n.simulation_id = (SELECT max(id) FROM channels_simulation)"""


def add_edit(page, do, words, field, value):
    """Choose a thing by words and change one of its fields."""
    page.click(f'[data-part=edits] a[href$="/edits/{do}/"]')
    page.fill("form[role=search] input[name=q]", words)
    page.click("form[role=search] button[type=submit]")
    page.locator("[data-part=things] a", has_text=f"→ {SHOP}" if do == "set_share" else words).first.click()
    page.fill(f"[name={field}]", value)
    with page.expect_navigation():
        page.click("#onepool_form button[type=submit]")


def figure(page, name):
    return int("".join(sign for sign in page.locator(f"[data-figure={name}]").inner_text() if sign.isdecimal()))


def try_two_edits(visitor, product):
    """A smaller ratio and a holdback of one share of the shop, with its numbers as they come out."""
    page = visitor.page
    page.click('nav a[href="/admin/channels/simulation/"]')
    page.locator('a[href$="/channels/simulation/add/"]').first.click()
    page.fill("[name=name]", "商城少卖一半 Half for the mall")
    with page.expect_navigation():
        page.click("#onepool_form button[type=submit]")
    add_edit(page, "set_share", POOL, "ratio", "10")
    add_edit(page, "set_pool", POOL, "scarcity_at", "17")
    assert page.locator("[data-part=edits] tbody tr").count() == 2
    before = product.rows(STORED, SHOP)
    page.click("button[name=run]")
    page.wait_for_selector("[data-part=result]", timeout=30_000)
    visitor.photograph("simulation")
    assert sorted(product.rows(STORED, SHOP)) == sorted(before)
    changed = dict(product.rows(SIMULATED, SHOP))
    assert changed
    assert {code: units for code, units in changed.items() if units > 0} == {
        code: units for code, units in before if code in changed
    }
    assert figure(page, "numbers") >= len(changed)


def look_at_rows(visitor):
    page = visitor.page
    page.click("[data-figure=numbers]")
    page.wait_for_selector("#result_list tbody tr")
    visitor.photograph("simulation-numbers")
    page.go_back()
    page.wait_for_selector("[data-part=result]")


def make_it_stale(visitor, product):
    """Another edit, and the page says that the result is no longer about what is tried."""
    page = visitor.page
    page.locator("[data-part=edits] button[name=remove]").last.click()
    expect(page.locator("[data-part=stale]")).to_contain_text(visitor.say("The edits have changed."))


def ask_who_decides(visitor, product):
    page = visitor.page
    page.click('nav a[href="/admin/which-strategy/"]')
    sku = product.rows(STORED, SHOP)[0][0]
    page.select_option("select[name=shop]", SHOP)
    page.fill("input[name=sku]", sku)
    page.click(".op-find button[type=submit]")
    page.wait_for_selector("[data-kind=sync]")
    assert page.locator("[data-kind=allocation]").count() >= 1
    visitor.photograph("which-strategy")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_merchandiser_simulates(visit, product, language):
    product.wait_until_settled()
    visitor = visit(language)
    visitor.log_in("merchandiser", PASSWORD)
    try_two_edits(visitor, product)
    look_at_rows(visitor)
    make_it_stale(visitor, product)
    ask_who_decides(visitor, product)
