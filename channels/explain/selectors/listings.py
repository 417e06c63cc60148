"""Layer 5: what a listing makes of the shop's quantities, and what the platform has of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.explain.selectors.facts import Facts, default_policy
from channels.explain.selectors.sync_rules import SyncRule, find_sync_rules
from channels.explain.shapes import (
    Effect,
    ListingFact,
    ListingPartFact,
    PolicyFact,
    StepFact,
)
from channels.explain.words import percent
from channels.shops.models import Listing, Shop
from channels.sync.kind import SyncAction
from channels.sync.models import ListingTarget
from channels.sync.rules import (
    FIELDS,
    NEUTRAL,
    Parts,
    SyncPolicy,
    SyncStep,
    listing_quantities,
    merge_policy,
    trace_policy,
)
from inventory.supply.rules import NONE

LABELS = {
    "ratio": gettext_lazy("ratio (%)"),
    "offset": gettext_lazy("offset"),
    "buffer": gettext_lazy("buffer"),
    "min_quantity": gettext_lazy("minimum"),
    "max_quantity": gettext_lazy("maximum"),
    "multiple": gettext_lazy("multiple of"),
    "fixed": gettext_lazy("fixed number"),
}
Layer = tuple[str, str, Mapping[str, Any]]  # who sets it, the name of who, the fields


def listing_facts(facts: Facts, listings: Sequence[Listing], shop: Shop) -> list[ListingFact]:
    """Each listing's whole step from shop quantities to what the platform has."""
    defaults = default_policy()
    rules = find_sync_rules(facts, listings, shop)
    return [_listing_fact(facts, each, shop, defaults, rule) for each, rule in zip(listings, rules, strict=True)]


def _listing_fact(
    facts: Facts, listing: Listing, shop: Shop, defaults: dict[str, Any], rule: SyncRule | None
) -> ListingFact:
    parts, q0 = _parts(facts, listing, facts.loaded.shop_ids.index(shop.pk))
    action = rule.action if rule else SyncAction()
    layers: list[Layer] = [
        ("default", _("Default"), defaults),
        ("shop", shop.code, shop.sync),
        ("listing", listing.code, listing.sync),
        ("strategy", rule.fact.code if rule else "", action.policy()),
    ]
    policy, fault = _merge(layers)
    steps = [_step(step) for step in trace_policy(q0, policy)] if policy else []
    target: ListingTarget | None = getattr(listing, "target", None)
    return ListingFact(
        listing_id=listing.pk,
        listing=listing.code,
        title=listing.title,
        active=listing.active and shop.active,
        paused=listing.paused or action.pause is not None,
        pause_reason=listing.pause_reason if listing.paused else action.pause or "",
        increase_only=listing.increase_only or action.increase_only,
        backed=policy is None or policy.fixed is None,
        strategy=rule.fact if rule else None,
        parts=parts,
        q0=q0,
        policy=_policy_facts(policy, layers) if policy else [],
        steps=steps,
        number=steps[-1].after if steps else None,
        target=target.quantity if target else None,
        version=target.version if target else 0,
        published=target.published_quantity if target else None,
        published_version=target.published_version if target else 0,
        published_at=target.published_at if target else None,
        state=target.state if target else "",
        state_name=target.get_state_display() if target else "",
        message=target.message if target else "",
        at_risk=max(0, target.quantity - target.wanted) if target else 0,
        notes=[note for note in [fault, *_notes(listing, shop, policy, target, action)] if note],
    )


def _merge(layers: Sequence[Layer]) -> tuple[SyncPolicy | None, str]:
    """The policy, or why there is none."""
    try:
        return merge_policy(*(fields for _who, _name, fields in layers)), ""
    except (ValueError, ArithmeticError) as error:
        return None, _("The sync policy can't be applied: %(fault)s.") % {"fault": error}


def _parts(facts: Facts, listing: Listing, shop_row: int) -> tuple[list[ListingPartFact], int]:
    rows = sorted(listing.parts.all(), key=lambda part: part.sku.code)
    columns = facts.columns([part.sku_id for part in rows])
    needed = np.array([part.quantity for part in rows], np.int64)
    parts = Parts(np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64), np.array(columns, np.int64), needed)
    q0 = int(listing_quantities(facts.result.shop[shop_row : shop_row + 1], parts, 1)[0])
    quantities = [int(facts.result.shop[shop_row, column]) for column in columns]
    return [
        ListingPartFact(
            sku=part.sku.code,
            needed=part.quantity,
            quantity=quantity,
            sets=quantity // part.quantity,
            scarcest=quantity // part.quantity == q0,
        )
        for part, quantity in zip(rows, quantities, strict=True)
    ], q0


def _policy_facts(policy: SyncPolicy, layers: list[Layer]) -> list[PolicyFact]:
    found = []
    for name in FIELDS:
        setters = [(who, of) for who, of, fields in layers if name in fields]
        who, of = setters[-1] if setters else ("built_in", "")
        value = getattr(policy, name)
        shown = "" if value is None else percent(value) if name == "ratio" else str(value)
        if setters or value != getattr(NEUTRAL, name):
            found.append(PolicyFact(name, str(LABELS[name]), shown, who, of))
    return found


def _step(step: SyncStep) -> StepFact:
    setting = percent(step.setting) if step.field == "ratio" else "" if step.setting == NONE else str(step.setting)
    effect = Effect.CUT if step.after < step.before else Effect.ADDED if step.after > step.before else Effect.NONE
    values = {"setting": setting, "before": step.before, "after": step.after, "units": abs(step.setting)}
    if step.field == "fixed":
        pattern = _("Exactly %(setting)s is published, whatever the stock; it isn't backed by stock.")
    elif effect is Effect.NONE:
        pattern = _("Nothing changes: %(after)d.")
    else:
        pattern = _step_pattern(step)
    return StepFact(
        field=step.field,
        label=str(LABELS[step.field]),
        setting=setting,
        before=step.before,
        after=step.after,
        effect=effect,
        sentence=pattern % values,
    )


def _step_pattern(step: SyncStep) -> str:
    if step.field == "offset":
        if step.setting < 0:
            return _("%(before)d − %(units)d = %(after)d, never below 0.")
        return _("%(before)d + %(units)d = %(after)d.")
    return {
        "ratio": _("%(setting)s%% of %(before)d, rounded down: %(after)d."),
        "buffer": _("%(before)d − %(units)d kept back = %(after)d, never below 0."),
        "min_quantity": _("%(before)d is below %(setting)s, so 0 is shown."),
        "max_quantity": _("Never more than %(setting)s: %(after)d."),
        "multiple": _("Only multiples of %(setting)s: %(after)d."),
    }[step.field]


def _notes(
    listing: Listing, shop: Shop, policy: SyncPolicy | None, target: ListingTarget | None, action: SyncAction
) -> list[str]:
    shown = {
        "published": target.published_quantity if target and target.published_quantity is not None else "–",
        "reason": listing.pause_reason if listing.paused else action.pause,
        "wanted": target.wanted if target else 0,
        "target": target.quantity if target else 0,
    }
    notes = []
    paused = listing.paused or action.pause is not None
    if not listing.active or not shop.active:
        notes.append(_("The listing or its shop is inactive: nothing is sent."))
    if listing.paused:
        notes.append(_("Paused: nothing is sent and the platform keeps %(published)s. %(reason)s") % shown)
    elif paused:
        notes.append(
            _("Paused by a strategy: nothing is sent and the platform keeps %(published)s. %(reason)s") % shown
        )
    if target is None:
        notes.append(_("No number has been worked out for this listing yet."))
    elif target.wanted < target.quantity:
        notes.append(
            _("Increase only: the policy wants %(wanted)d, but the number may not be lowered below %(target)d.") % shown
        )
    elif target.version > target.published_version and not paused:
        notes.append(_("The platform shows %(published)s; %(target)d waits to be sent.") % shown)
    if policy is not None and policy.fixed is not None:
        notes.append(_("A fixed number is published; stock doesn't back it."))
    return notes
