"""Whom PostgreSQL runs as. It refuses uid 0, so root needs one of two ways around that.

1. A user namespace in which root has another number. Inside, PostgreSQL sees an ordinary user; outside,
   its files stay root's, so the way works even under a private home directory.
2. Where the kernel forbids that: the account ``nobody``, if it can reach the binaries and ``var/``.
"""

import os
import pwd
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.services.errors import ServiceError
from config.services.processes import LIBC, die_with_parent

CLONE_NEWUSER = 0x10000000
INNER_ID = 1000
FALLBACK_ACCOUNT = "nobody"
FALLBACK_ID = 65534


@dataclass(frozen=True)
class Identity:
    """``account`` is the (uid, gid) to change to; ``namespace`` says to hide root in a user namespace."""

    namespace: bool = False
    account: tuple[int, int] | None = None

    def preexec(self, death_signal: int, parent: int) -> Callable[[], None]:
        """A ``preexec_fn`` that takes this identity on, then ties the child to its parent."""
        arrange = die_with_parent(death_signal, parent)

        def enter() -> None:
            os.umask(0o077)
            if self.namespace:
                enter_namespace()
            if self.account:
                uid, gid = self.account
                os.setgroups([])
                os.setgid(gid)
                os.setuid(uid)
            # Last: a change of credentials clears the parent death signal.
            arrange()

        return enter


def enter_namespace() -> None:
    """Move this process into a user namespace where its user has an ordinary number. Raises OSError."""
    uid, gid = os.geteuid(), os.getegid()
    if LIBC is None or LIBC.unshare(CLONE_NEWUSER) != 0:
        raise OSError("user namespaces are not available")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{INNER_ID} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{INNER_ID} {gid} 1")


def choose_identity(data: Path, programs: list[Path]) -> Identity:
    """How to run PostgreSQL on ``data`` with ``programs``. Raises ServiceError when no way works."""
    owner = data.stat() if data.exists() else None
    if os.geteuid() != 0:
        if owner and owner.st_uid != os.geteuid():
            raise ServiceError(f"{data} belongs to another user: work as that user, or move it away.")
        return Identity()
    if owner and owner.st_uid != 0:
        # Made by an ordinary user or by way 2: only its owner may open a data directory.
        return _as_account((owner.st_uid, owner.st_gid), data, programs)
    if namespace_works():
        return Identity(namespace=True)
    if owner:
        raise ServiceError(
            f"{data} was made where user namespaces were allowed, and they are not here: set DATABASE_URL."
        )
    return _as_account(fallback_account(), data, programs)


def namespace_works() -> bool:
    """Try it in a child that does nothing else."""
    try:
        subprocess.run(["/bin/sh", "-c", "exit 0"], preexec_fn=enter_namespace, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def fallback_account() -> tuple[int, int]:
    """The (uid, gid) of the unprivileged account every system has."""
    try:
        entry = pwd.getpwnam(FALLBACK_ACCOUNT)
    except KeyError:
        return FALLBACK_ID, FALLBACK_ID
    return entry.pw_uid, entry.pw_gid


def _as_account(account: tuple[int, int], data: Path, programs: list[Path]) -> Identity:
    uid, gid = account
    script = 'cd "$1" || exit 1; shift; for program; do [ -x "$program" ] || exit 1; done'
    arguments = [str(data.parent.parent), *map(str, programs)]
    reached = subprocess.run(
        ["/bin/sh", "-c", script, "reach", *arguments],
        user=uid,
        group=gid,
        extra_groups=[],
        capture_output=True,
        check=False,
    )
    if reached.returncode != 0:
        raise ServiceError(
            f"PostgreSQL does not run as root, and user {uid} cannot reach {data.parent.parent} or the "
            "Python environment: work as an ordinary user, move the checkout to a public folder, or set DATABASE_URL."
        )
    return Identity(account=account)
