"""What must be true once the fire is over, read from the database and asked of the product."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.channels.reservations.fire_clients import SHORT_SECONDS, Line, repeat, repeat_batch
from tests.channels.reservations.fire_product import wait_until
from tests.channels.reservations.fire_report import Report
from tests.channels.reservations.fire_world import PLACES, SHOPS, UNIFORM_UNITS, hot, hot_units, listed, uniform

REPEATED = 200
REPEATED_BATCHES = 40
LINES = 8

BROKEN_ROWS = """
WITH held AS (
    SELECT sku_id, functional_id, sum(quantity) AS units FROM inventory_hold WHERE closed_at IS NULL GROUP BY 1, 2
), booked AS (
    SELECT sku_id, functional_id, sum(quantity) AS units FROM inventory_ledgerentry GROUP BY 1, 2
)
SELECT sku_id, functional_id, on_hand, allocated, coalesce(booked.units, 0), coalesce(held.units, 0)
FROM inventory_stockrow
FULL JOIN held USING (sku_id, functional_id) FULL JOIN booked USING (sku_id, functional_id)
WHERE on_hand IS DISTINCT FROM coalesce(booked.units, 0) OR allocated IS DISTINCT FROM coalesce(held.units, 0)
OR allocated > on_hand OR allocated < 0
"""
LEVELS = """
SELECT code, sum(on_hand), sum(allocated) FROM inventory_stockrow JOIN inventory_sku AS sku ON sku.id = sku_id
WHERE code LIKE %s GROUP BY code
"""
RESERVATIONS = "SELECT key, id, state FROM channels_reservation WHERE key LIKE %s"
HELD = """
SELECT source_id, code, sum(quantity) FROM inventory_hold JOIN inventory_sku AS sku ON sku.id = sku_id
WHERE closed_at IS NULL AND code LIKE %s GROUP BY source_id, code
"""
EXPIRING = "SELECT count(*) FROM channels_reservation WHERE state = 'held' AND expires_at < now() + '1 minute'"
UNSETTLED = """SELECT (SELECT count(*) FROM inventory_waitingsku)
+ (SELECT count(*) FROM channels_listingtarget WHERE version > published_version)"""
TARGETS = """SELECT listing.code, target.quantity FROM channels_listingtarget AS target
JOIN channels_listing AS listing ON listing.id = target.listing_id"""


def check_answers(report, product):
    """Every request that had to be sent more than once, and many others, answer the same again."""
    again = [(repeat, sale) for sale in chosen(report.accepted, REPEATED)]
    again += [(repeat_batch, batch) for batch in chosen(report.batches, REPEATED_BATCHES)]
    with ThreadPoolExecutor(LINES) as pool:
        list(pool.map(lambda number: ask_again(again[number::LINES], Line(product, report)), range(LINES)))
    assert not report.faults, told(report.faults)


def chosen(sent, most):
    """What was tried more than once, and `most` spread over the rest."""
    return [each for number, each in enumerate(sent) if each.attempts > 1 or number % (len(sent) // most + 1) == 0]


def ask_again(requests, line):
    for ask, what in requests:
        ask(what, line)
    line.close()


def check_rows(product):
    """Every stock row says what its ledger and its holds say, and none holds more than there is."""
    assert product.rows(BROKEN_ROWS) == []


def check_books(scenario, report, product):
    """What was accepted is what is booked, per reservation and per SKU."""
    wait_until(lambda: product.rows(EXPIRING)[0][0] == 0, "the expiry of the last", seconds=30)
    states = {key: (pk, state) for key, pk, state in product.rows(RESERVATIONS, f"{scenario}-%")}
    expected = {sale.key: (sale.content["id"], end_of(sale)) for sale in report.accepted}
    assert {key for key, _ in different(states, expected)} == set(), told(different(states, expected))
    check_holds(scenario, report, product)


def check_holds(scenario, report, product):
    open_sales = [sale for sale in report.accepted if end_of(sale) == "held"]
    expected = {(sale.content["id"], sku): units for sale in open_sales for sku, units in sale.accepted.items()}
    held = {(pk, sku): units for pk, sku, units in product.rows(HELD, f"{scenario}-%")}
    assert held == expected, told(different(held, expected))
    sold = sum((sale.accepted for sale in open_sales), Counter())
    levels = {sku: (on_hand, allocated) for sku, on_hand, allocated in product.rows(LEVELS, f"{scenario}-%")}
    assert {sku: allocated for sku, (_, allocated) in levels.items() if allocated} == dict(sold)
    received = {sku: len(PLACES) * UNIFORM_UNITS for sku in uniform(scenario)}
    received[hot(scenario)] = len(PLACES) * hot_units(product.seconds) + report.received
    assert {sku: on_hand for sku, (on_hand, _) in levels.items()} == received


def end_of(sale):
    """The state the reservation must have by now."""
    if sale.released:
        return "released"
    return "expired" if sale.request["expires_in"] == SHORT_SECONDS else "held"


def check_fire(report, victim):
    """The fire was hot: the last unit that everybody wanted was gone, and the kill hit requests under way."""
    assert report.counts["sold out"] > 0, report.counts
    assert victim in (None, "worker") or report.counts["broken"] + report.counts["503"] > 0, report.counts


def check_numbers(scenario, product):
    """Shops and the marketplace show what is there, as computed afresh now."""
    wait_until(lambda: product.rows(UNSETTLED)[0][0] == 0, "the last number")
    report = Report()
    line = Line(product, report)
    for shop in SHOPS:
        for sku in [hot(scenario), *uniform(scenario)[:12]]:
            found = line.insist("GET", f"/explanations/{shop}/{sku}")[0].content
            assert (found["stored"], found["up_to_date"]) == (found["quantity"], True), (shop, sku, found)
    line.close()
    shown = product.marketplace.stock(product.market())
    assert {code: quantity for code, quantity in product.rows(TARGETS) if shown[code] != quantity} == {}
    assert set(listed(scenario)) <= set(shown)


def check_audit(product):
    """The product's own audit finds nothing."""
    done = product.python("manage.py", "audit")
    assert done.returncode == 0, done.stdout + done.stderr


def check_logs(product):
    """Locks are taken in one order: no transaction ever had to be ended to free another."""
    for log in (product.services.log_file("postgres"), product.log("web"), product.log("worker")):
        found = [line for line in log.read_text(errors="replace").splitlines() if "deadlock" in line.lower()]
        assert not found, f"{log}: {told(found)}"


def different(found, expected):
    """The entries of two dictionaries that differ: (key, (found, expected))."""
    keys = sorted(found.keys() | expected.keys(), key=str)
    return [(key, (found.get(key), expected.get(key))) for key in keys if found.get(key) != expected.get(key)]


def told(faults):
    return f"{len(faults)} faults: " + "\n".join(map(str, faults[:10]))
