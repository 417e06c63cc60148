"""Collect the sentences to translate: ``python -m tools.make_messages`` updates the catalogue in locale/.

The theme and the import library ship only a part of their sentences in Chinese; the rest stands in our catalogue too.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import polib

LANGUAGE = "zh_Hans"
CATALOGUE = Path("locale", LANGUAGE, "LC_MESSAGES", "django.po")
OWN = ("core", "strategies", "inventory", "channels", "config", "templates")
LIBRARIES = ("unfold", "import_export")
DJANGO = (
    "conf",
    *(f"contrib/{name}" for name in ("admin", "auth", "contenttypes", "humanize", "postgres", "sessions")),
)

Key = tuple[str | None, str]


class CollectionError(Exception):
    """The sentences could not be collected; the message says why."""


def key_of(entry: polib.POEntry) -> Key:
    """What tells two entries apart."""
    return entry.msgctxt, entry.msgid


def collect() -> polib.POFile:
    """The catalogue as the code is now, with the translations it has; the file stays as it is.

    Raises CollectionError.
    """
    if shutil.which("xgettext") is None:
        raise CollectionError("Collecting sentences needs gettext (on Debian: apt-get install gettext).")
    with TemporaryDirectory() as name:
        # In a folder of its own libraries are read like our code, and no file changes before all is collected.
        folder = Path(name)
        for source in [*map(Path, OWN), *map(_package, LIBRARIES)]:
            shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("locale", "static", "*.pyc"))
        (folder / CATALOGUE).parent.mkdir(parents=True)
        if CATALOGUE.exists():
            shutil.copy(CATALOGUE, folder / CATALOGUE)
        _run_makemessages(folder)
        return _tidied(polib.pofile(str(folder / CATALOGUE), wrapwidth=0))


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise CollectionError(f"The package {name} is not installed.")
    return Path(spec.submodule_search_locations[0])


def _run_makemessages(folder: Path) -> None:
    options = ["--locale", LANGUAGE, "--no-obsolete", "--no-wrap", "--add-location", "file", "--verbosity", "0"]
    done = subprocess.run(
        [sys.executable, "-m", "django", "makemessages", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CollectionError(f"The sentences could not be collected:\n{done.stderr}")


def _tidied(catalogue: polib.POFile) -> polib.POFile:
    """Without what libraries translate themselves, and without the time of the run."""
    known = set(_translated_by_libraries())
    for entry in list(catalogue):
        if key_of(entry) in known and all(path.startswith(LIBRARIES) for path, _line in entry.occurrences):
            catalogue.remove(entry)
    catalogue.header = "Simplified Chinese. The words of docs/guide/glossary.md are the words to use."
    catalogue.metadata_is_fuzzy = False
    catalogue.metadata = {
        "Language": LANGUAGE,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    return catalogue


def _translated_by_libraries() -> Iterator[Key]:
    django = _package("django")
    for folder in [*(django / part for part in DJANGO), *map(_package, LIBRARIES)]:
        if (folder / CATALOGUE).exists():
            yield from (key_of(entry) for entry in polib.pofile(str(folder / CATALOGUE)) if entry.translated())


def main() -> int:
    """Collect, or say what is missing."""
    try:
        catalogue = collect()
    except CollectionError as error:
        print(error, file=sys.stderr)
        return 1
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(CATALOGUE))
    todo = sum(entry.fuzzy or not entry.translated() for entry in catalogue)
    print(f"{CATALOGUE}: {len(catalogue)} sentences, {todo} to translate.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
