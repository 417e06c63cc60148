"""Strategies in force, in the order in which they are asked. Drafts and history never stand in a document."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.network.collect import Collector
from channels.network.registry import Section
from channels.network.schema import StrategyRow
from channels.network.sections.common import same_names
from channels.network.tables import Change, Key, Records, Table, Values, read_table
from core.errors import InvalidInput
from strategies.actions import Policy, publish_policies
from strategies.models import StrategyVersion
from strategies.registry import all_kinds

NAME = "strategies"
STRATEGY_TABLE = Table(
    name=NAME,
    label=gettext_lazy("strategy"),
    model=StrategyVersion,
    key=("strategy__kind", "strategy__code"),
    values={"name": "strategy__name", **same_names("conditions", "action", "note"), "position": "strategy__position"},
    only={"state": StrategyVersion.State.PUBLISHED},
    # What a strategy names must be there.
    after=("categories", "brands", "skus", "shops", "pools.shares"),
)


def _collect(rows: Iterable[StrategyRow], collector: Collector) -> None:
    for at, row in enumerate(rows):
        values: Values = {
            "name": row.code if row.name is None else row.name,
            "conditions": row.conditions,
            "action": row.action,
            "note": row.note,
            "position": at,
        }
        collector.add(NAME, (row.kind, row.code), values, f"{NAME}[{at}]")


def _write_down(records: Mapping[str, Records]) -> list[Values]:
    return [
        {"kind": key[0], "code": key[1], **{name: value for name, value in values.items() if name != "position"}}
        for key, values in _in_order(records[NAME])
    ]


def _in_order(records: Records) -> list[tuple[Key, Values]]:
    """By kind in the order of the kinds, then as they are asked."""
    kinds = {kind.key: number for number, kind in enumerate(all_kinds())}
    return sorted(
        records.items(), key=lambda item: (kinds.get(str(item[0][0]), len(kinds)), item[0][0], item[1]["position"])
    )


def _check(collector: Collector) -> None:
    kinds = [kind.key for kind in all_kinds()]
    for key in collector.records[NAME]:
        if key[0] not in kinds:
            text = _("there is no kind of strategy %(code)s; there are %(all)s")
            collector.fault(f"{collector.path(NAME, key)}.kind", text % {"code": key[0], "all": ", ".join(kinds)})


def _write(collector: Collector, actor: str) -> list[Change]:
    wanted, before = collector.records[NAME], _stored()
    for kind in all_kinds():
        policies = [_policy(key, values, collector) for key, values in wanted.items() if key[0] == kind.key]
        if policies or any(key[0] == kind.key for key in before):
            _publish(kind.key, policies, collector, actor)
    after = _stored()
    return [
        Change(NAME, key, before.get(key), after.get(key))
        for key in {**after, **before}
        if before.get(key) != after.get(key)
    ]


def _publish(kind: str, policies: Sequence[Policy], collector: Collector, actor: str) -> None:
    try:
        publish_policies(kind, policies, actor=actor)
    except InvalidInput as error:
        for fault in error.errors:
            collector.fault(fault.path, fault.message)


def _policy(key: Key, values: Values, collector: Collector) -> Policy:
    content = {name: values[name] for name in ("name", "conditions", "action", "note")}
    return Policy(code=str(key[1]), path=collector.path(NAME, key), **content)


def _stored() -> Records:
    """What is in force; a position counts those before it in the kind."""
    found = _in_order({key: values for key, (_id, values) in read_table(STRATEGY_TABLE).items()})
    return {
        key: {**values, "position": number}
        for _kind, group in groupby(found, key=lambda item: item[0][0])
        for number, (key, values) in enumerate(group, start=1)
    }


STRATEGIES = Section(
    key=NAME,
    schema=list[StrategyRow],
    tables=(STRATEGY_TABLE,),
    collect=_collect,
    write_down=_write_down,
    check=_check,
    write=_write,
)
