"""Parts of the marketplace that a test over HTTP would have to wait long for."""

import ast
import sys
from pathlib import Path

import pytest

from channels.platforms.demo import marketplace
from channels.platforms.demo.marketplace.limits import TokenBucket
from channels.platforms.demo.marketplace.problems import Problem
from channels.platforms.demo.marketplace.records import Listed, Shop, Update
from channels.platforms.demo.marketplace.signing import Gate
from channels.platforms.demo.marketplace.store import Store
from channels.platforms.demo.marketplace.words import WORDS, choose_language
from channels.platforms.demo.transport import sign


def test_the_marketplace_shares_no_code_with_the_product():
    allowed = {"starlette", "uvicorn", *sys.stdlib_module_names}
    for path in Path(marketplace.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= allowed, path
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 1 or (node.level == 0 and (node.module or "").split(".")[0] in allowed), path


def test_both_languages_say_everything():
    assert WORDS["en"].keys() == WORDS["zh"].keys()


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "fr-FR, en;q=0.5, zh;q=0.1", "en"),
        ("zh", "en", "zh"),
        ("xx", "zh-Hans", "zh"),
    ],
)
def test_the_language_is_the_one_asked_for(asked, accepted, language):
    assert choose_language(asked, accepted) == language


def test_a_bucket_refills_and_never_overflows():
    now = [0.0]
    bucket = TokenBucket(2.0, 3.0, clock=lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    now[0] = 0.25
    assert bucket.take() == 0.25
    now[0] = 1000.0
    assert [bucket.take() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_a_nonce_is_refused_as_long_as_its_timestamp_is_good():
    now = [1000.0]
    gate = Gate(clock=lambda: now[0])

    def check(timestamp: int, nonce: str) -> None:
        made = sign("secret", "GET", "/x", str(timestamp), nonce, body=b"")
        headers = {"x-market-timestamp": str(timestamp), "x-market-nonce": nonce, "x-market-signature": made}
        gate.check("secret", "GET", "/x", headers, b"")

    check(1300, "nonce-ahead")
    now[0] = 1600.0
    with pytest.raises(Problem, match="used before"):
        check(1300, "nonce-ahead")
    now[0] = 1602.0
    with pytest.raises(Problem, match="5 minutes"):
        check(1300, "nonce-ahead")
    check(1602, "nonce-ahead")


def test_the_history_keeps_only_the_latest_lines(tmp_path):
    store = Store(tmp_path / "deep" / "market.sqlite3", history_kept=10)
    store.save_shop(Shop("A", "A", "A", "mall", "key", "secret"))
    store.upsert_items("A", [Listed("a", "A", "A", "a", "")])
    for version in range(1, 31):
        store.receive("A", [Update("a", version, version)])
    assert [line.version for line in store.history("A", 0, 100)] == [*range(21, 31)]
    store.close()
