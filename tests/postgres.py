"""A private PostgreSQL for tests: a cluster of its own in a temporary folder, on a socket there, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL.

    Parameters
    ----------
    folder : Path
        Where its socket lies.
    port : int
        Part of the socket's name; nothing listens on a network.
    """

    folder: Path
    port: int = 5432

    @property
    def url(self) -> str:
        """What a client connects to."""
        return f"postgresql://coterie@/postgres?host={self.folder}&port={self.port}"


def binaries() -> Path | None:
    """Return the folder of initdb and pg_ctl, the newest of Debian's or that of the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return Path(named).resolve().parent if named else None


@contextmanager
def running_postgres() -> Iterator[Cluster]:
    """Start a cluster and stop it; as root, under the account of the Debian package, since PostgreSQL refuses root."""
    where = binaries()
    assert where is not None
    folder = Path(tempfile.mkdtemp(prefix="coterie-pg-", dir="/tmp"))
    options: dict[str, object] = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
        options = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    data = folder / "data"

    def call(*command: object) -> None:
        done = subprocess.run(
            [str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=120, check=False, **options
        )
        assert done.returncode == 0, done.stderr + done.stdout

    server = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=20"
    try:
        call(where / "initdb", "-D", data, "-U", "coterie", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        call(where / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-t", 60, "-o", server, "start")
        try:
            yield Cluster(folder)
        finally:
            call(where / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """Give a private PostgreSQL; without its programs the test is skipped, but under COTERIE_CI it fails."""
    if binaries() is None:
        reason = "no PostgreSQL programs; install the package postgresql"
        if os.environ.get("COTERIE_CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with running_postgres() as cluster:
        yield cluster
