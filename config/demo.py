"""The whole product on one machine: ``python -m config.demo`` (``make demo``).

Starts the embedded services, brings the database up to date, creates the demo company and then keeps the web
server, the workers, the scheduler and the demo marketplace running until Ctrl-C.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from config.demo_parts import DemoError, Part, parts_of
from config.demo_reset import wipe_demo
from config.secrets import local_secret
from config.services import ServiceError, Services, ensure, locations
from config.services.locks import open_lock, try_lock

BASE = Path(__file__).resolve().parent.parent
WEB_PORT = 8000
MARKETPLACE_PORT = 8100
PORTS_TO_TRY = 50
START_SECONDS = 60.0
TICK_SECONDS = 0.5


def ensure_services() -> Services:
    """Start the services that the environment does not name, or start them again after a crash."""
    postgres, valkey = not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")
    if postgres or valkey:
        return ensure(BASE, postgres=postgres, valkey=valkey)
    services = locations(BASE)
    for folder in (services.run, services.log):
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    return services


def take_demo_lock(services: Services) -> None:
    """Be the only demo of this checkout until this process ends. Raises DemoError."""
    if not try_lock(open_lock(services.run / "demo.lock"), exclusive=True):
        raise DemoError("The demo of this checkout is already running: stop it first (Ctrl-C in its terminal).")


def free_port(first: int) -> int:
    """``first`` or the next port that nobody listens on. Raises DemoError."""
    for port in range(first, first + PORTS_TO_TRY):
        with socket.socket() as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise DemoError(f"No port between {first} and {first + PORTS_TO_TRY - 1} is free.")


def manage(*arguments: str, quiet: bool = True) -> None:
    """Run a management command. Raises DemoError with its last words when it fails."""
    command = [sys.executable, str(BASE / "manage.py"), *arguments]
    done = subprocess.run(command, cwd=BASE, capture_output=quiet, text=True, check=False)
    if done.returncode != 0:
        words = (done.stderr or "").strip().splitlines()
        raise DemoError(f"manage.py {' '.join(arguments)} failed. {words[-1] if words else ''}".strip())


def seed() -> None:
    """Bring the database up to date and create what is missing of the demo company."""
    for step, arguments in (
        ("Updating the database", ("migrate", "--verbosity=0")),
        ("Creating the demo company", ("demo_data",)),
        ("Collecting static files", ("collectstatic", "--noinput", "--verbosity=0")),
    ):
        started = time.monotonic()
        print(f"{step} ...", end=" ", flush=True)
        manage(*arguments)
        print(f"{time.monotonic() - started:.1f} s", flush=True)


def answers(url: str) -> bool:
    """True when a server speaks HTTP there, whatever it says."""
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def wait_until_up(urls: dict[str, str], parts: list[Part]) -> None:
    """Keep the parts running until every URL answers. Raises DemoError after a minute."""
    deadline = time.monotonic() + START_SECONDS
    while silent := [name for name, url in urls.items() if not answers(url)]:
        if time.monotonic() > deadline:
            raise DemoError(f"{silent[0]} did not come up; see var/log/{silent[0]}.log.")
        for part in parts:
            part.tick()
        time.sleep(TICK_SECONDS / 2)


def stop_all(parts: list[Part]) -> None:
    """End every part, all at the same time."""
    for part in parts:
        part.ask_to_stop()
    for part in parts:
        part.finish()


def stop_on_signals() -> None:
    """Turn the first SIGINT, SIGTERM or SIGHUP into the one way out; later ones must not cut it short."""

    def leave(_number: int, _frame: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        raise SystemExit(0)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def announce(web_url: str, marketplace_url: str) -> None:
    """Say where everything is."""
    print(f"\n  Onepool      {web_url}/admin/\n  Storefront   {marketplace_url}/\n", flush=True)
    manage("demo_data", "--logins", quiet=False)
    print("\n  Logs are in var/log. Ctrl-C stops everything; the data stay.\n", flush=True)


def run_demo(*, reset: bool) -> None:
    """Seed and keep everything running, or only wipe and seed. Raises SystemExit, DemoError and ServiceError."""
    services = ensure_services()
    take_demo_lock(services)
    if reset:
        wipe_demo(services)
    web_port, marketplace_port = free_port(WEB_PORT), free_port(MARKETPLACE_PORT)
    web_url, marketplace_url = f"http://127.0.0.1:{web_port}", f"http://127.0.0.1:{marketplace_port}"
    os.environ["ONEPOOL_MARKETPLACE_URL"] = marketplace_url
    os.environ.setdefault("MARKETPLACE_ADMIN_SECRET", local_secret(services.var / "marketplace_secret"))
    marketplace, *others = parts_of(services, web_port, marketplace_port)
    running = [marketplace]
    try:
        # Seeding speaks to the marketplace, the workers need the tables.
        wait_until_up({"marketplace": marketplace_url}, running)
        seed()
        if reset:
            print("The demo is as new. Start it with: make demo", flush=True)
            return
        running += others
        wait_until_up({"web": web_url}, running)
        announce(web_url, marketplace_url)
        keep(running)
    finally:
        print("Stopping ...", flush=True)
        stop_all(running)


def keep(parts: list[Part]) -> None:
    """Restart what dies, until a signal comes."""
    while True:
        # The supervisor of the services has no watcher but its clients.
        ensure_services()
        for part in parts:
            part.tick()
        time.sleep(TICK_SECONDS)


def main(arguments: list[str]) -> int:
    """The command line: nothing, or ``--reset``. Returns the exit code."""
    stop_on_signals()
    try:
        run_demo(reset=arguments == ["--reset"])
    except (DemoError, ServiceError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
