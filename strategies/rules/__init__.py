"""Pure decisions: what conditions say of facts, and which strategy is the first to match."""

from .facts import CLOCK_FACTS, OPERATORS, FactLike, FactSpec
from .matching import Int32s, Matcher, compile_conditions, decide

__all__ = [
    "CLOCK_FACTS",
    "OPERATORS",
    "FactLike",
    "FactSpec",
    "Int32s",
    "Matcher",
    "compile_conditions",
    "decide",
]
