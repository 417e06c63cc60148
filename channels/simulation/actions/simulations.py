"""Makes simulations and changes what they try."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from channels.simulation.models import Simulation
from channels.simulation.rules.edits import AnyEdit, PublishVersion, read_edits, write_edits
from core.errors import Conflict, InvalidInput
from strategies.models import StrategyVersion

MOST_EDITS = 100


@transaction.atomic
def create_simulation(name: str, edits: Sequence[AnyEdit] = (), *, actor: str) -> Simulation:
    """A simulation of these edits; it hasn't been tried yet."""
    return Simulation.objects.create(name=name[:200], edits=write_edits(edits), author=actor)


@transaction.atomic
def add_edit(simulation_id: int, edit: AnyEdit, *, actor: str) -> Simulation:
    """Try this edit, too, after the others. An edit of the same thing, if there is one, is replaced by it."""
    simulation = Simulation.objects.select_for_update().get(pk=simulation_id)
    kept = [each for each in read_edits(simulation.edits) if not _same_thing(each, edit)]
    if len(kept) >= MOST_EDITS:
        raise InvalidInput(_("A simulation tries at most %(most)d edits.") % {"most": MOST_EDITS})
    return _keep(simulation, [*kept, edit])


@transaction.atomic
def remove_edit(simulation_id: int, place: int, *, actor: str) -> Simulation:
    """No longer try the edit at this place. Conflict when there is none."""
    simulation = Simulation.objects.select_for_update().get(pk=simulation_id)
    edits = list(read_edits(simulation.edits))
    if not 0 <= place < len(edits):
        raise Conflict(_("This edit is gone already."))
    del edits[place]
    return _keep(simulation, edits)


def simulate_version(version: StrategyVersion, *, actor: str) -> Simulation:
    """A simulation of publishing this version."""
    name = _("Publish %(strategy)s v%(number)d") % {"strategy": version.strategy.name, "number": version.number}
    return create_simulation(name, [PublishVersion(id=version.pk)], actor=actor)


def _same_thing(one: AnyEdit, other: AnyEdit) -> bool:
    """Whether both say the same kind of thing about the same object."""
    return _about(one) == _about(other)


def _about(edit: AnyEdit) -> tuple[object, ...]:
    return edit.do, getattr(edit, "level", None), getattr(edit, "kind", None), getattr(edit, "id", None)


def _keep(simulation: Simulation, edits: Sequence[AnyEdit]) -> Simulation:
    simulation.edits = write_edits(edits)
    simulation.save(update_fields=["edits"])
    return simulation
