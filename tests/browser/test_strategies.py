"""A merchandiser writes a strategy in Chromium, without typing a code or a word of any language but her own."""

import re

import pytest
from playwright.sync_api import expect

from channels.demo_company.actions import PASSWORD

pytestmark = pytest.mark.browser
SHOP, POOL, CATEGORY = "MALL", "ONLINE", "women"
LOOK = 20_000  # ms
WOMEN = """SELECT count(*) FROM inventory_sku s JOIN inventory_category c ON c.id = s.category_id
WHERE c.code LIKE 'w-%%'"""


class Editor:
    """The editor as somebody sees it who only clicks, chooses and types numbers."""

    def __init__(self, visitor):
        self.visitor, self.page = visitor, visitor.page

    def row(self, part, group, row):
        return self.page.locator(f'[data-row="{part}.{group}.{row}"]')

    def count(self):
        return int(self.page.locator("[data-count=skus]").inner_text().replace(",", ""))

    def expect_count(self, count):
        expect(self.page.locator("[data-count=skus]")).to_have_text(str(count), timeout=LOOK)

    def expect_words(self, *words):
        for each in words:
            expect(self.page.locator("p[data-words]")).to_contain_text(each, timeout=LOOK)

    def choose_chip(self, row, code):
        row.locator(f'.st-chip[data-code="{code}"]').click()

    def search_choice(self, row, words):
        """Look for a value by its name and take the first that fits, with the keyboard alone."""
        row.locator("[data-search]").fill(words)
        row.locator("[role=option]").first.wait_for()
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Escape")

    def save(self):
        with self.page.expect_navigation():
            self.page.click("[data-save]")


def open_list(visitor):
    visitor.page.click('nav a[href="/admin/strategies/strategy/"]')
    visitor.page.wait_for_selector(".st-list-page")


def start(visitor, name):
    open_list(visitor)
    visitor.page.locator(".st-tools a.op-button-main").click()
    visitor.page.fill("[name=name]", name)
    return Editor(visitor)


def publish(visitor, number, *, warned=False):
    """Publish a version from the strategy's page; how many SKUs it says will be recomputed."""
    page = visitor.page
    page.locator(f'[data-version="{number}"] a[href$="/publish/"]').click()
    page.wait_for_selector("[data-part=confirm]")
    assert page.locator("[data-part=findings]").count() == int(warned)
    moved = int(page.locator("[data-count=moved]").inner_text().replace(",", ""))
    with page.expect_navigation():
        page.locator("[data-part=confirm] button[type=submit]").click()
    return moved


def write_everything(visitor):
    """A strategy for everything, which comes first and so leaves nothing to those below."""
    editor = start(visitor, "全部 Everything")
    editor.expect_words(visitor.say("Always"))
    everything = editor.count()
    editor.save()
    publish(visitor, 1)
    return everything


def write_dear_dresses(visitor, product, name, everything):
    """Three conditions; the count follows each of them."""
    editor = start(visitor, name)
    page = visitor.page
    page.click("[data-add-group=any]")
    row = editor.row("any", 0, 0)
    row.locator("[data-fact]").select_option("pool")
    editor.choose_chip(row, POOL)
    editor.expect_count(everything)

    page.click("[data-add-row]")
    row = editor.row("any", 0, 1)
    row.locator("[data-fact]").select_option("category")
    [(women,)] = product.rows("SELECT name FROM inventory_category WHERE code = %s", CATEGORY)
    editor.search_choice(row, women)
    editor.expect_count(product.rows(WOMEN)[0][0])

    page.click("[data-add-row]")
    row = editor.row("any", 0, 2)
    row.locator("[data-fact]").select_option("price")
    expect(page.locator("[data-incomplete]")).to_be_visible()
    row.locator("[data-op]").select_option("between")
    row.locator("[data-value]").nth(0).fill("1000")
    row.locator("[data-value]").nth(1).fill("2000")
    count = product.rows(f"{WOMEN} AND price BETWEEN 1000 AND 2000")[0][0]
    assert 0 < count < everything
    editor.expect_count(count)
    page.select_option("[name=mode]", "shared")
    page.locator(f'tr[data-shop="{SHOP}"] input[name$="-ratio"]').fill("10")
    editor.expect_words(women, "1000", "2000", "10%")
    assert page.locator("[data-sample] li").count() == min(count, 10)
    visitor.photograph("strategy-editor")
    editor.save()
    return count


def is_warned(visitor):
    """The question before publishing names the one that comes first; nothing is published."""
    page = visitor.page
    page.locator('[data-version="1"] a[href$="/publish/"]').click()
    expect(page.locator("[data-part=findings]")).to_contain_text("全部 Everything")
    page.go_back()


def expect_before(visitor, name):
    """The strategy comes right before the one for everything."""
    pair = f'.st-strategy:has-text("{name}") + .st-strategy:has-text("全部 Everything")'
    expect(visitor.page.locator(pair)).to_be_visible()


def put_first(visitor, name):
    """Move the strategy up with the arrow, read what that changes, and save the order."""
    open_list(visitor)
    page = visitor.page
    card = page.locator(".st-strategy", has_text=name)
    card.locator("[data-up]").click()
    expect(page.locator("[data-effect]")).not_to_be_empty(timeout=LOOK)
    expect_before(visitor, name)
    with page.expect_navigation():
        page.locator(".st-unsaved button[type=submit]").click()
    expect_before(visitor, name)
    page.locator(".st-strategy", has_text=name).get_by_role("link").first.click()


def simulate(visitor):
    """How many shop numbers the draft would change."""
    page = visitor.page
    strategy = page.url
    page.locator('a[href*="/simulate/"]').click()
    page.locator("form button[type=submit]", has_text=visitor.say("Simulate now")).click()
    page.wait_for_selector("[data-part=result]", timeout=60_000)
    changed = int(page.locator("[data-figure=numbers]").inner_text().replace(",", ""))
    page.goto(strategy)
    return changed


def number_of(product, sku):
    product.wait_until_settled()
    query = """SELECT q.quantity FROM channels_shopquantity q JOIN channels_shop s ON s.id = q.shop_id
    WHERE s.code = %s AND q.sku_id = %s"""
    return product.rows(query, SHOP, sku)[0][0]


def a_dear_dress(product):
    """One with many units."""
    query = """SELECT q.sku_id FROM channels_shopquantity q JOIN channels_shop s ON s.id = q.shop_id
    JOIN inventory_sku k ON k.id = q.sku_id JOIN inventory_category c ON c.id = k.category_id
    WHERE s.code = %s AND c.code LIKE 'w-%%' AND k.price > 1000 ORDER BY q.quantity DESC, k.id LIMIT 1"""
    return product.rows(query, SHOP)[0][0]


def drag(visitor, name, onto):
    """Drag a strategy onto another; the order is not saved."""
    page = visitor.page
    grip = page.locator(".st-strategy", has_text=name).locator(".st-grip")
    target = page.locator(".st-strategy", has_text=onto)
    here, there = grip.bounding_box(), target.bounding_box()
    page.mouse.move(here["x"] + 5, here["y"] + 5)
    page.mouse.down()
    page.mouse.move(here["x"] + 5, there["y"] + there["height"] / 2, steps=8)
    page.mouse.move(here["x"] + 5, there["y"] + 4, steps=8)
    page.mouse.up()


def drag_and_take_back(visitor, name, count):
    """Drag the strategy for everything before this one, read what that changes, and leave the order as it was."""
    page = visitor.page
    drag(visitor, "全部 Everything", name)
    expect(page.locator("[data-effect]")).to_contain_text(str(count), timeout=LOOK)
    page.locator(".st-unsaved button[type=button]").click()
    expect_before(visitor, name)


def give_more(visitor):
    """Another version, with most of the pool for the shop."""
    visitor.page.locator('a[href$="/edit/"]').click()
    visitor.page.locator(f'tr[data-shop="{SHOP}"] input[name$="-ratio"]').fill("90")
    Editor(visitor).save()
    publish(visitor, 2)


def go_back(visitor):
    """Roll back to the first version."""
    page = visitor.page
    page.reload()
    page.locator('[data-version="1"] a[href$="/roll-back/"]').click()
    expect(page.locator("[data-part=confirm]")).to_contain_text(re.compile("90"))
    with page.expect_navigation():
        page.locator("[data-part=confirm] button[type=submit]").click()
    assert page.locator("[data-version]").count() == 3
    visitor.photograph("strategy-versions")


def retire(visitor):
    page = visitor.page
    page.locator('a[href$="/retire/"]').click()
    with page.expect_navigation():
        page.locator("[data-part=confirm] button[type=submit]").click()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_strategy_from_the_first_click_to_the_way_back(visit, product, language):
    visitor = visit(language)
    visitor.log_in("merchandiser", PASSWORD)
    page = visitor.page
    sku = a_dear_dress(product)
    before = number_of(product, sku)
    if not product.rows("SELECT 1 FROM strategies_strategy"):
        everything = write_everything(visitor)
    else:
        everything = product.rows("SELECT count(*) FROM inventory_sku")[0][0]
    name = f"贵的女装 Dear dresses {language}"
    count = write_dear_dresses(visitor, product, name, everything)
    is_warned(visitor)
    put_first(visitor, name)
    assert simulate(visitor) > 0
    assert publish(visitor, 1) == count
    low = number_of(product, sku)
    assert low < before

    open_list(visitor)
    card = page.locator(".st-strategy", has_text=name)
    expect(card.locator("[data-decides]")).to_have_text(str(count), timeout=LOOK)
    visitor.photograph("strategies")
    drag_and_take_back(visitor, name, count)

    card.get_by_role("link").first.click()
    give_more(visitor)
    assert number_of(product, sku) > low
    go_back(visitor)
    assert number_of(product, sku) == low
    retire(visitor)
    assert number_of(product, sku) == before
    visitor.check()


def test_what_was_entered_is_kept_when_saving_fails(visit, product):
    visitor = visit("en")
    visitor.log_in("merchandiser", PASSWORD)
    editor = start(visitor, "Kept")
    page = visitor.page
    page.click("[data-add-group=any]")
    page.click("[data-save]")
    expect(editor.row("any", 0, 0).locator(".st-fault")).to_be_visible()
    editor.row("any", 0, 0).locator("[data-fact]").select_option("price")
    editor.row("any", 0, 0).locator("[data-op]").select_option("between")
    editor.row("any", 0, 0).locator("[data-value]").nth(0).fill("9")
    editor.row("any", 0, 0).locator("[data-value]").nth(1).fill("5")
    page.fill('[name="others-ratio"]', "700")
    page.click("[data-save]")
    expect(editor.row("any", 0, 0).locator(".st-fault")).to_contain_text("the lower one first", timeout=LOOK)
    expect(page.locator('[data-field-fault="others-ratio"]')).to_be_visible()
    page.route("**/create/", lambda route: route.fulfill(status=502, body="gone", content_type="text/html"))
    page.click("[data-save]")
    expect(page.locator("[data-problems]")).to_contain_text("can't be reached", timeout=LOOK)
    assert page.input_value("[name=name]") == "Kept"
    assert page.input_value('[name="others-ratio"]') == "700"
    visitor.faults = [fault for fault in visitor.faults if "502" not in fault]
    assert not product.rows("SELECT 1 FROM strategies_strategy WHERE name = 'Kept'")
    page.unroute("**/create/")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(visitor.product.url + "/admin/")
