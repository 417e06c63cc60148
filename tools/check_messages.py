"""Check that every sentence is translated: ``python -m tools.check_messages``."""

import re
import shutil
import sys
from pathlib import Path

import polib

from tools.make_messages import collect

PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sdf]|\{\w*\}")


def problems_of(entry: polib.POEntry) -> list[str]:
    """What is wrong with one translation."""
    if entry.fuzzy:
        return ["is only guessed (fuzzy)"]
    if not entry.translated():
        return ["is not translated"]
    wanted = set(PLACEHOLDER.findall(entry.msgid)) | set(PLACEHOLDER.findall(entry.msgid_plural))
    found = {name for text in [entry.msgstr, *entry.msgstr_plural.values()] for name in PLACEHOLDER.findall(text)}
    return [f"has other placeholders: {', '.join(sorted(wanted ^ found))}"] if wanted ^ found else []


def key_of(entry: polib.POEntry) -> tuple[str | None, str]:
    """What tells two entries apart."""
    return entry.msgctxt, entry.msgid


def missing_in(path: Path) -> list[str]:
    """Sentences of the code that the catalogue does not have; the file stays as it is."""
    before = path.read_bytes()
    known = {key_of(entry) for entry in polib.pofile(str(path))}
    try:
        if collect("--verbosity", "0") != 0:
            return ["The sentences of the code could not be collected."]
        return [
            f"{path}: {entry.msgid!r} is missing: run make messages and translate it."
            for entry in polib.pofile(str(path))
            if key_of(entry) not in known
        ]
    finally:
        path.write_bytes(before)


def main() -> int:
    """Print every problem; 1 when there is one."""
    problems = []
    for path in sorted(Path("locale").glob("*/LC_MESSAGES/django.po")):
        for entry in polib.pofile(str(path)):
            problems += [f"{path}:{entry.linenum}: {entry.msgid!r} {problem}." for problem in problems_of(entry)]
        if shutil.which("xgettext"):
            problems += missing_in(path)
        else:
            print("Without gettext only the catalogue itself is checked, not whether it is complete.", file=sys.stderr)
    print("\n".join(problems) or "Every sentence is translated.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
