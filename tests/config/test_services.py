"""The embedded servers under kills and races. Each test has its own servers in its own folder."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from config.services import ServiceError, Services, ensure, locations
from config.services.binaries import postgres_binary
from config.services.client import _held
from config.services.probes import postgres_answers, valkey_answers
from config.services.processes import working_in
from tests.config.service_helpers import (
    CLIENT,
    CODE,
    Client,
    alive,
    connect,
    healthy,
    is_alive,
    linux_only,
    pids,
    read,
    stop_services,
    wait_for,
    write,
)


@linux_only
def test_stops_everything_when_the_last_client_is_killed_and_keeps_the_data(base: Path, client: Client) -> None:
    services = locations(base)
    write(services, "a")
    other = Client(base)
    client.kill()
    time.sleep(4)
    assert read(services) == ("a", "a"), "A client was left."
    other.kill()
    wait_for(lambda: not alive(services))
    again = Client(base)
    assert read(services) == ("a", "a")
    again.kill()


@linux_only
@pytest.mark.parametrize("victim", ["postmaster", "valkey"])
def test_restarts_a_killed_server_with_its_data(base: Path, client: Client, victim: str) -> None:
    services = locations(base)
    write(services, "b")
    (killed,) = pids(services, victim)
    with connect(services) as busy:
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: not is_alive(killed))
        wait_for(healthy(services, "b"))
        busy.close()
    assert pids(services, victim) != [killed]


@linux_only
def test_restarts_postgres_beside_a_backend_that_is_busy_calculating(base: Path, client: Client) -> None:
    """A backend in a long calculation does not notice its postmaster's death by itself."""
    services = locations(base)
    write(services, "c")
    script = "SELECT sum(i) FROM generate_series(1, 100000000000) AS i"
    with subprocess.Popen([str(postgres_binary("psql")), services.database_url, "-c", script], stderr=-3) as busy:
        wait_for(lambda: running_queries(services) == 1)
        backends = working_in(services.postgres_data, "postgres")
        os.kill(pids(services, "postmaster")[0], signal.SIGKILL)
        wait_for(healthy(services, "c"), seconds=40)
        busy.wait(10)
    assert not [pid for pid in backends if is_alive(pid)]


def running_queries(services: Services) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%generate_series%1000%'"
    with connect(services) as connection:
        (row,) = connection.execute(query + " AND pid <> pg_backend_pid()").fetchall()
    return int(str(row[0]))


@linux_only
def test_a_killed_supervisor_leaves_no_orphan_and_the_next_call_brings_it_back(base: Path, client: Client) -> None:
    services = locations(base)
    write(services, "d")
    before = alive(services)
    os.kill(pids(services, "supervisor")[0], signal.SIGKILL)
    wait_for(lambda: not [pid for pid in before if is_alive(pid)])
    other = Client(base)
    assert read(services) == ("d", "d")
    other.kill()
    time.sleep(4)
    assert read(services) == ("d", "d"), "The first client still lives."


@linux_only
def test_everything_killed_at_once_comes_back(base: Path, client: Client) -> None:
    services = locations(base)
    write(services, "e")
    for pid in [*pids(services, "supervisor"), *pids(services, "postmaster"), *pids(services, "valkey")]:
        os.kill(pid, signal.SIGKILL)
    other = Client(base)
    assert read(services) == ("e", "e")
    other.kill()


@linux_only
def test_many_clients_at_once_share_one_supervisor(base: Path) -> None:
    command = [sys.executable, "-c", CLIENT + "ensure(Path(sys.argv[1]))", str(base)]
    racers = [subprocess.Popen(command, cwd=CODE, stderr=subprocess.PIPE) for _ in range(8)]
    failures = [racer.communicate(timeout=60)[1] for racer in racers]
    assert failures == [b""] * 8
    assert (locations(base).log_file("supervisor")).read_text().count("started") == 1


@linux_only
def test_starts_only_what_is_asked_for(base: Path) -> None:
    script = CLIENT + "ensure(Path(sys.argv[1]), postgres=False); time.sleep(0.5)"
    subprocess.run([sys.executable, "-c", script, str(base)], cwd=CODE, check=True)
    assert locations(base).valkey_data.exists()
    assert not locations(base).postgres_data.exists()


@linux_only
def test_a_program_started_by_a_client_is_not_a_client(base: Path) -> None:
    script = CLIENT + "import subprocess; ensure(Path(sys.argv[1])); subprocess.Popen(['sleep', '15'], close_fds=False)"
    subprocess.run([sys.executable, "-c", script, str(base)], cwd=CODE, check=True)
    wait_for(lambda: not alive(locations(base)), seconds=10)


@linux_only
def test_a_stale_pid_file_that_names_a_living_process_does_not_stop_postgres(base: Path, client: Client) -> None:
    services = locations(base)
    write(services, "f")
    client.kill()
    wait_for(lambda: not alive(services))
    (services.postgres_data / "postmaster.pid").write_text(
        f"{os.getpid()}\n{services.postgres_data}\n1\n5432\n\n\n0 0\n"
    )
    again = Client(base)
    assert read(services) == ("f", "f")
    again.kill()


@linux_only
def test_sockets_move_when_the_path_is_too_long(base: Path) -> None:
    deep = base / ("x" * 100)
    deep.mkdir()
    services = locations(deep)
    assert not services.sockets.is_relative_to(base)
    assert locations(base).sockets.is_relative_to(base)
    client = Client(deep)
    write(services, "g")
    assert stat.S_IMODE(services.sockets.stat().st_mode) == 0o700
    client.kill()
    stop_services(deep)
    shutil.rmtree(services.sockets)


def test_permissions_outside_var_stay(base: Path, client: Client) -> None:
    services = locations(base)
    for folder in (services.run, services.postgres_host, services.postgres_data, services.valkey_data):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for socket_file in (services.valkey_socket, services.postgres_host / ".s.PGSQL.5432"):
        assert stat.S_IMODE(socket_file.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o700, 0o711, 0o755])
def test_the_modes_of_the_folders_above_stay(base: Path, mode: int) -> None:
    above = base / "home"
    checkout = above / "checkout"
    checkout.mkdir(parents=True)
    for folder in (above, checkout):
        folder.chmod(mode)
    before = {folder: (folder.stat().st_mode, folder.stat().st_uid) for folder in [*checkout.parents, checkout]}
    client = Client(checkout)
    write(locations(checkout), "h")
    client.kill()
    stop_services(checkout)
    assert {folder: (folder.stat().st_mode, folder.stat().st_uid) for folder in before} == before


def test_settings_are_the_safe_ones(base: Path, client: Client) -> None:
    with connect(locations(base)) as connection:
        row = connection.execute(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit'),"
            " current_setting('listen_addresses'), datlocale, pg_encoding_to_char(encoding)"
            " FROM pg_database WHERE datname = 'onepool'"
        ).fetchone()
    assert row == ("on", "on", "", "C.UTF-8", "UTF8")


def test_a_database_that_cannot_start_is_one_sentence(base: Path) -> None:
    data = locations(base).postgres_data
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServiceError, match=r"is of PostgreSQL 9 and this is 18.*The log is .*postgres\.log"):
        ensure(base)
    release(base)


def release(base: Path) -> None:
    """End this process's own membership, which is otherwise for life."""
    for path in [path for path in _held if path.is_relative_to(base)]:
        os.close(_held.pop(path))


def test_the_database_itself_answers_not_only_the_server(base: Path, client: Client) -> None:
    services = locations(base)
    with psycopg.connect(f"{services.database_url}&dbname=postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE onepool")
    assert postgres_answers(services, "postgres")
    assert not postgres_answers(services, "onepool")


def test_a_silent_listener_is_not_a_working_server(base: Path) -> None:
    services = locations(base)
    services.sockets.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(services.valkey_socket))
        listener.listen()
        assert not valkey_answers(services)
