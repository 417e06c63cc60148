"""Find the Chromium that the browser tests drive: ``python -m tools.chromium`` prints its path."""

import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OWN_COPIES = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*")
MISSING = "There is no Chromium on this machine, so the browser tests are skipped: install one, or set CHROMIUM to it."


def find_chromium() -> str | None:
    """The program that CHROMIUM names, else one on PATH, else the newest that playwright has downloaded."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    for name in NAMES:
        if found := shutil.which(name):
            return found
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    copies = [path for pattern in OWN_COPIES for path in folder.glob(pattern) if os.access(path, os.X_OK)]
    return str(max(copies)) if copies else None


def main() -> int:
    """Print the path, or say what is missing; 1 when that must not be, which is in CI."""
    if found := find_chromium():
        print(found)
        return 0
    if os.environ.get("CI"):
        print("There is no Chromium on this machine, and in CI the browser tests must run.", file=sys.stderr)
        return 1
    print(MISSING, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
