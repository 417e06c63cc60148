"""The sheets of a simulation's result; they are only exported."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from channels.simulation.models import SimulatedNumber, SimulatedTarget
from channels.simulation.selectors.results import name_versions
from core.sheets.choices import Choice
from core.sheets.columns import Column, Text, Whole
from core.sheets.sheet import Sheet

VERSIONS = ("version_before", "version_after")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSheet(Sheet):
    """Rows of a result, with the names of the versions that decide."""

    imports: bool = False

    def export_rows(self, queryset: QuerySet[Any]) -> Iterator[list[str | int | float]]:
        """One row per number or target."""
        names: Mapping[int, str] = name_versions(queryset)
        for row in queryset.values_list(*(column.source for column in self.columns)).iterator(5000):
            yield [
                column.write(names.get(value, "") if column.name in VERSIONS else value)
                for column, value in zip(self.columns, row, strict=True)
            ]


SHOP = Text(name="shop", header="Shop", chinese="店铺", field="shop__code")
CHANGES: tuple[Column, ...] = (
    Whole(name="before", header="Before", chinese="变更前"),
    Whole(name="after", header="After", chinese="变更后"),
    Whole(name="difference", header="Difference", chinese="差异"),
    Text(name="version_before", header="Decided before by", chinese="变更前策略"),
    Text(name="version_after", header="Decided after by", chinese="变更后策略"),
)

NUMBERS = ResultSheet(
    name="simulated-numbers",
    title=gettext_lazy("Simulated shop numbers"),
    permission="channels.view_simulation",
    model=SimulatedNumber,
    key=(),
    columns=(
        SHOP,
        Text(name="sku", header="SKU", chinese="SKU编码", field="sku__code"),
        Text(name="name", header="Name", chinese="名称", field="sku__name"),
        Text(name="category", header="Category", chinese="类目", field="sku__category__code"),
        *CHANGES,
    ),
)

TARGETS = ResultSheet(
    name="simulated-targets",
    title=gettext_lazy("Simulated listing targets"),
    permission="channels.view_simulation",
    model=SimulatedTarget,
    key=(),
    columns=(
        SHOP,
        Text(name="listing", header="Platform item", chinese="平台商品", field="listing__code"),
        Text(name="title", header="Title", chinese="标题", field="listing__title"),
        Choice(name="change", header="Change", chinese="变化", options=SimulatedTarget.Change.choices),
        *CHANGES,
    ),
)
