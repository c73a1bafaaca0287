"""The real server on a free port of the loopback, over small published runs of simulated lines and odd customers."""

from __future__ import annotations

import datetime
import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pyarrow
from fastapi import FastAPI

import coterie as ct
from coterie.web.server import listen, server
from coterie.web.settings import Settings

ODD = (
    "a/b", "a//b/", "../../etc/passwd", "shop/events", "CON", "C:\\x", "é ü 日本", "🦄 <b>&amp;", "100%", "%2e%2e", "x?y#z;q=1",
    "00123", "=1+1", "o'neil\"; --", "name@mail.example", "NaN",
)  # fmt: skip
"""Customers' ids as shops have them, and as nobody should."""
RETURNED = "took it all back"
"""A customer who kept nothing."""
CHEAP: dict[str, Any] = {
    "choice": {"n_bootstrap": 0, "n_seeds": 2, "n_splits": 0, "n_months": 0, "sensitivity": False},
    "clustering": {"n_init": 2, "k_max": 5},
    "created": "2011-12-10T00:00:00Z",
}
TOKEN = "a token of at least sixteen letters".replace(" ", "-")


def lines() -> pyarrow.Table:
    """Return the lines of the shop: 150 simulated customers, the first of them by odd names, and one who took it all back."""
    table = ct.simulate(150, seed=5).lines
    ids = table["CustomerID"].to_pylist()
    names = dict(zip(dict.fromkeys(one for one in ids if one), ODD, strict=False))
    table = table.set_column(table.column_names.index("CustomerID"), "CustomerID", [[names.get(one, one) for one in ids]])
    bought = {**table.slice(0, 1).to_pylist()[0], "CustomerID": RETURNED, "Quantity": 3}
    day = bought["InvoiceDate"] + datetime.timedelta(days=1)
    two = [{**bought, "InvoiceNo": "900001"}, {**bought, "InvoiceNo": "C900001", "Quantity": -3, "InvoiceDate": day}]
    return pyarrow.concat_tables([table, pyarrow.Table.from_pylist(two, table.schema)])


def make_runs(folder: Path) -> Path:
    """Publish three runs: of everybody, of two months less, and of an algorithm that cannot assign new customers."""
    whole = lines()
    fewer = whole.slice(0, whole.num_rows * 5 // 6)
    ct.run(whole, out=folder, k=3, **CHEAP)
    ct.run(fewer, out=folder, k=4, **CHEAP)
    ct.run(fewer, out=folder, k=2, **{**CHEAP, "clustering": {"algorithm": "ward", "k_max": 3}})
    return folder


def publish(made: Path, runs: Path, *numbers: str) -> Path:
    """Put made runs into a folder of runs as publishing does: each renamed into its place whole, ``latest`` swapped last."""
    runs.mkdir(exist_ok=True)
    for number in numbers:
        shutil.copytree(made / number, runs / f".{number}.partial")
        (runs / f".{number}.partial").rename(runs / number)
        (runs / ".latest").write_text(f"{number}\n")
        (runs / ".latest").rename(runs / "latest")
    return runs


@dataclass(frozen=True)
class Served:
    """A server that answers, a client of it, and the application behind it."""

    port: int
    app: FastAPI
    client: httpx.Client
    runs: Path

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Ask by GET."""
        return self.client.get(path, **more)

    def score(self, asked: Any, **more: Any) -> httpx.Response:
        """Ask for an assignment; bytes and texts are sent as they are."""
        body = asked if isinstance(asked, (bytes, str)) else json.dumps(asked)
        return self.client.post("/v1/score", content=body, headers={"content-type": "application/json"}, params=more)

    def socket(self) -> socket.socket:
        """Open a connection of one's own."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=15)

    def raw(self, sent: bytes) -> bytes:
        """Send bytes as they are, and return all that comes until the server closes."""
        with self.socket() as opened:
            opened.sendall(sent)
            return b"".join(iter(lambda: opened.recv(65536), b""))

    def target(self, target: str, *headers: str) -> tuple[int, str]:
        """Ask for a target that a client would tidy up first; return status and body."""
        head = "\r\n".join((f"GET {target} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers, "", ""))
        answer = self.raw(head.encode("latin-1"))
        head_, _, body = answer.partition(b"\r\n\r\n")
        return int(head_.split()[1]), body.decode()


@contextmanager
def serving(runs: Path, **settings: Any) -> Iterator[Served]:
    """Serve a folder of runs as ``coterie serve`` does, in a thread."""
    listening = listen("127.0.0.1", 0)
    running = server(Settings(runs, **settings), now=lambda: "2011-12-10T00:00:00Z")
    app = running.config.app
    assert isinstance(app, FastAPI)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        until(lambda: running.started or not thread.is_alive())
        port = listening.getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            client.get("/ready")  # the look around at the start is over
            yield Served(port, app, client, runs)
    finally:
        running.should_exit = True
        thread.join(20)
        listening.close()
        assert not thread.is_alive()


def until(so: Any, seconds: float = 15.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.005)


def rows_of(run: Path, wanted: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Return a run's customers as its file has them, times as the API writes them."""
    import pyarrow.parquet

    rows = pyarrow.parquet.read_table(run / "customers.parquet", columns=wanted).to_pylist()
    times = (datetime.datetime, datetime.date)
    return [{key: one.isoformat() if isinstance(one, times) else one for key, one in row.items()} for row in rows]
