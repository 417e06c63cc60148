"""The whole product on servers of its own, so that a test may kill any part of it and nothing of anybody else's."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg
from pydantic import SecretStr

from channels.platforms.demo.config import DemoConfig
from config.demo_parts import web_command, worker_command
from config.services import ensure
from tests.channels.platforms.marketplace_server import ADMIN_SECRET, MarketplaceServer, free_port
from tests.config.service_helpers import is_alive, pids, stop_services

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 60.0
# After an outage a connection that it broke may still be met once.
GRACE_SECONDS = 3.0


class Product:
    """PostgreSQL, Valkey, a marketplace, the web server, the workers and beat, all in one folder.

    The logs are elsewhere and outlive it.
    """

    def __init__(self, base, logs, seconds):
        self.base = base
        self.logs = logs
        self.seconds = seconds
        self.services = ensure(base)
        self.marketplace = MarketplaceServer(base / "market.sqlite3", "--rate", "5000", "--burst", "5000")
        self.port = free_port()
        self.running = {}
        self.outages = []  # [from, to] in monotonic seconds; `to` is None while it lasts

    def start(self):
        self.marketplace.start()
        world = ["-m", "tests.channels.reservations.fire_world", self.marketplace.url, ADMIN_SECRET, str(self.seconds)]
        done = self.python(*world)
        assert done.returncode == 0, done.stderr
        self.key = done.stdout
        for name in self.commands():
            self.run(name)
        wait_until(self.web_answers, f"the web server (see {self.logs})")

    def stop(self):
        for name in list(self.running):
            self.end(name)
        self.marketplace.close()
        stop_services(self.base)
        shutil.copy(self.services.log_file("postgres"), self.logs)

    def commands(self):
        beat = [
            "celery",
            "-A",
            "config.celery",
            "beat",
            "-l",
            "WARNING",
            "--pidfile=",
            "-s",
            str(self.base / "schedule"),
        ]
        return {
            "web": web_command(self.port),
            "worker": worker_command("stock", 1),
            "publisher": worker_command("publish", 1),
            "beat": beat,
        }

    def run(self, name):
        with self.log(name).open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *self.commands()[name]],
                cwd=ROOT,
                env=self.environment(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def end(self, name):
        """kill -9 for the process and its children."""
        process = self.running.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill(self, victim):
        """kill -9 in the middle of work, and return once the victim is back."""
        {
            "web": self.kill_web,
            "worker": self.kill_worker,
            "backend": self.kill_backend,
            "postmaster": self.kill_postmaster,
        }[victim]()

    def kill_web(self):
        with self.outage():
            self.end("web")
            self.run("web")
            wait_until(self.web_answers, "the web server")

    def kill_worker(self):
        """No outage: nobody who sells may notice."""
        self.end("worker")
        self.end("publisher")
        time.sleep(1)
        self.run("worker")
        self.run("publisher")

    def kill_backend(self):
        """The one that is at work for the web server; PostgreSQL then ends all others and recovers."""
        with self.outage():
            os.kill(self.busy_backend(), signal.SIGKILL)
            time.sleep(0.3)  # until the postmaster has noticed
            wait_until(self.database_answers, "PostgreSQL")

    def kill_postmaster(self):
        with self.outage():
            (postmaster,) = pids(self.services, "postmaster")
            os.kill(postmaster, signal.SIGKILL)
            wait_until(lambda: not is_alive(postmaster), "the end of the postmaster")
            wait_until(self.database_answers, "PostgreSQL")

    @contextmanager
    def outage(self):
        lasting = [time.monotonic(), None]
        self.outages.append(lasting)
        yield
        lasting[1] = time.monotonic()

    def is_out(self, moment):
        """Whether an answer of that moment may say 503."""
        return any(start <= moment <= (end or moment) + GRACE_SECONDS for start, end in self.outages)

    def busy_backend(self):
        query = """SELECT pid FROM pg_stat_activity WHERE application_name = 'web' AND datname = current_database()
        ORDER BY state <> 'idle' DESC, (backend_xid IS NOT NULL) DESC, state_change DESC LIMIT 1"""
        return self.rows(query)[0][0]

    def rows(self, query, *values):
        with psycopg.connect(self.database_url("test"), autocommit=True) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def web_answers(self):
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/api/v1/health/live")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def database_answers(self):
        """After a crash: only once it has recovered, as a backend that is about to be ended answers too."""
        try:
            return self.rows("SELECT NOT pg_is_in_recovery()")[0][0]
        except psycopg.OperationalError:
            return False

    def market(self):
        """The shop on the marketplace, to ask what it shows."""
        return DemoConfig(base_url=self.marketplace.url, app_key="key-market", app_secret=SecretStr("secret-of-market"))

    def python(self, *arguments):
        """Run Python on the product's servers; the finished process with what it said."""
        command = [sys.executable, *arguments]
        environment = self.environment("python")
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    def log(self, name):
        return self.logs / f"{name}.log"

    def database_url(self, name):
        return f"{self.services.database_url}&application_name={name}"

    def environment(self, name):
        return {
            **os.environ,
            "DATABASE_URL": self.database_url(name),
            "REDIS_URL": self.services.redis_url,
            "ONEPOOL_MARKETPLACE_URL": self.marketplace.url,
            "MARKETPLACE_ADMIN_SECRET": ADMIN_SECRET,
            "ONEPOOL_API_RATE_PER_SECOND": "1000000",
            "ONEPOOL_API_BURST": "1000000",
        }


def wait_until(condition, what, seconds=START_SECONDS):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} isn't there after {seconds:.0f} seconds"
        time.sleep(0.05)
