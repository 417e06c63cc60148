"""The whole product as it runs for people: web server, workers, beat and marketplace, on a database of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx2
import psycopg
from django.conf import settings
from psycopg import sql

from config.demo_parts import web_command, worker_command
from tests.channels.platforms.marketplace_server import ADMIN_SECRET, MarketplaceServer, free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0


class Product:
    """Starts everything, and leaves nothing behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = f"{settings.DATABASES['default']['NAME']}_browser"
        self.marketplace = MarketplaceServer(folder / "market.sqlite3", "--rate", "5000", "--burst", "5000")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.api_key = folder / "api-key"
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        self._command_database("CREATE DATABASE {}")
        self.marketplace.start()
        self._run("world", "tests.browser.world").wait()
        assert self.running.pop().returncode == 0, self._log("world").read_text()
        self._run("web", *web_command(self.port))
        for queue in ("stock", "publish", "bulk"):
            self._run(queue, *worker_command(queue, 1))
        self._run("beat", "celery", "-A", "config.celery", "beat", "--pidfile=", "-s", str(self.folder / "schedule"))
        self._wait_until_up()

    def stop(self) -> None:
        for process in self.running:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.marketplace.close()
        self._command_database("DROP DATABASE IF EXISTS {} WITH (FORCE)")

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """What the database says; the test's own connection is none of Django's, which a browser's loop forbids."""
        with psycopg.connect(**self._place(self.database)) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def sell(self, key: str, **order: object) -> "httpx2.Response":
        """What the API answers to a shop that reserves."""
        headers = {"Authorization": f"Bearer {self.api_key.read_text()}", "Idempotency-Key": key}
        url = f"{self.url}/api/v1/reservations"
        return httpx2.post(url, json=order, headers=headers, timeout=START_SECONDS, trust_env=False)

    def wait_until_settled(self) -> None:
        """Return once every number is computed and published."""
        waiting = """SELECT (SELECT count(*) FROM inventory_waitingsku) AS skus,
        (SELECT count(*) FROM channels_listingtarget WHERE version > published_version) AS listings"""
        self.wait_until(lambda: self.rows(waiting)[0] == (0, 0))

    def wait_until(self, happened: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        """Return once it has happened."""
        end = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < end, f"Waited in vain for {seconds} s; the logs are in {self.folder}"
            time.sleep(0.1)

    def _wait_until_up(self) -> None:
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                return httpx2.get(f"{self.url}/admin/login/", trust_env=False).raise_for_status() and None
            except httpx2.HTTPError:
                assert time.monotonic() < end, self._log("web").read_text()
                time.sleep(0.1)

    def _run(self, name: str, module: str, *arguments: str) -> "subprocess.Popen[bytes]":
        with self._log(name).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": f"postgresql:///{quote(self.database)}?{urlencode(self._login())}",
            "REDIS_URL": settings.REDIS_URL,
            "ONEPOOL_MARKETPLACE_URL": self.marketplace.url,
            "MARKETPLACE_ADMIN_SECRET": ADMIN_SECRET,
            "WORLD_API_KEY": str(self.api_key),
        }

    def _login(self) -> dict[str, str]:
        names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
        said = {name: settings.DATABASES["default"][key] for name, key in names.items()}
        return {name: str(value) for name, value in said.items() if value}

    def _place(self, database: str) -> dict[str, str]:
        return {**self._login(), "dbname": database}

    def _command_database(self, command: str) -> None:
        with psycopg.connect(**self._place("postgres"), autocommit=True) as connection:
            name = sql.Identifier(self.database)
            if command.startswith("CREATE"):
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            connection.execute(sql.SQL(command).format(name))
