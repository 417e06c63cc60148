"""Many clients at once over HTTP, while parts of the product are killed: nothing oversold, nothing lost, nothing twice.

Every module run has servers of its own. `make fire` runs each scenario for a minute; here it is a few seconds.
"""

import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from config.services import ServiceError
from config.services.binaries import postgres_binary, valkey_binary
from tests.channels.reservations.fire_checks import (
    check_answers,
    check_audit,
    check_books,
    check_fire,
    check_logs,
    check_numbers,
    check_rows,
)
from tests.channels.reservations.fire_clients import Client, Line, body_of, restock_while
from tests.channels.reservations.fire_product import Product
from tests.channels.reservations.fire_report import Report
from tests.channels.reservations.fire_world import hot, hot_units

SECONDS = float(os.environ.get("ONEPOOL_FIRE_SECONDS", "5"))
CLIENTS = 32
KILL_EVERY_SECONDS = 12.0
PATIENCE = 5
COPIES = 50
ROUNDS = 5
# The one that leaves work to others for longest comes first; undisturbed selling shows that nothing stayed behind.
SCENARIOS = {"worker": "worker", "postmaster": "postmaster", "backend": "backend", "web": "web", "calm": None}


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    try:
        postgres_binary("postgres"), valkey_binary()
    except ServiceError as missing:
        pytest.skip(f"Kills servers of its own, and there are none to start. {missing}")
    # Unlike tmp_path's, this path is short enough for sockets.
    with tempfile.TemporaryDirectory(prefix="fire-") as folder:
        started = Product(Path(folder), tmp_path_factory.mktemp("fire"), SECONDS)
        try:
            started.start()
            yield started
        finally:
            started.stop()


def set_on_fire(product, scenario, victim=None):
    """Sell with all clients until the time is over, killing the victim in between; what they saw."""
    report = Report()
    started = time.monotonic()

    def going_on():
        passed = time.monotonic() - started
        # A slow machine needs longer to sell out.
        return passed < SECONDS or (not report.counts["sold out"] and passed < PATIENCE * SECONDS)

    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        clients = [Client(number, scenario, product, report) for number in range(CLIENTS)]
        work = [pool.submit(client.sell_while, going_on) for client in clients]
        work.append(pool.submit(restock_while, going_on, scenario, product, report))
        kills = max(1, int(SECONDS // KILL_EVERY_SECONDS)) if victim else 0
        for number in range(kills):
            time.sleep(max(0.0, started + SECONDS * (number + 0.4) / kills - time.monotonic()))
            product.kill(victim)
        for done in work:
            done.result()
    tell(scenario, report, time.monotonic() - started, kills)
    return report


def tell(scenario, report, seconds, kills):
    """One line of figures, for whoever runs this by hand."""
    times = sorted(report.seconds)
    parts = {
        "requests/s": round(len(times) / seconds),
        "reservations": len(report.sales),
        "accepted": len(report.accepted),
        **report.counts,
        "p50 ms": round(times[len(times) // 2] * 1000),
        "p99 ms": round(times[len(times) * 99 // 100] * 1000),
        "kills": kills,
    }
    sys.stdout.write(f"\n{scenario}: " + ", ".join(f"{name} {value}" for name, value in parts.items()) + "\n")


def test_nothing_is_oversold_or_lost_whatever_is_killed_in_the_middle(product, subtests):
    reports = {}
    for scenario, victim in SCENARIOS.items():
        with subtests.test(scenario):
            reports[scenario] = set_on_fire(product, scenario, victim)
            check_answers(reports[scenario], product)
            check_fire(reports[scenario], victim)
            check_rows(product)
            check_audit(product)
    # What expires and what is to be recomputed is awaited once, for all.
    for scenario, report in reports.items():
        with subtests.test("books and numbers", scenario=scenario):
            check_books(scenario, report, product)
            check_numbers(scenario, product)
    with subtests.test("logs"):
        check_rows(product)
        check_audit(product)
        check_logs(product)


def send_together(product, key, bodies):
    """The requests with one key, all at the same moment; their answers."""
    report, barrier = Report(), Barrier(len(bodies))

    def send(body):
        line = Line(product, report)
        line.ask("GET", "/health/live")
        barrier.wait(timeout=30)
        answer, _ = line.insist("POST", "/reservations", body, key)
        line.close()
        return answer

    with ThreadPoolExecutor(len(bodies)) as pool:
        answers = list(pool.map(send, bodies))
    assert not report.faults
    return answers


def request_body(sku, quantity, check="stock"):
    lines = [{"sku": sku, "quantity": quantity}]
    return body_of({"shop": "market", "lines": lines, "check": check, "partial": False, "expires_in": 900})


def booked(product, sku):
    ((units,),) = product.rows(
        "SELECT sum(allocated) FROM inventory_stockrow JOIN inventory_sku s ON s.id = sku_id WHERE code = %s", sku
    )
    return units


@pytest.mark.parametrize("check", ["stock", "entitlement"])
@pytest.mark.parametrize("number", range(ROUNDS))
def test_copies_of_one_request_book_once_and_answer_alike(product, check, number):
    before = booked(product, hot("copies"))
    answers = send_together(product, f"copies-{check}-{number}", [request_body(hot("copies"), 2, check)] * COPIES)
    assert {(answer.status, answer.body) for answer in answers} == {(201, answers[0].body)}
    assert Counter(answer.replayed for answer in answers) == {False: 1, True: COPIES - 1}
    assert booked(product, hot("copies")) == before + 2


@pytest.mark.parametrize("number", range(ROUNDS))
def test_one_of_two_contents_wins_the_key(product, number):
    before = booked(product, hot("rivals"))
    bodies = [request_body(hot("rivals"), 1 + each % 2) for each in range(COPIES)]
    answers = send_together(product, f"rivals-{number}", bodies)
    won = {body for body, answer in zip(bodies, answers, strict=True) if answer.status == 201}
    assert len(won) == 1
    told = Counter((body in won, answer.status, answer.replayed) for body, answer in zip(bodies, answers, strict=True))
    half = COPIES // 2
    assert told == {(True, 201, False): 1, (True, 201, True): half - 1, (False, 409, False): half}
    assert len({answer.body for answer in answers if answer.status == 201}) == 1
    assert booked(product, hot("rivals")) == before + 1 + bodies.index(won.pop())


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_content_that_is_refused_takes_no_key(product, number):
    """Nothing was sold under the key when the other content came, whichever came first."""
    before = booked(product, hot("greedy"))
    bodies = [request_body(hot("greedy"), (1, 100_000)[each % 2]) for each in range(COPIES)]
    answers = send_together(product, f"greedy-{number}", bodies)
    assert {(answer.status, answer.body) for answer in answers[::2]} == {(201, answers[0].body)}
    assert {answer.status for answer in answers[1::2]} == {409}
    assert booked(product, hot("greedy")) == before + 1


def test_copies_of_the_last_units_sell_them_once(product):
    """The first copy leaves nothing for the others, who must hear that it was sold rather than that it is short."""
    every = 3 * hot_units(SECONDS)
    answers = send_together(product, "last", [request_body(hot("last"), every)] * COPIES)
    assert {(answer.status, answer.body) for answer in answers} == {(201, answers[0].body)}
    assert booked(product, hot("last")) == every
