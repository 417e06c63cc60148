"""Pure decisions: what conditions say of facts, and which strategy is the first to match."""

from .clock import clock_truths, next_clock_edge
from .contradictions import Contradiction, find_contradictions
from .facts import CLOCK_FACTS, OPERATORS, FactLike, FactSpec
from .matching import Int32s, Matcher, compile_conditions, decide

__all__ = [
    "CLOCK_FACTS",
    "OPERATORS",
    "Contradiction",
    "FactLike",
    "FactSpec",
    "Int32s",
    "Matcher",
    "clock_truths",
    "compile_conditions",
    "decide",
    "find_contradictions",
    "next_clock_edge",
]
