"""Collect the sentences to translate: ``python -m tools.make_messages`` updates the catalogues in locale/."""

import shutil
import subprocess
import sys

IGNORED = (".venv", "var", "tests", "benchmarks", "tools", "docs")
LANGUAGE = "zh_Hans"


def collect(*extra: str) -> int:
    """Run Django's makemessages the way the repository wants it; returns its exit code."""
    options = [option for name in IGNORED for option in ("--ignore", f"{name}/*")]
    command = [sys.executable, "manage.py", "makemessages", "--locale", LANGUAGE, "--no-obsolete", "--no-wrap"]
    return subprocess.run([*command, "--add-location", "file", *options, *extra], check=False).returncode


def main() -> int:
    """Collect, or say what is missing."""
    if shutil.which("xgettext") is None:
        print("Collecting sentences needs gettext (on Debian: apt-get install gettext).", file=sys.stderr)
        return 1
    return collect()


if __name__ == "__main__":
    sys.exit(main())
