"""Linden's strategies: some in force, one planned, one still a draft that would never be reached, and a simulation."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import User

from channels.simulation.actions import run_simulation, simulate_version
from strategies.actions import create_strategy, publish_version
from strategies.models import StrategyVersion

Row = tuple[str, str, Any]


class Plan(NamedTuple):
    """A strategy: rows that must all hold, rows of which none may, and what it does."""

    kind: str
    code: str
    name: str
    rows: tuple[Row, ...]
    unless: tuple[Row, ...]
    action: Mapping[str, Any]
    note: str


ONLINE: Row = ("pool", "in", ["ONLINE"])
COATS: Row = ("category", "within", ["w-coats", "m-coats", "k-coats"])
CAMPAIGN_IN = timedelta(days=10)

CAMPAIGN = Plan(
    "allocation",
    "live-week",
    "直播周 Live week",
    (ONLINE, ("season", "in", ["2026AW"])),
    (("lifecycle", "in", ["clearance", "discontinued"]),),
    {"mode": "priority", "shares": [{"shop": "DOUYIN", "priority": 1, "ratio": "100"}, {"priority": 2}]},
    "抖音直播优先 Douyin goes first while the stream runs",
)
IN_FORCE = (
    Plan(
        "allocation",
        "coats-by-demand",
        "大衣按需分配 Coats by demand",
        (ONLINE, COATS),
        (("lifecycle", "in", ["clearance", "discontinued"]),),
        {"mode": "demand"},
        "卖得快的店多分 Who sells coats faster gets more of them",
    ),
    Plan(
        "allocation",
        "clearance-outlet-first",
        "清仓奥莱优先 Clearance to the outlet first",
        (ONLINE, ("lifecycle", "in", ["clearance"])),
        (),
        {"scarcity_at": 40, "shares": [{"shop": "PDD", "priority": 1, "ratio": "100", "holdback": 0}, {"priority": 3}]},
        "断码时优先给奥莱 What is left of a broken run goes to the outlet",
    ),
    Plan(
        "allocation",
        "new-brand-first",
        "新品旗舰店优先 New arrivals to the flagship first",
        (ONLINE, ("lifecycle", "in", ["new"])),
        (),
        {"mode": "priority", "shares": [{"shop": "TMALL", "priority": 1}, {"shop": "PDD", "cap": 0}]},
        "首发在天猫 Launches are Tmall's",
    ),
    Plan(
        "sync",
        "pdd-discontinued",
        "拼多多停更停产款 Discontinued items on Pinduoduo",
        (("channel", "in", ["pdd"]), ("lifecycle", "in", ["discontinued"])),
        (),
        {"pause": "停产 Discontinued"},
        "运营手工下架 Taken down by hand there",
    ),
    Plan(
        "sync",
        "low-stock-buffer",
        "低库存安全垫 Buffer for low stock",
        (("free_stock", "le", "30"), ("channel", "in", ["tmall", "jd", "xhs"])),
        (("lifecycle", "in", ["clearance"]),),
        {"buffer": 3},
        "防超卖 Against overselling",
    ),
    Plan(
        "sync",
        "bestsellers-cautious",
        "爆款谨慎展示 Best sellers with care",
        (("abc", "in", ["A"]), ("days_of_cover", "lt", "120")),
        (),
        {"ratio": "80"},
        "",
    ),
)
DRAFT = Plan(
    "allocation",
    "mens-coats-fixed",
    "男大衣固定比例 Men's coats by fixed shares",
    (ONLINE, ("category", "within", ["m-coats"]), ("lifecycle", "in", ["regular", "new"])),
    (),
    {"mode": "proportional"},
    "待讨论 To be discussed",
)


def write_policies(now: datetime, *, user: User, actor: str) -> None:
    """Write the strategies; what the planned one would change is worked out by a worker."""
    campaign = _draft(CAMPAIGN, actor)
    for plan in IN_FORCE:
        publish_version(_draft(plan, actor), actor=actor)
    _draft(DRAFT, actor)
    start = (now + CAMPAIGN_IN).replace(hour=20, minute=0, second=0, microsecond=0)
    publish_version(campaign, at=start, actor=actor)
    run_simulation(simulate_version(campaign, actor=actor).pk, user=user)


def _draft(plan: Plan, actor: str) -> StrategyVersion:
    conditions = {"any": [_group(plan.rows)], "unless": [_group(plan.unless)] if plan.unless else []}
    return create_strategy(
        kind=plan.kind,
        code=plan.code,
        name=plan.name,
        conditions=conditions,
        action=plan.action,
        note=plan.note,
        actor=actor,
    )


def _group(rows: tuple[Row, ...]) -> dict[str, Any]:
    return {"all": [{"fact": fact, "op": op, "value": value} for fact, op, value in rows]}
