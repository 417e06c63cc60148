"""Patterns over arrays of texts: `*` stands for anything, `?` for one character; case doesn't matter."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .shapes import Bools, Int64s

_LAST_CASED = 0x1FFFF  # no character above has another case


@cache
def _lower_case() -> NDArray[np.uint32]:
    """The lower case of every character that has one of a single character."""
    table = np.arange(0x110000, dtype=np.uint32)
    for code in range(_LAST_CASED + 1):
        lower = chr(code).lower()
        if len(lower) == 1:
            table[code] = ord(lower)
    return table


def _characters(texts: NDArray[np.str_]) -> NDArray[np.uint32]:
    """[n, longest] code points, 0 behind the end."""
    return np.ascontiguousarray(texts).view(np.uint32).reshape(len(texts), -1)


def fold_case(texts: NDArray[Any]) -> NDArray[np.str_]:
    """[n] strings with every character in lower case."""
    plain = np.ascontiguousarray(texts, np.str_)
    return _lower_case()[_characters(plain)].view(plain.dtype).reshape(len(plain))


def match_pattern(folded: NDArray[np.str_], pattern: str) -> Bools:
    """Which of the texts [n], folded by fold_case, the pattern describes from end to end."""
    first, *rest = fold_case(np.array([pattern]))[0].split("*")
    lengths = np.strings.str_len(folded).astype(np.int64)
    matching = _fits(folded, first, np.zeros(len(folded), np.int64), lengths)
    if not rest:
        matching &= lengths == len(first)
        return matching
    reached = np.full(len(folded), len(first), np.int64)
    for piece in rest[:-1]:
        found = _find(folded, piece, reached)
        matching &= found >= 0
        reached = found + len(piece)
    start = lengths - len(rest[-1])
    matching &= (start >= reached) & _fits(folded, rest[-1], start, lengths)
    return matching


def _fits(folded: NDArray[np.str_], piece: str, start: Int64s, lengths: Int64s) -> Bools:
    """Whether the piece stands at each text's own start."""
    fitting = (start >= 0) & (start + len(piece) <= lengths)
    characters = _characters(folded)
    rows = np.flatnonzero(fitting)
    for offset, wanted in enumerate(piece):
        if wanted != "?":
            equal = characters[rows, start[rows] + offset] == ord(wanted)
            fitting[rows[~equal]] = False
            rows = rows[equal]
    return fitting


def _find(folded: NDArray[np.str_], piece: str, start: Int64s) -> Int64s:
    """Where the piece stands first at or behind each text's own start; -1 for nowhere."""
    if "?" not in piece:
        return np.strings.find(folded, piece, start).astype(np.int64)
    characters = _characters(folded)
    windows = characters.shape[1] - len(piece) + 1
    if windows <= 0:
        return np.full(len(folded), -1, np.int64)
    fitting = np.arange(windows) >= start[:, None]
    for offset, wanted in enumerate(piece):
        if wanted != "?":  # one behind the end of a text is found out when the last piece doesn't fit behind it
            fitting &= characters[:, offset : offset + windows] == ord(wanted)
    return np.where(fitting.any(axis=1), fitting.argmax(axis=1), -1)
