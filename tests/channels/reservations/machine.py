"""Any order of sales and of everything that gets in their way, judged after every step."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from channels.models import Reservation
from channels.reservations.actions import (
    confirm_reservations,
    expire_reservations,
    extend_reservations,
    release_reservations,
    reseat_holds,
)
from core.audit.actions import choose_checks
from core.audit.selectors import inspect
from core.errors import DomainError
from inventory.ledger.actions import (
    Count,
    HoldRequest,
    Movement,
    count_stock,
    place_holds,
    post_movements,
    release_holds,
)
from tests.channels.reservations import machine_checks as checks
from tests.channels.reservations.machine_edits import change_network
from tests.channels.reservations.machine_networks import networks, overlapping
from tests.channels.reservations.machine_selling import EXPIRIES, SellingMachine, steps
from tests.channels.reservations.machine_world import World, empty_database


class ReservationMachine(SellingMachine):
    """Every run has a network of its own, and is undone."""

    def __init__(self):
        super().__init__()
        self.manual = []
        self.levels, self.marks = {}, {}
        self.begin()

    def begin(self):
        self.undo = transaction.atomic()
        self.undo.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @initialize(document=networks() | overlapping())
    def build(self, document):
        steps["runs"] += 1
        self.world = World(document)

    # What becomes of reservations

    def some(self, data):
        """Rather those that are still open."""
        ids = self.in_state(self.known, *checks.OPEN) * 3 + sorted(self.known)
        return data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=4))

    def in_state(self, ids, *states):
        return sorted({pk for pk in ids if self.known[pk].state in states})

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def release(self, data):
        ids = self.some(data)
        still = self.in_state(ids, *checks.OPEN)
        assert sorted(release_reservations(ids, actor="t")) == still
        for pk in still:
            self.known[pk].state = "released"

    @precondition(lambda self: self.known)
    @rule(data=st.data(), expires_in=st.sampled_from(EXPIRIES))
    def extend(self, data, expires_in):
        ids = self.some(data)
        assert sorted(extend_reservations(ids, expires_in=expires_in)) == self.in_state(ids, "held")
        for over in Reservation.objects.filter(pk__in=self.in_state(ids, "held")).values_list("expires_at", flat=True):
            left = None if over is None else (over - timezone.now()).total_seconds()
            assert left is None if expires_in is None else expires_in - 30 < left <= expires_in

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def confirm(self, data):
        ids = self.some(data)
        still = self.in_state(ids, "held")
        assert sorted(confirm_reservations(ids, reference="order")) == still
        for pk in still:
            self.known[pk].state = "confirmed"

    @precondition(lambda self: self.known)
    @rule(minutes=st.sampled_from([0, 2, 20, 120]))
    def expire(self, minutes):
        now = timezone.now() + timedelta(minutes=minutes)
        over = Reservation.objects.filter(pk__in=self.in_state(self.known, "held"), expires_at__lte=now)
        ids = sorted(over.values_list("pk", flat=True))
        assert expire_reservations(now) == len(ids)
        for pk in ids:
            self.known[pk].state = "expired"

    # What becomes of the stock

    def attempt(self, verb, *args):
        """A refusal changes nothing."""
        before = self.world.holds()
        try:
            return verb(*args, actor="t")
        except DomainError:
            assert self.world.holds() == before
            return None

    def draw_row(self, data):
        return data.draw(st.sampled_from(sorted(self.world.functionals))), data.draw(st.sampled_from(self.world.plain))

    @rule(data=st.data(), kind=st.sampled_from(["receipt", "issue", "adjustment"]), units=st.integers(1, 4))
    def move(self, data, kind, units):
        if kind == "adjustment":
            units *= data.draw(st.sampled_from([-1, 1]))
        self.attempt(post_movements, [Movement(*self.draw_row(data), kind, units)])

    @rule(data=st.data(), units=st.integers(0, 8))
    def count(self, data, units):
        self.attempt(count_stock, [Count(*self.draw_row(data), units)])

    @rule(data=st.data(), units=st.integers(1, 3))
    def hold(self, data, units):
        self.manual += self.attempt(place_holds, [HoldRequest(*self.draw_row(data), units, "x")]) or []

    @precondition(lambda self: self.manual)
    @rule(data=st.data())
    def give_back(self, data):
        release_holds([self.manual.pop(data.draw(st.integers(0, len(self.manual) - 1)))], actor="t")

    @rule(data=st.data())
    def reseat(self, data):
        """Seats get better until none can, and nobody loses a unit or gains one where it may not be."""
        before, holds = self.world.judge(), self.world.holds()
        some = data.draw(st.sampled_from([None, sorted(self.world.skus.values())]))
        rounds = 0
        while reseat_holds(some):
            rounds += 1
            assert rounds < 20, "the pass never comes to rest"
            steps["moved"] += 1
        after = self.world.judge()
        checks.check_moves(before, after)
        checks.check_tidied(before, after, holds, self.world.holds())

    @rule(data=st.data())
    def change(self, data):
        change_network(self.world, data.draw)

    @rule()
    def audit(self):
        """The product's own audit finds nothing either."""
        for result in inspect([check for check in choose_checks() if not check.settles]):
            assert not result.found.total, [violation.words() for violation in result.found.violations]

    @invariant()
    def holds_true(self):
        if self.world is not None:
            steps["steps"] += 1
            holds = self.world.holds()
            levels = checks.check_stock(holds)
            self.marks = checks.check_marks(self.levels, levels, self.marks)
            self.levels = levels
            checks.check_reservations(self.known, holds)
            checks.check_dedicated(self.world, self.known, self.world.uses())


class CommittedMachine(ReservationMachine):
    """Every step commits, so the network that a process keeps between two batches is put to the test."""

    def begin(self):
        empty_database()

    def teardown(self):
        empty_database()
