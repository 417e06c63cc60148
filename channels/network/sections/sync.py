"""The default sync policy, and how a policy of shops and listings is stored."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from channels.network.collect import Collector
from channels.network.registry import Section
from channels.network.schema import SyncRow
from channels.network.tables import Change, Records, Table
from channels.network.touched import Touched
from channels.network.values import percent
from channels.sync.models import SyncDefaults

SYNC_TABLE = Table(
    name="sync",
    label=gettext_lazy("default sync policy"),
    model=SyncDefaults,
    key=(),
    values={"policy": "policy"},
    derived={"id": lambda _values: 1},
    singleton={"policy": {}},
)


def policy_of(row: SyncRow) -> dict[str, Any]:
    """The fields the document names, in the order of the schema, as the database stores them."""
    named = row.model_dump(exclude_unset=True)
    if named.get("ratio") is not None:
        named["ratio"] = percent(named["ratio"])
    return ordered_policy(named)


def ordered_policy(policy: Mapping[str, Any]) -> dict[str, Any]:
    """The same policy with its fields in the order of the schema."""
    return {name: policy[name] for name in SyncRow.model_fields if name in policy}


def _collect(row: SyncRow, collector: Collector) -> None:
    collector.add("sync", (), {"policy": policy_of(row)}, "sync", place="")


def _write(records: Mapping[str, Records]) -> dict[str, Any]:
    return ordered_policy(records["sync"][()]["policy"])


def _touch(changes: Sequence[Change], touched: Touched) -> None:
    touched.every_listing = touched.every_listing or bool(changes)


SYNC = Section(
    key="sync",
    schema=SyncRow,
    tables=(SYNC_TABLE,),
    collect=_collect,
    write_down=_write,
    touch=_touch,
)
