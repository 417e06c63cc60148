"""Makes simulations, tries their edits and keeps what comes of it."""

from channels.simulation.actions.applying import apply_edits
from channels.simulation.actions.running import carry_out, run_simulation
from channels.simulation.actions.simulations import add_edit, create_simulation, remove_edit, simulate_version
from channels.simulation.actions.trying import Outcome, try_edits

__all__ = [
    "Outcome",
    "add_edit",
    "apply_edits",
    "carry_out",
    "create_simulation",
    "remove_edit",
    "run_simulation",
    "simulate_version",
    "try_edits",
]
