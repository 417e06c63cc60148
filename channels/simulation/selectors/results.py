"""A result for its page: totals with names."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from channels.shops.models import Shop
from channels.simulation.models import SimulatedNumber, SimulatedTarget, Simulation
from inventory.catalogue.models import Category
from inventory.supply.models import Pool
from strategies.models import StrategyVersion


@dataclass(frozen=True, slots=True)
class Result:
    """The totals of a simulation; lines are as `channels.simulation.rules.totals` makes them, with a `name` each."""

    numbers: dict[str, Any]
    targets: dict[str, Any]
    shops: list[dict[str, Any]]
    categories: list[dict[str, Any]]
    pools: list[dict[str, Any]]
    exposure_before: int
    exposure_after: int


def describe_result(simulation: Simulation) -> Result:
    """The totals of a simulation that has been computed."""
    summary = simulation.summary
    shops = dict(Shop.objects.values_list("code", "name"))
    pools = dict(Pool.objects.values_list("code", "name"))
    categories = dict(Category.objects.values_list("pk", "name"))
    return Result(
        numbers=summary["numbers"],
        targets=summary["targets"],
        shops=[{**line, "name": shops.get(line["code"], "")} for line in summary["shops"]],
        categories=sorted(
            ({**line, "name": categories.get(line["id"], "")} for line in summary["categories"]),
            key=lambda line: -(line["gained"] + line["lost"]),
        ),
        pools=[{**line, "name": pools.get(line["code"], "")} for line in summary["pools"]],
        exposure_before=sum(line["exposure_before"] for line in summary["pools"]),
        exposure_after=sum(line["exposure_after"] for line in summary["pools"]),
    )


def name_versions(rows: QuerySet[SimulatedNumber] | QuerySet[SimulatedTarget]) -> dict[int, str]:
    """What the versions that decide these rows are called, by id."""
    plain = rows.order_by()
    ids = {*plain.values_list("version_before", flat=True).distinct()}
    ids |= {*plain.values_list("version_after", flat=True).distinct()}
    return name_version_ids(ids - {None})


def name_version_ids(ids: Iterable[int]) -> dict[int, str]:
    """What these versions are called, by id."""
    found = StrategyVersion.objects.filter(pk__in=list(ids)).select_related("strategy")
    return {version.pk: f"{version.strategy.name} v{version.number}" for version in found}


def find_about(version: StrategyVersion) -> list[Simulation]:
    """The simulations that publish this version, newest first."""
    wanted = [{"do": "publish_version", "id": version.pk}]
    return list(Simulation.objects.filter(edits__contains=wanted).select_related("job"))
