"""Compile catalogues: ``python -m tools.compile_messages FILE.po...`` writes each .mo beside it, without gettext."""

import sys
from pathlib import Path

import polib


def compile_catalogue(path: Path) -> Path:
    """Write the .mo of a .po whole or not at all; returns its path."""
    target = path.with_suffix(".mo")
    draft = target.with_suffix(".mo.draft")
    polib.pofile(str(path)).save_as_mofile(str(draft))
    return draft.replace(target)


def main(paths: list[str]) -> int:
    """Compile every path; 1 when one is not a catalogue."""
    for path in paths:
        try:
            compile_catalogue(Path(path))
        except OSError as error:
            print(f"{path} could not be compiled: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
