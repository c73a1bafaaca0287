"""A server under measurement: started as a user would, watched from outside, ended by its id; and wrk, which asks it for things."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measuring import as_installed

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Server:
    """A server that answers.

    Parameters
    ----------
    address : str
        With no slash at its end.
    process : Popen
        The one process that it is.
    first_byte : float
        Seconds from the start of the process to the first byte of the first page.
    """

    address: str
    process: subprocess.Popen[bytes]
    first_byte: float

    @property
    def megabytes(self) -> float:
        """Resident memory now."""
        return self._memory("VmRSS")

    @property
    def peak(self) -> float:
        """The most resident memory that it has had, in MB."""
        return self._memory("VmHWM")

    def _memory(self, name: str) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(next(line for line in status.splitlines() if line.startswith(name)).split()[1]) / 1e3

    def get(self, path: str) -> bytes:
        """Return an answer, or fail."""
        with urllib.request.urlopen(self.address + path, timeout=60) as answer:
            return bytes(answer.read())

    def json(self, path: str) -> Any:
        """Return an answer's data, or fail."""
        return json.loads(self.get(path))

    def answers(self, path: str) -> bool:
        """Return whether the answer is 200."""
        try:
            self.get(path)
        except urllib.error.HTTPError:
            return False
        return True

    def seconds(self, path: str) -> float:
        """Return how long an answer takes from the question to its last byte."""
        began = time.perf_counter()
        self.get(path)
        return time.perf_counter() - began


@contextmanager
def serving(command: Sequence[str], port: int, folder: Path, first: str = "/") -> Iterator[Server]:
    """Start a server, ask for a page at once and until there is one, and end the server by its id."""
    address = f"http://127.0.0.1:{port}"
    began = time.perf_counter()
    with (
        (folder / f"{port}.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=as_installed()) as process,
    ):
        try:
            while True:
                if process.poll() is not None:
                    said = (folder / f"{port}.log").read_text(errors="replace")[-2000:]
                    sys.exit(f"failed with {process.returncode}: {' '.join(command)}\n{said}")
                try:
                    with urllib.request.urlopen(address + first, timeout=60) as answer:
                        answer.read(1)
                        first_byte = time.perf_counter() - began
                        answer.read()
                    break
                except urllib.error.URLError:
                    time.sleep(0.005)
            yield Server(address, process, first_byte)
        finally:
            process.terminate()
            process.wait(30)


def coterie(runs: Path, port: int) -> list[str]:
    """Return the command that serves a folder of runs."""
    return [sys.executable, "-m", "coterie", "serve", "--runs", str(runs), "--port", str(port)]


def free_port() -> int:
    """Return a port of the loopback that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass(frozen=True)
class Load:
    """What wrk found: milliseconds by percentile; ``failed`` counts answers of 400 and above, and connections that broke."""

    requests: int
    seconds: float
    p50: float
    p95: float
    p99: float
    failed: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def no_wrk() -> str | None:
    """Return why there can be no load, if so."""
    if not Path("/proc/self/status").exists():
        return "memory is read from /proc, which this system has not"
    return None if shutil.which("wrk") else "wrk is not installed (Debian: apt-get install wrk; macOS: brew install wrk)"


def load(server: Server, asked: Sequence[str], *, users: int, seconds: int, pause: float = 0.0) -> Load:
    """Let users ask for things in turn, each for the next as soon as they have an answer, or after a pause of about so long.

    Parameters
    ----------
    server : Server
        Of whom.
    asked : sequence of str
        ``GET path``, or ``POST path body-file``; ``{n}`` is another number every time.
    users, seconds : int
        How many, and how long.
    pause : float
        Seconds; from half of it to one and a half, drawn anew each time.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
        wanted.write("\n".join(asked))
        wanted.flush()
        how = ["-t", "1", "-c", str(users), "-d", str(seconds), "--timeout", "30s", "-s", str(HERE / "load.lua")]
        command = ["wrk", *how, server.address, "--", wanted.name, str(pause)]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode or not told.stdout.strip():
        sys.exit(f"wrk failed: {told.stderr}")
    return Load(**json.loads(told.stdout.strip().splitlines()[-1]))
