"""Fetching over a real, local HTTP server: what is right arrives, what is wrong leaves nothing behind."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from coterie.datasets import DATASETS, fetch
from coterie.datasets.download import download
from coterie.errors import InputError, RecipeError

HEADER = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
WHEN = datetime(2010, 12, 1, 8, 26)
ROWS: list[list[Any]] = [
    [536365, "85123A", "WHITE LANTERN ", 6, WHEN, 2.55, 17850, "United Kingdom"],
    ["C536379", 22633, 'RECORD FRAME 7", "SMALL"', -1, WHEN, 27, 17851, "EIRE"],
    [536414, 22139, None, 56, WHEN, 0, None, "France"],
    [536415, "POST", 20713, 1, WHEN, 0.001, 12346, "Schöneland £"],
]
EXPECTED = """\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE LANTERN ,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
C536379,22633,"RECORD FRAME 7"", ""SMALL\""",-1,2010-12-01 08:26:00,27.0,17851.0,EIRE
536414,22139,,56,2010-12-01 08:26:00,0.0,,France
536415,POST,20713,1,2010-12-01 08:26:00,0.001,12346.0,Schöneland £
"""
SHA256 = hashlib.sha256(EXPECTED.encode()).hexdigest()


def workbook(header: list[str], rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in [header, *rows]:
        book.worksheets[0].append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in members.items():
            packed.writestr(name.replace("_", "."), content)
    return file.getvalue()


GOOD = archive(retail_xlsx=workbook(HEADER, ROWS))
BODIES = {
    "/good.zip": GOOD,
    "/broken.zip": GOOD[:-200],
    "/page.zip": b"<html>Please log in</html>",
    "/no-workbook.zip": archive(readme_txt=b"nothing"),
    "/two-workbooks.zip": archive(a_xlsx=b"", b_xlsx=b""),
    "/not-a-workbook.zip": archive(retail_xlsx=archive(readme_txt=b"nothing")),
    "/other-columns.zip": archive(retail_xlsx=workbook(["Invoice", "Price"], [])),
    "/flipped.zip": GOOD[:400] + bytes([GOOD[400] ^ 255]) + GOOD[401:],
}


class Host(BaseHTTPRequestHandler):
    """Serves the bodies; one breaks off half-way, one never says how long it is, one redirects."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        if self.path == "/moved.zip":
            self.send_response(302)
            self.send_header("Location", "/good.zip")
            self.end_headers()
        elif self.path == "/truncated.zip":
            self._start(len(GOOD))
            self.wfile.write(GOOD[: len(GOOD) // 2])
        elif self.path == "/endless.zip":
            self._start(None)
            with contextlib.suppress(ConnectionError):  # the client hangs up
                self.wfile.write(bytes(3_000_000))
        elif self.path in BODIES:
            self._start(len(BODIES[self.path]))
            self.wfile.write(BODIES[self.path])
        else:
            self.send_error(404)

    def _start(self, length: int | None) -> None:
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Host) as server:
        server.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def host(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


@pytest.mark.parametrize("path", ["/good.zip", "/moved.zip"])
def test_the_workbook_becomes_the_raw_export(host: str, tmp_path: Path, path: str) -> None:
    told: list[tuple[int, int | None]] = []
    target = fetch(
        "online-retail",
        tmp_path / "data",
        url=host + path,
        sha256=SHA256,
        progress=lambda done, announced: told.append((done, announced)),
    )
    assert target == tmp_path / "data" / "online_retail.csv.gz"
    assert gzip.decompress(target.read_bytes()).decode() == EXPECTED
    assert [file.name for file in target.parent.iterdir()] == [target.name]
    assert told[-1] == (len(GOOD), len(GOOD))


def test_the_same_workbook_gives_the_same_bytes(host: str, tmp_path: Path) -> None:
    first, second = (fetch("online-retail", tmp_path / name, url=host + "/good.zip", sha256=SHA256) for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_a_verified_file_is_not_downloaded_again_but_a_damaged_one_is(
    server: ThreadingHTTPServer, host: str, tmp_path: Path
) -> None:
    get = partial(fetch, "online-retail", tmp_path, url=host + "/good.zip", sha256=SHA256)
    target = get()
    whole = target.read_bytes()
    get()
    assert len(server.asked) == 1  # type: ignore[attr-defined]
    target.write_bytes(whole[: len(whole) // 2])
    get()
    assert len(server.asked) == 2  # type: ignore[attr-defined]
    assert target.read_bytes() == whole


@pytest.mark.parametrize(
    ("path", "code", "found"),
    [
        ("/absent.zip", "download_failed", "404"),
        # The archive holds the time of its making: its size is no part of the test's name.
        pytest.param("/truncated.zip", "download_truncated", f"{len(GOOD) // 2:,} of {len(GOOD):,} bytes", id="truncated"),
        ("/broken.zip", "not_the_workbook", "zip"),
        ("/flipped.zip", "not_the_workbook", ""),
        ("/page.zip", "not_the_workbook", "not a zip file"),
        ("/no-workbook.zip", "not_the_workbook", "0 workbooks"),
        ("/two-workbooks.zip", "not_the_workbook", "2 workbooks"),
        ("/not-a-workbook.zip", "not_the_workbook", ""),
        ("/other-columns.zip", "not_the_workbook", "Invoice, Price"),
    ],
)
def test_what_is_wrong_is_refused_and_leaves_nothing(
    host: str, tmp_path: Path, path: str, code: str, found: str
) -> None:
    with pytest.raises(InputError) as refusal:
        fetch("online-retail", tmp_path, url=host + path, sha256=SHA256)
    assert refusal.value.code == code
    assert found in refusal.value.found
    assert refusal.value.fix
    assert list(tmp_path.iterdir()) == []


def test_other_lines_are_refused_by_their_checksum_and_the_old_file_stays(host: str, tmp_path: Path) -> None:
    (tmp_path / "online_retail.csv.gz").write_bytes(b"mine")
    with pytest.raises(InputError) as refusal:
        fetch("online-retail", tmp_path, url=host + "/good.zip")
    assert refusal.value.code == "checksum"
    assert SHA256 in refusal.value.found
    assert DATASETS["online-retail"].sha256 in refusal.value.found
    assert (tmp_path / "online_retail.csv.gz").read_bytes() == b"mine"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("path", ["/good.zip", "/endless.zip"])
def test_a_body_that_is_too_large_is_refused_with_and_without_its_length(host: str, tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError) as refusal:
        download(host + path, tmp_path / "archive.zip", at_most=1000)
    assert refusal.value.code == "download_too_large"
    file = tmp_path / "archive.zip"
    assert file.stat().st_size <= 1000


def test_a_host_that_is_not_there_is_refused(server: ThreadingHTTPServer, host: str, tmp_path: Path) -> None:
    server.server_close()
    with pytest.raises(InputError) as refusal:
        fetch("online-retail", tmp_path, url=host + "/good.zip")
    assert refusal.value.code == "download_failed"


def test_a_target_that_is_no_folder_is_refused(host: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(InputError) as refusal:
        fetch("online-retail", tmp_path / "taken", url=host + "/good.zip", sha256=SHA256)
    assert refusal.value.code == "not_writable"


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://example.org/a.zip", "retail.zip"])
def test_only_web_addresses_are_opened(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError) as refusal:
        fetch("online-retail", tmp_path, url=url)
    assert refusal.value.code == "bad_url"
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_is_refused_with_a_guess(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="online-retail"):
        fetch("online-retial", tmp_path)


def test_the_declared_checksum_is_that_of_the_real_export(online_retail: Path) -> None:
    with gzip.open(online_retail) as file:
        content = file.read()
    dataset = DATASETS["online-retail"]
    assert hashlib.sha256(content).hexdigest() == dataset.sha256
    assert content.count(b"\n") == dataset.lines + 1
