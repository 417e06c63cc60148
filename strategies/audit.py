"""Whether the log of strategies tells what is in force, for the audit."""

from django.utils.translation import gettext_lazy, gettext_noop

from core.audit.checks import Check, Found, Violation, register_check
from core.audit.guards import require_triggers
from strategies.models import StrategyEvent, StrategyVersion
from strategies.registry import all_kinds

_SENTENCE = gettext_noop("In force are the versions %(in_force)s, but by the log it is %(logged)s.")


def find_wrong_log(limit: int) -> Found:
    """Kinds of which the log, asked for the versions in force and their order, says something else than they do."""
    violations = [violation for kind in all_kinds() if (violation := _compare(kind.key)) is not None]
    return Found(len(violations), violations[:limit])


def _compare(kind: str) -> Violation | None:
    published = StrategyVersion.objects.filter(strategy__kind=kind, state=StrategyVersion.State.PUBLISHED)
    in_force = list(published.order_by("strategy__position").values_list("pk", flat=True))
    events = StrategyEvent.objects.filter(kind=kind, details__has_key="in_force")
    last = events.order_by("-at", "-id").values_list("details", flat=True).first()
    logged = last["in_force"] if last else []
    if logged == in_force:
        return None
    return Violation(kind, _SENTENCE, {"in_force": _list(in_force), "logged": _list(logged)})


def _list(version_ids: list[int]) -> str:
    return ", ".join(map(str, version_ids)) or "-"


def register() -> None:
    """Make this check a part of the audit, and the triggers behind versions and log something it looks for."""
    register_check(Check("strategy-log", gettext_lazy("The log tells which strategies are in force"), find_wrong_log))
    require_triggers("strategies_strategy", "rules_changed")
    require_triggers("strategies_strategyevent", "strategy_event_no_change", "strategy_event_no_truncate")
    require_triggers(
        "strategies_strategyversion",
        "rules_added",
        "rules_changed",
        "rules_emptied",
        "rules_removed",
        "strategy_version_no_change",
        "strategy_version_no_delete",
        "strategy_version_no_truncate",
    )
