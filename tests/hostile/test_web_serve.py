"""``coterie serve`` as a process: its refusals, what it writes down, and its end."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from coterie.web.settings import Caps
from web_server import TOKEN, publish, serving

LINE = {"invoice_no": "1", "invoice_date": "2024-05-01T10:00:00", "customer_id": "7", "quantity": 3, "price": 9.5}


@pytest.fixture
def runs(made_runs: Path, tmp_path: Path) -> Path:
    return publish(made_runs, tmp_path / "runs", "000001")


def command(*arguments: object, before: str = "") -> list[str]:
    """Return the command, as a person has it; ``before`` is done in its process first."""
    said = f"{before}\nfrom coterie.cli import main\nmain()" if before else ""
    start = [sys.executable, "-c", said] if said else [sys.executable, "-m", "coterie"]
    return [*start, "serve", *map(str, arguments)]


def refused(*arguments: object, before: str = "", code: int = 1) -> str:
    done = subprocess.run(command(*arguments, before=before), capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert "Traceback" not in done.stderr
    assert all(word in done.stderr for word in ("Error: ", "Found: ", "Fix: "))
    return " ".join(done.stderr.split())


@contextlib.contextmanager
def started(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start a server on a free port; yield its process and the port."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command("--port", 0, *arguments), stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stderr
        line = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        assert found, line + (process.stderr.read() if process.poll() is not None else "")
        yield process, int(found.group(1))
    finally:
        process.kill()
        process.communicate()


def test_refusals(runs: Path, tmp_path: Path):
    short = tmp_path / "short"
    short.write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused("--runs", runs, "--port", port)
    assert f"The address 127.0.0.1:{port} cannot be had." in said
    said = refused("--runs", runs, "--token-file", short, code=2)
    assert f"{short} holds no token." in said
    assert "secret" not in said
    assert "holds no token." in refused("--runs", runs, "--token-file", tmp_path / "none", code=2)
    assert "A public address needs a token." in refused("--runs", runs, "--host", "0.0.0.0", code=2)
    assert "cannot be had." in refused("--runs", runs, "--host", "host.invalid", "--token-file", token_file(tmp_path))
    said = refused("--runs", runs, before="import sys; sys.modules['fastapi'] = None")
    assert "Serving needs packages that are not installed." in said
    assert "pip install 'coterie[serve]'" in said


def token_file(folder: Path) -> Path:
    file = folder / "token.txt"
    file.write_text(TOKEN)
    return file


def test_a_port_that_is_none():
    done = subprocess.run(command("--port", 65536), capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


POST = "POST /v1/score HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


def test_sigterm_lets_what_is_under_way_end(runs: Path):
    """One request sends its second half after the signal and is answered; who only holds a connection is let go."""
    body = json.dumps({"lines": LINE}).encode()
    with contextlib.ExitStack() as stack:
        process, port = stack.enter_context(started("--runs", runs))
        one, idle = (stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=15)) for _ in range(2))
        one.sendall(POST.format(len(body)).encode() + body[:20])
        # An answer to another tells that the first is under way.
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=30, trust_env=False).status_code == 200
        process.send_signal(signal.SIGTERM)
        while not refuses(port):
            pass
        one.sendall(body[20:])
        answer = b"".join(iter(lambda: one.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["customers"][0]["customer_id"] == "7"
        assert idle.recv(1) == b""
        assert process.wait(timeout=10) == 0


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionError:
        return True
    return False


def test_who_never_ends_is_cut_when_the_time_to_end_is_over(runs: Path, caplog: pytest.LogCaptureFixture):
    with contextlib.ExitStack() as stack:
        with serving(runs, caps=Caps(drain_seconds=1)) as shop:
            opened = stack.enter_context(shop.socket())
            opened.sendall(POST.format(100).encode() + b"{")
            assert shop.get("/healthz").status_code == 200
        # Leaving the server has waited for its thread to end.
        answer = b"".join(iter(lambda: opened.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["wrong"] == "The server is ending."
    assert "Traceback" not in caplog.text
    # By itself it has less than ten seconds.
    assert Caps().drain_seconds < 9


@pytest.mark.parametrize(("shown", "end"), [(False, signal.SIGTERM), (True, signal.SIGINT)])
def test_what_a_server_writes_down(runs: Path, tmp_path: Path, shown: bool, end: signal.Signals):
    options = ["--log-ids"] if shown else []
    with started("--runs", runs, "--token-file", token_file(tmp_path), *options) as (process, port):
        known = {"authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            assert client.get("/v1/customers/name@mail.example", headers=known).status_code == 200
            assert client.get("/v1/customers?q=Ada-Lovelace", headers=known).status_code == 200
            assert client.get("/v1/customers?q=Ada-Lovelace").status_code == 401
        process.send_signal(end)
        _, written = process.communicate(timeout=15)
    assert process.returncode == 0
    assert written.count("GET ") == 3
    assert ("name@mail.example" in written, "Ada-Lovelace" in written) == (shown, shown)
    assert TOKEN not in written
