"""Processes as the operating system sees them: dying with the parent, and finding what a crash left running."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.05
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(death_signal: int, parent: int) -> Callable[[], None]:
    """A ``preexec_fn``: the child gets ``death_signal`` when ``parent`` (a single-threaded process) dies.

    Does nothing outside Linux, where the next start finds and stops what was left.
    """

    def arrange() -> None:
        if LIBC is None:
            return
        LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        # The parent may have died between fork and prctl, in which case no signal will ever come.
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def working_in(folder: Path, program: str) -> list[int]:
    """Ids of live processes of ``program`` whose working directory is ``folder``."""
    if sys.platform != "linux":
        return _recorded(folder, program)
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "cwd").readlink() == folder and (entry / "comm").read_text().startswith(program[:15]):
                found.append(int(entry.name))
        except OSError:
            continue  # It ended while we looked, is a zombie, or is not ours to see.
    return found


def _recorded(folder: Path, program: str) -> list[int]:
    """Without /proc: the process that the server's own pid file names, if it is still that program."""
    try:
        pid = int((folder / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return []
    line = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return [pid] if program in line.stdout else []


def send(pids: list[int], number: int) -> None:
    """Signal each process; one that is already gone is fine."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def stop_leftovers(find: Callable[[], list[int]], signals: list[tuple[int, float]]) -> None:
    """Send each signal in turn to what ``find`` returns and wait its seconds, ending with SIGKILL."""
    for number, seconds in [*signals, (signal.SIGKILL, 5.0)]:
        pids = find()
        if not pids:
            return
        send(pids, number)
        deadline = time.monotonic() + seconds
        while find() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)


def end_child(process: "subprocess.Popen[bytes]", signals: list[tuple[int, float]]) -> None:
    """Stop a child with each signal in turn, waiting its seconds, ending with SIGKILL."""
    for number, seconds in signals:
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()
    process.wait()
