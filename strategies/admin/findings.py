"""What lint says, with the SKU and the place that show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from strategies.registry import Kind
from strategies.selectors import Finding
from strategies.selectors.matches import name_skus


@dataclass(frozen=True, slots=True)
class SaidFinding:
    """About which strategy, in a word or two, and as a sentence with its witness."""

    strategy_id: int
    label: str
    sentence: str


def say_findings(kind: Kind, findings: Sequence[Finding]) -> list[SaidFinding]:
    """Each with the witness by name."""
    witnesses = {finding.witness[1] for finding in findings if finding.witness is not None}
    names = name_skus(kind, sorted(witnesses), timezone.now())
    return [SaidFinding(each.strategy_id, each.label, _say(kind, each, names)) for each in findings]


def _say(kind: Kind, finding: Finding, names: dict[int, str]) -> str:
    if finding.witness is None:
        return finding.sentence
    place, sku_id = finding.witness
    witness = _("For example %(sku)s, %(place)s %(code)s.") % {
        "sku": names.get(sku_id, sku_id),
        "place": kind.place_label,
        "code": place,
    }
    return _("%(sentence)s %(witness)s") % {"sentence": finding.sentence, "witness": witness}
