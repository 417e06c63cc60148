"""Check that every sentence is translated: ``python -m tools.check_messages``."""

import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator

import polib

from tools.make_messages import CATALOGUE, CollectionError, collect, key_of

PLACEHOLDER = re.compile(r"%\(\w+\)[+-]?[a-z]|%[sdfr]|%%|\{\w*\}")


def problems_of(entry: polib.POEntry) -> Iterator[str]:
    """What is wrong with one translation."""
    if entry.fuzzy:
        yield "is only guessed (fuzzy)"
    elif not entry.translated():
        yield "is not translated"
    else:
        # Chinese has one plural form, for any number: it follows the English one that names the number.
        english = entry.msgid_plural or entry.msgid
        for text in entry.msgstr_plural.values() or [entry.msgstr]:
            wanted, found = Counter(PLACEHOLDER.findall(english)), Counter(PLACEHOLDER.findall(text))
            if set(wanted) != set(found):
                yield f"has other placeholders: {', '.join(sorted(set(wanted) ^ set(found)))}"


def faults_of(catalogue: polib.POFile) -> list[str]:
    """What is wrong in the catalogue itself, a line for each."""
    return [
        f"{CATALOGUE}:{entry.linenum}: {entry.msgid!r} {problem}."
        for entry in catalogue
        for problem in problems_of(entry)
    ]


def differences(catalogue: polib.POFile, collected: polib.POFile) -> list[str]:
    """Sentences of the code that the catalogue lacks, and those that the code no longer has."""
    known, used = ({key_of(entry) for entry in entries} for entries in (catalogue, collected))
    missing = [f"{CATALOGUE}: {msgid!r} is missing: run make messages and translate it." for _, msgid in used - known]
    gone = [f"{CATALOGUE}: {msgid!r} is no longer used: run make messages." for _, msgid in known - used]
    return sorted(missing) + sorted(gone)


def main() -> int:
    """Print every problem; 1 when there is one."""
    catalogue = polib.pofile(str(CATALOGUE))
    problems = faults_of(catalogue)
    if shutil.which("xgettext") is None:
        print("Without gettext only the catalogue itself is checked, not whether it is complete.", file=sys.stderr)
    else:
        try:
            problems += differences(catalogue, collect())
        except CollectionError as error:
            problems.append(str(error))
    print("\n".join(problems) or "Every sentence is translated.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
