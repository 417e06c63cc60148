"""Concurrent requests go as one batch, and each gets what is its own."""

import time
from threading import Event, Thread, get_ident

import pytest
from django.utils import translation

from channels.reservations import group
from channels.reservations.actions import ReserveResult
from channels.reservations.group import Group
from channels.reservations.rules import LineRequest, ReservationRequest


def request(key="k", shop="S", sku="A", quantity=1, **values):
    return ReservationRequest("key:1", key, shop, (LineRequest(sku, quantity),), **values)


class Verb:
    """Stands for `reserve`: notes its batches, and can be held up and made to fail."""

    def __init__(self, fail=lambda keys: None):
        self.batches = []
        self.threads = []
        self.languages = []
        self.begun = Event()
        self.go = Event()
        self.fail = fail

    def __call__(self, requests):
        keys = [each.key for each in requests]
        self.batches.append(keys)
        self.threads.append(get_ident())
        self.languages.append(translation.get_language())
        self.begun.set()
        assert self.go.wait(10)
        if fault := self.fail(keys):
            raise fault
        return [ReserveResult(number, key.encode(), False, None) for number, key in enumerate(keys)]


class Crowd:
    """One request under way and others that have queued behind it, in the order of their keys."""

    def __init__(self, gathering, verb, languages=None):
        self.gathering, self.verb = gathering, verb
        self.languages = languages or {}
        self.outcomes = {}
        self.threads = []
        self.start("first")
        assert verb.begun.wait(10)

    def start(self, key):
        thread = Thread(target=self.submit, args=[key], daemon=True)
        self.threads.append(thread)
        thread.start()

    def queue(self, *keys):
        for key in keys:
            before = len(self.gathering._queue)
            self.start(key)
            wait_until(lambda before=before: len(self.gathering._queue) > before)

    def submit(self, key):
        try:
            with translation.override(self.languages.get(key, "en")):
                self.outcomes[key] = self.gathering.submit(request(key)).answer
        except BaseException as fault:  # noqa: BLE001 - it is what the test looks at
            self.outcomes[key] = fault

    def finish(self):
        self.verb.go.set()
        for thread in self.threads:
            thread.join(10)
            assert not thread.is_alive()
        return self.outcomes


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_alone_a_request_runs_at_once_in_its_own_thread():
    verb = Verb()
    verb.go.set()
    gathering = Group(verb)

    assert [gathering.submit(request(key)).answer for key in "ab"] == [b"a", b"b"]
    assert verb.batches == [["a"], ["b"]]
    assert set(verb.threads) == {get_ident()}


def test_who_comes_meanwhile_goes_together_in_order_and_each_gets_its_own():
    verb = Verb()
    crowd = Crowd(Group(verb), verb)
    crowd.queue(*"cabd")

    outcomes = crowd.finish()
    assert verb.batches == [["first"], ["c", "a", "b", "d"]]
    assert outcomes == {key: key.encode() for key in ("first", *"abcd")}


def test_who_has_led_most_leads_again_and_the_order_stays(monkeypatch):
    verb = Verb()
    gathering = Group(verb)
    crowd = Crowd(gathering, verb)
    crowd.queue(*"ab")
    verb.go.set()
    wait_until(lambda: len(crowd.outcomes) == 3)
    verb.go.clear()
    verb.begun.clear()
    second = Crowd(gathering, verb)
    second.queue("c")
    monkeypatch.setattr(group._thread.__class__, "batches_led", 7)
    second.queue("d")
    monkeypatch.setattr(group._thread.__class__, "batches_led", 0)
    second.queue("e")
    leader = second.threads[2].ident
    second.finish()

    assert verb.batches[-1] == ["c", "d", "e"]
    assert verb.threads[-1] == leader


def test_a_leader_is_one_of_its_batch(monkeypatch):
    verb = Verb()
    crowd = Crowd(Group(verb, most=2), verb)
    crowd.queue(*"ab")
    monkeypatch.setattr(group._thread.__class__, "batches_led", 7)
    crowd.queue("c")

    assert crowd.finish()["c"] == b"c"
    assert verb.batches == [["first"], ["a", "b"], ["c"]]


def test_a_batch_has_its_limit():
    verb = Verb()
    crowd = Crowd(Group(verb, most=3), verb)
    crowd.queue(*"abcdefg")
    crowd.finish()

    assert verb.batches == [["first"], ["a", "b", "c"], ["d", "e", "f"], ["g"]]


def test_when_a_batch_fails_only_the_culprit_fails():
    verb = Verb(lambda keys: ValueError("poison " + keys[0]) if "b" in keys or "d" in keys else None)
    crowd = Crowd(Group(verb), verb)
    crowd.queue(*"abcd")

    outcomes = crowd.finish()
    assert verb.batches == [["first"], ["a", "b", "c", "d"], ["a"], ["b"], ["c"], ["d"]]
    assert [str(outcomes[key]) for key in "bd"] == ["poison b", "poison d"]
    assert [outcomes[key] for key in ("first", "a", "c")] == [b"first", b"a", b"c"]


def test_a_culprit_that_leads_fails_alone_too():
    verb = Verb(lambda keys: ValueError("poison") if "a" in keys else None)
    crowd = Crowd(Group(verb), verb)
    crowd.queue(*"abc")

    outcomes = crowd.finish()
    assert str(outcomes["a"]) == "poison"
    assert [outcomes[key] for key in "bc"] == [b"b", b"c"]


def test_after_a_request_that_failed_alone_the_next_goes_on():
    verb = Verb(lambda keys: ValueError("poison") if "first" in keys else None)
    crowd = Crowd(Group(verb), verb)
    crowd.queue("a")

    assert crowd.finish()["a"] == b"a"
    assert crowd.gathering.submit(request("later")).answer == b"later"


@pytest.mark.parametrize("death", [KeyboardInterrupt, SystemExit])
def test_when_the_leader_dies_the_others_go_on(death):
    verb = Verb(lambda keys: death() if "a" in keys else None)
    crowd = Crowd(Group(verb), verb)
    crowd.queue(*"abc")

    outcomes = crowd.finish()
    assert isinstance(outcomes["a"], death)
    assert [outcomes[key] for key in "bc"] == [b"b", b"c"]
    assert verb.batches == [["first"], ["a", "b", "c"], ["b", "c"]]
    assert crowd.gathering.submit(request("later")).answer == b"later"


@pytest.mark.parametrize("moment", ["queueing", "called to lead", "under way"])
def test_who_dies_waiting_holds_up_nobody(moment, monkeypatch):
    victim = {"queueing": "b", "called to lead": "a", "under way": "c"}[moment]
    verb, die = Verb(), Event()

    class Signal:
        def acquire(self, timeout):
            assert die.wait(10)
            raise KeyboardInterrupt

        def release(self):
            die.set()

    made = group._Waiter.__init__

    def make(self, waiting):
        made(self, waiting)
        if waiting.key == victim:
            self.signal = Signal()

    monkeypatch.setattr(group._Waiter, "__init__", make)
    crowd = Crowd(Group(verb), verb)
    crowd.queue(*"abc")
    if moment == "queueing":
        die.set()
        wait_until(lambda: victim in crowd.outcomes)

    outcomes = crowd.finish()
    assert isinstance(outcomes.pop(victim), KeyboardInterrupt)
    assert outcomes == {key: key.encode() for key in ("first", *"abc") if key != victim}
    assert (
        verb.batches[1:]
        == {"queueing": [["a", "c"]], "called to lead": [["b", "c"]], "under way": [["a", "b", "c"]]}[moment]
    )
    assert crowd.gathering.submit(request("later")).answer == b"later"


def test_who_has_queued_too_long_goes_alone():
    stuck, free = Verb(), Verb()
    free.go.set()
    gathering = Group(lambda requests: (stuck if requests[0].key == "first" else free)(requests), patience=0.05)
    crowd = Crowd(gathering, stuck)
    crowd.start("a")
    wait_until(lambda: "a" in crowd.outcomes)

    assert crowd.outcomes == {"a": b"a"}
    assert crowd.finish() == {"first": b"first", "a": b"a"}


def test_patience_doesnt_take_a_request_out_of_a_batch_under_way():
    first, batch = Verb(), Verb()
    gathering = Group(lambda requests: (first if requests[0].key == "first" else batch)(requests), patience=0.2)
    crowd = Crowd(gathering, first)
    crowd.queue(*"ab")
    first.go.set()
    assert batch.begun.wait(10)
    time.sleep(0.3)
    batch.go.set()

    assert crowd.finish() == {key: key.encode() for key in ("first", "a", "b")}
    assert batch.batches == [["a", "b"]]


def test_a_batch_speaks_the_language_of_all_its_requests():
    verb = Verb()
    crowd = Crowd(Group(verb), verb, {"b": "zh-hans", "d": "zh-hans"})
    crowd.queue(*"abcd")
    crowd.finish()

    assert verb.batches == [["first"], ["a", "c"], ["b", "d"]]
    assert verb.languages == ["en", "en", "zh-hans"]


def test_the_first_in_the_queue_waits_for_no_other_language(monkeypatch):
    verb = Verb()
    crowd = Crowd(Group(verb), verb, {"b": "zh-hans"})
    crowd.queue("a")
    monkeypatch.setattr(group._thread.__class__, "batches_led", 7)
    crowd.queue("b")
    crowd.finish()

    assert verb.batches == [["first"], ["a"], ["b"]]
