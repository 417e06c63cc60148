"""All strategies of a kind at once, as somebody has written them down elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import FieldError, InvalidInput
from strategies.actions.changing import Changing, changing
from strategies.actions.contents import Content, Given, check_content, find_known_kind
from strategies.actions.drafts import Verb, add_strategy, add_version, content_of, set_name
from strategies.actions.publishing import put_in_force, put_in_order, take_out_of_force
from strategies.models import Strategy, StrategyVersion
from strategies.registry import Kind

State = StrategyVersion.State


@dataclass(frozen=True, slots=True)
class Policy:
    """One strategy as it is to be in force; `path` is where it stands, for faults."""

    code: str
    name: str
    conditions: Given
    action: Given
    note: str
    path: str


def publish_policies(kind: str, policies: Sequence[Policy], *, actor: str) -> None:
    """Have exactly these strategies of a kind in force, in this order; what is so already stays as it is.

    What is in force and not among them is retired; strategies that aren't in force keep their places. InvalidInput
    names every value that doesn't fit by its path.
    """
    contents = _check(find_known_kind(kind), policies)
    with changing(kind, actor) as change:
        strategies = {strategy.code: strategy for strategy in Strategy.objects.filter(kind=kind)}
        for code in strategies.keys() - {policy.code for policy in policies}:
            if strategies[code].versions.filter(state=State.PUBLISHED).exists():
                take_out_of_force(strategies[code], change)
        named = [_put_in_force(strategies, policy, contents[policy.code], change) for policy in policies]
        put_in_order(_arrange(kind, [strategy.pk for strategy in named]), change)


def _check(kind: Kind, policies: Sequence[Policy]) -> dict[str, Content]:
    contents: dict[str, Content] = {}
    faults: list[FieldError] = []
    for policy in policies:
        try:
            contents[policy.code] = check_content(kind, policy.conditions, policy.action, policy.note)
        except InvalidInput as error:
            faults += _beneath(policy.path, error)
    if faults:
        raise InvalidInput(faults[0].message, faults)
    return contents


def _put_in_force(strategies: Mapping[str, Strategy], policy: Policy, content: Content, change: Changing) -> Strategy:
    strategy = strategies.get(policy.code) or add_strategy(change.kind, policy.code, policy.name, change.actor)
    set_name(strategy, policy.name, change.actor)
    published = strategy.versions.filter(state=State.PUBLISHED).first()
    if published is not None and content_of(published) == content:
        return strategy
    version = strategy.versions.order_by("-number").first()
    if version is None or version.state != State.DRAFT or content_of(version) != content:
        version = add_version(strategy, content, change.actor)
    try:
        put_in_force(version, change)
    except InvalidInput as error:
        raise InvalidInput(error.detail, _beneath(policy.path, error)) from error
    change.note(Verb.PUBLISHED, strategy, version)
    return strategy


def _arrange(kind: str, named: Sequence[int]) -> list[int]:
    """All strategies of the kind: those named take the places that they have together, the others keep theirs."""
    order = Strategy.objects.filter(kind=kind).order_by("position").values_list("pk", flat=True)
    rest = iter(named)
    return [next(rest) if strategy_id in named else strategy_id for strategy_id in order]


def _beneath(path: str, error: InvalidInput) -> list[FieldError]:
    return [FieldError(f"{path}.{fault.path}", fault.message, fault.extra) for fault in error.errors]
