"""Query-count baselines: how many queries a page takes, committed beside the tests.

A page that asks once per row shows up as a difference here before anybody waits for it. To accept new
numbers: ONEPOOL_REWRITE_QUERY_COUNTS=1 pytest -n0 ...
"""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

BASELINE = Path(__file__).parent / "query_counts.json"
REWRITE = "ONEPOOL_REWRITE_QUERY_COUNTS"


def count_queries(call: Callable[[], Any]) -> tuple[int, list[str]]:
    """How many queries `call` makes, and which."""
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured), [query["sql"] for query in captured.captured_queries]


def assert_query_count(name: str, call: Callable[[], Any]) -> None:
    """`call` makes exactly the queries that the baseline says for `name`."""
    count, queries = count_queries(call)
    if os.environ.get(REWRITE):
        _write(name, count)
        return
    expected = json.loads(BASELINE.read_text()).get(name)
    listed = "\n".join(query[:300] for query in queries)
    assert count == expected, f"{name}: {count} queries, the baseline says {expected}. {REWRITE}=1 accepts.\n{listed}"


def _write(name: str, count: int) -> None:
    with (BASELINE.parent / ".query_counts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
        known[name] = count
        BASELINE.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
    Path(lock.name).unlink(missing_ok=True)
