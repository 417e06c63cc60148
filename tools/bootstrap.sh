#!/bin/sh
# Make .venv hold exactly what uv.lock says. Uses uv if there is one, else fetches a private one under var/.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "$1" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in .venv/bin/python python3.13 python3.12 python3.11 python3.14 python3 python; do
        if is_new_enough "$candidate"; then
            # The program itself: a launcher of version managers may point elsewhere tomorrow.
            "$candidate" -c 'import os, sys; print(os.path.realpath(sys.executable))'
            return
        fi
    done
    fail 'Onepool needs Python 3.11 or newer, and there is none on this machine: install it and run make again.'
}

# Prints the path of a uv that works.
find_uv() {
    for candidate in uv var/uv/bin/uv; do
        if "$candidate" --version >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    mkdir -p var
    # Debian's python3 comes without what venv needs, but perhaps with pip.
    if "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        rm -rf var/uv
        "$1" -m venv var/uv >&2
        var/uv/bin/python -m pip install --quiet --disable-pip-version-check uv >&2 ||
            fail 'uv could not be installed: check the network, or install uv yourself and run make again.'
    elif "$1" -m pip --version >/dev/null 2>&1; then
        "$1" -m pip install --quiet --disable-pip-version-check --target var/uv uv >&2 ||
            fail 'uv could not be installed: check the network, or install uv yourself and run make again.'
    else
        fail "$1 has neither venv nor pip: install one of them (on Debian: apt-get install python3-venv) or uv, and run make again."
    fi
    echo var/uv/bin/uv
}

python=$(find_python)
uv=$(find_uv "$python")
echo 'Installing the packages of uv.lock ...' >&2
# Another active environment must not be the one that is changed.
unset VIRTUAL_ENV UV_PROJECT_ENVIRONMENT
"$uv" sync --frozen --quiet --no-python-downloads --python "$python" ||
    fail 'The packages could not be installed: see above, check the network and run make again.'
