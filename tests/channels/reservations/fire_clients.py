"""Clients that sell over HTTP as hard as they can and note every answer they are given."""

import json
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException
from random import Random

from tests.channels.reservations.fire_report import Answer, Batch, Sale, is_short, odd_answer
from tests.channels.reservations.fire_world import SHOPS, bundle, hot, uniform

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.2  # before a request that failed is sent again
SHORT_SECONDS = 2  # of a reservation that is left to expire
LONG_SECONDS = 3600


class Line:
    """One kept-alive connection."""

    def __init__(self, product, report):
        self.product = product
        self.report = report
        self.http = None

    def ask(self, method, path, body=None, key=""):
        """One attempt. Raises OSError or HTTPException when the connection breaks."""
        headers = {"Authorization": f"Bearer {self.product.key}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        try:
            self.http = self.http or HTTPConnection("127.0.0.1", self.product.port, timeout=30)
            self.http.request(method, f"/api/v1{path}", body, headers)
            response = self.http.getresponse()
            replayed = response.headers.get("Idempotent-Replayed") == "true"
            return Answer(response.status, response.read(), replayed)
        except (OSError, HTTPException):
            self.close()
            raise

    def insist(self, method, path, body=None, key=""):
        """Ask until there is an answer, as a client does that has paid for it; the answer and the attempts."""
        end = time.monotonic() + PATIENCE_SECONDS
        attempts = 0
        while time.monotonic() < end:
            attempts += 1
            started = time.monotonic()
            try:
                answer = self.ask(method, path, body, key)
            except (OSError, HTTPException) as broken:
                self.report.counts["broken"] += 1
                self.allow_outage(f"{method} {path}: {broken!r}", started)
            else:
                self.report.seconds.append(time.monotonic() - started)
                self.judge(answer, f"{method} {path}", started)
                if answer.status != 503:
                    return answer, attempts
                self.report.counts["503"] += 1
            time.sleep(PAUSE_SECONDS)
        self.report.faults.append(f"{method} {path} {key}: no answer for {PATIENCE_SECONDS:.0f} seconds")
        return Answer(0, b"{}", replayed=False), attempts

    def judge(self, answer, what, started):
        told = f"{what}: {answer.status} {answer.body[:300]!r}"
        if b"deadlock" in answer.body.lower():
            self.report.faults.append(told)
        elif answer.status == 503:
            self.allow_outage(told, started)
        elif answer.status >= 500 or answer.status in (401, 403, 404, 429):
            self.report.faults.append(told)

    def allow_outage(self, told, started):
        """A request may fail only if some of it lay in an outage."""
        if not (self.product.is_out(started) or self.product.is_out(time.monotonic())):
            self.report.faults.append(told)

    def close(self):
        if self.http is not None:
            self.http.close()
            self.http = None


class Client:
    """One of many that sell at the same time."""

    def __init__(self, number, scenario, product, report):
        self.name = f"{scenario}-{number:02d}"
        self.scenario = scenario
        self.random = Random(self.name)
        self.report = report
        self.line = Line(product, report)
        self.made = 0
        self.mine = []

    def sell_while(self, going_on):
        """Work while `going_on()`; what is under way then is still brought to its end."""
        while going_on():
            chance = self.random.random()
            if chance < 0.10:
                self.sell_batch()
            elif chance < 0.20 and self.mine:
                self.release(self.random.choice(self.mine))
            elif chance < 0.22 and self.mine:
                self.extend(self.random.choice(self.mine))
            elif chance < 0.25 and self.mine:
                repeat(self.random.choice(self.mine), self.line)
            else:
                self.sell()
        self.line.close()

    def sell(self):
        sale = self.new_sale()
        answer, sale.attempts = self.line.insist("POST", "/reservations", body_of(sale.request), sale.key)
        self.report.counts["singles"] += 1
        self.report.sales.append(sale)
        if answer.replayed and sale.attempts == 1:
            self.report.faults.append(f"{sale.key}: the first answer says it is a repeated one")
        if answer.status == 201:
            sale.answer = answer.body
            self.accept(sale, answer.content)
        else:
            self.refuse(sale, answer.status, answer.content)

    def sell_batch(self):
        sales = [self.new_sale() for _ in range(self.random.randint(2, 8))]
        body = body_of({"reservations": [{"key": sale.key, **sale.request} for sale in sales]})
        answer, attempts = self.line.insist("POST", "/reservations/batch", body)
        for sale in sales:
            sale.attempts = attempts
        self.report.counts["batches"] += 1
        self.report.sales += sales
        self.report.batches.append(Batch(sales, body, attempts))
        for sale, row in zip(sales, rows_of(answer, self.report, len(sales)), strict=False):
            if row["status"] == "ok":
                self.accept(sale, row["reservation"])
            else:
                self.refuse(sale, row["error"]["status"], row["error"])

    def accept(self, sale, content):
        sale.content = content
        self.report.faults += odd_answer(sale)
        if sale.request["expires_in"] != SHORT_SECONDS:
            self.mine.append(sale)

    def refuse(self, sale, status, content):
        """Only short stock is a reason, and each short SKU is named with what there is."""
        errors = content.get("errors") or []
        told = [(error.get("sku"), error.get("wanted"), error.get("available")) for error in errors]
        if status != 409 or not told or not all(is_short(sale, *each) for each in told):
            self.report.faults.append(f"{sale.key} {sale.request}: {status} {content}")
            return
        self.report.counts["refused"] += 1
        missed = [(wanted, available) for sku, wanted, available in told if sku == hot(self.scenario)]
        self.report.missed += sum(wanted for wanted, _ in missed)
        if sale.request["check"] == "stock" and any(available == 0 for _, available in missed):
            self.report.counts["sold out"] += 1

    def release(self, sale):
        """Only the one who holds a sale releases it; it may be asked for again after an outage."""
        self.mine.remove(sale)
        answer, _ = self.line.insist("POST", f"/reservations/{sale.content['id']}/release")
        sale.released = True
        if answer.status != 200 or answer.content["state"] != "released":
            self.report.faults.append(f"release of {sale.key}: {answer.status} {answer.body[:300]!r}")
        self.report.counts["released"] += 1

    def extend(self, sale):
        """What is asked for again and again changes nothing but the time."""
        body = body_of({"expires_in": LONG_SECONDS})
        answer, _ = self.line.insist("POST", f"/reservations/{sale.content['id']}/extend", body)
        if answer.status != 200 or answer.content["state"] != "held":
            self.report.faults.append(f"extension of {sale.key}: {answer.status} {answer.body[:300]!r}")
        self.report.counts["extended"] += 1

    def new_sale(self):
        self.made += 1
        shop = self.random.choice(list(SHOPS))
        lines = self.new_lines()
        wanted = Counter()
        for sku, quantity in lines:
            wanted[sku] += quantity
        request = {
            "shop": shop,
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
            "check": SHOPS[shop],
            "partial": self.random.random() < 0.1,
            "expires_in": SHORT_SECONDS if self.random.random() < 0.05 else LONG_SECONDS,
        }
        return Sale(f"{self.name}-{self.made}", dict(wanted), request)

    def new_lines(self):
        """Mostly the hot SKU, some ordinary ones in any order, now and then a set or a SKU twice."""
        chance = self.random.random()
        lines = [(sku, self.random.randint(1, 3)) for sku in self.random.sample(uniform(self.scenario), 3)]
        if chance < 0.45:
            return [(hot(self.scenario), self.random.randint(1, 2))]
        if chance < 0.60:
            lines[self.random.randrange(3)] = (hot(self.scenario), 1)
        elif chance < 0.66:
            lines.append((bundle(self.scenario), 1))
        elif chance < 0.70:
            lines.append(lines[0])
        return lines[: self.random.randint(1, 4)] if chance > 0.70 else lines


def restock_while(going_on, scenario, product, report):
    """Bring in more of the hot SKU whenever it was missing, so that it is sold out again and again."""
    line = Line(product, report)
    seen = number = 0
    while going_on():
        time.sleep(0.25)
        missed, seen = report.missed - seen, report.missed
        if missed:
            number += 1
            units = min(missed, 20)
            movement = {"functional": "C-GOOD", "sku": hot(scenario), "kind": "receipt", "quantity": units}
            answer, _ = line.insist(
                "POST", "/stock/movements", body_of({"movements": [movement]}), f"{scenario}-receipt-{number}"
            )
            report.received += units
            if answer.status != 200:
                report.faults.append(f"receipt: {answer.status} {answer.body[:300]!r}")
    line.close()


def repeat(sale, line):
    """The same request again must give the very same bytes, and say that it did."""
    answer, _ = line.insist("POST", "/reservations", body_of(sale.request), sale.key)
    line.report.counts["repeated"] += 1
    # What was sold in a batch was told as a part of its answer.
    same = answer.body == sale.answer if sale.answer else answer.content == sale.content
    if not same or (answer.status, answer.replayed) != (201, True):
        line.report.faults.append(f"{sale.key} again: {answer}, first it was {sale.answer or sale.content!r}")


def repeat_batch(batch, line):
    """What was sold is answered as before; what was refused may be sold by now."""
    answer, _ = line.insist("POST", "/reservations/batch", batch.body)
    for sale, row in zip(batch.sales, rows_of(answer, line.report, len(batch.sales)), strict=False):
        line.report.counts["repeated"] += 1
        content = row.get("reservation") or {}
        if sale.content and content != sale.content:
            line.report.faults.append(f"{sale.key} again: {row}, first it was {sale.content}")
        sale.content = content


def rows_of(answer, report, wanted):
    """The results of a batch, one for each."""
    rows = answer.content["results"] if answer.status == 200 else []
    if len(rows) != wanted:
        report.faults.append(f"batch: {answer.status} {answer.body[:300]!r}")
    return rows


def body_of(content):
    return json.dumps(content).encode()
