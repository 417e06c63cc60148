"""What a merchandiser does in the pages, step by step; every step answers what a test wants to know."""

import io

import xlsxwriter
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

SHOP = "MALL"  # it publishes its number as it is: no policy of its own
CENTRE = "DC-SH-GOOD"
HEADER = ["Functional warehouse", "SKU", "On hand"]


class Storefront:
    """The shop's page on the marketplace, open in a tab beside the admin."""

    def __init__(self, visitor, sku):
        self.tab = visitor.open_shop(SHOP, sku.partition("-")[0])
        self.number = self.tab.locator(f'[data-item="{SHOP.lower()}-{sku}"] .number')

    def read(self):
        return int(self.number.inner_text())

    def expect_number(self, quantity):
        """The page comes to show it, and has never been loaded again."""
        expect(self.number).to_have_text(str(quantity), timeout=20_000)
        assert self.tab.evaluate("window.neverReloaded")

    def expect_other_than(self, quantity):
        expect(self.number).not_to_have_text(str(quantity), timeout=20_000)
        assert self.tab.evaluate("window.neverReloaded")
        return self.read()


def open_supply(visitor, code):
    """The supply warehouse's form, found in its list."""
    visitor.page.click('nav a[href="/admin/inventory/supply/"]')
    visitor.page.get_by_role("link", name=code, exact=True).click()
    visitor.page.wait_for_selector("#supply_form")


def ratio_field(visitor, functional):
    row = visitor.page.locator("tbody", has=visitor.page.locator(f'select option:text-is("{functional}")'))
    return row.locator('input[name$="-ratio"]')


def preview(visitor):
    """The numbers of the shop that would change, as {SKU: (before, after)}."""
    visitor.page.click("[name=inventory_supply_preview_effect]")
    visitor.page.wait_for_selector("#effect_form")
    changes, sku = {}, ""
    for row in visitor.page.locator("section").last.locator("tbody tr").all():
        code, _name, shop, before, after, _difference = (cell.strip() for cell in row.locator("td").all_inner_texts())
        sku = code or sku
        if shop == SHOP:
            changes[sku] = int(before), int(after.split()[0])
    return changes


def make_workbook(rows):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return buffer.getvalue()


def read_workbook(data):
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def check_file(visitor, data):
    """Upload a stock count from the list of stock rows; the counts that the preview shows, by name."""
    visitor.page.click('nav a[href="/admin/inventory/stockrow/"]')
    visitor.page.click('a[href="/admin/inventory/stockrow/sheets/stock-counts/"]')
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    visitor.page.set_input_files("[name=file]", {"name": "盘点 count.xlsx", "mimeType": kind, "buffer": data})
    visitor.page.click("[name=check]")
    visitor.page.wait_for_selector("[data-count=rows]")
    return counts(visitor)


def counts(visitor):
    found = visitor.page.locator("[data-count]").all()
    return {each.get_attribute("data-count"): int(each.inner_text()) for each in found}


def download_errors(visitor):
    with visitor.page.expect_download() as download:
        visitor.page.click('a[href$="errors.xlsx"]')
    return read_workbook(download.value.path().read_bytes())


def explain(visitor, sku):
    """The number that "Why this number?" explains, read after searching for the shop and the SKU."""
    visitor.page.click('nav a[href="/admin/why/"]')
    visitor.page.select_option("select[name=shop]", SHOP)
    visitor.page.fill("input[name=sku]", sku)
    visitor.page.click("form[role=search] button[type=submit]")
    return int(visitor.page.locator("[data-number]").inner_text())


def adjust(visitor, sku, units, reason):
    """Open the SKU's stock, from there the row in the distribution centre, and book a correction in the dialog."""
    open_stock_row(visitor, sku)
    visitor.page.locator('a[x-on\\:click*="actionDropdownOpen"]').click()
    decide(visitor, "adjust", quantity=units, reason=reason)


def receive(visitor, sku, units):
    """Book a delivery to the distribution centre."""
    open_stock_row(visitor, sku)
    decide(visitor, "receive", quantity=units)


def open_stock_row(visitor, sku):
    page = visitor.page
    page.click('nav a[href="/admin/sku-stock/"]')
    page.fill(".op-find input[name=sku]", sku)
    page.click("form[role=search] button[type=submit]")
    visitor.photograph("stock")
    page.locator("tr", has_text=CENTRE).get_by_role("link").click()


def decide(visitor, verb, **values):
    """Open the dialog of a verb on the page of a row, fill it in and send it."""
    open_dialog(visitor, verb)
    for name, value in values.items():
        visitor.page.fill(f"#dialog [name={name}]", str(value))
    with visitor.page.expect_navigation():
        visitor.page.click("#dialog button[type=submit]")


def open_dialog(visitor, verb):
    visitor.page.locator(f'a[hx-get$="/{verb}/"]').first.click()
    visitor.page.wait_for_selector("#dialog button[type=submit]")


def open_shortage(visitor, reference):
    """The page of what a platform has sold and nobody can serve, found in the console."""
    visitor.page.click('nav a[href="/admin/channels/shortage/"]')
    row = visitor.page.locator("#result_list tbody tr", has_text=reference)
    expect(row).to_contain_text(visitor.say("To decide"))
    visitor.photograph("shortages")
    row.get_by_role("link", name=reference).click()
    visitor.page.wait_for_selector("[data-part=order]")


def run_audit(visitor, product):
    """Start an audit and follow it to its end; how many violations its page shows."""
    count = "SELECT count(*) FROM core_auditrun"
    before = product.rows(count)[0][0]
    visitor.page.click('nav a[href="/admin/core/auditrun/"]')
    decide(visitor, "run_now")
    product.wait_until(lambda: product.rows(count)[0][0] > before)
    visitor.page.click('nav a[href="/admin/core/auditrun/"]')
    return int(visitor.page.locator("[data-part=last]").get_attribute("data-violations"))
