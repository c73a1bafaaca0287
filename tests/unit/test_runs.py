"""Runs are whole or not there: atomic, numbered, checked by hash, and a dead writer's leftovers are collected."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from coterie.document import seal
from coterie.errors import BusyError, RunError
from coterie.runs import open_run, reserve, resolve
from coterie.runs import store as store_module

MANIFEST = {"schema": 1, "as_of": "2011-12-10"}


def publish(root: Path, text: str = "hello") -> Path:
    with reserve(root) as reserved:
        (reserved.folder / "sweep.json").write_text(text)
        return reserved.publish({**MANIFEST, "run": reserved.number})


def test_runs_are_numbered_and_latest_points_to_the_last(tmp_path: Path) -> None:
    assert [publish(tmp_path).name for _ in range(3)] == ["000001", "000002", "000003"]
    assert (tmp_path / "latest").read_text() == "000003\n"
    assert resolve(tmp_path / "latest") == resolve(tmp_path) == [tmp_path / "000003"]
    assert sorted(e.name for e in tmp_path.iterdir()) == [".lock", "000001", "000002", "000003", "latest"]


def test_a_run_that_fails_leaves_nothing(tmp_path: Path) -> None:
    publish(tmp_path)

    def fail() -> None:
        with reserve(tmp_path) as reserved:
            (reserved.folder / "sweep.json").write_text("half")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    assert sorted(e.name for e in tmp_path.iterdir()) == [".lock", "000001", "latest"]


def test_two_runs_at_once_get_their_own_numbers(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda i: publish(tmp_path, str(i)), range(16)))
    assert sorted(path.name for path in paths) == [f"{i:06d}" for i in range(1, 17)]
    assert {open_run(path).number for path in paths} == {path.name for path in paths}
    assert (tmp_path / "latest").read_text() == "000016\n"


def test_a_killed_writer_leaves_the_old_run_and_its_leftovers_are_collected(tmp_path: Path) -> None:
    publish(tmp_path)
    script = (
        "import sys, pathlib\nfrom coterie.runs import reserve\n"
        "with reserve(pathlib.Path(sys.argv[1])) as r:\n"
        "    (r.folder / 'sweep.json').write_text('half')\n    print(r.number, flush=True)\n    sys.stdin.read()\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    assert writer.stdin is not None
    assert writer.stdout.readline() == b"000002\n"
    assert resolve(tmp_path / "latest") == [tmp_path / "000001"]
    # A living writer keeps its number; a run beside it takes the next.
    assert publish(tmp_path).name == "000003"
    assert (tmp_path / ".000002.partial").is_dir()
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait(10)
    writer.stdin.close()
    writer.stdout.close()
    assert publish(tmp_path).name == "000004"
    assert not list(tmp_path.glob(".0*"))


@pytest.mark.parametrize("name", ["sweep.json", "manifest.json"])
def test_a_flipped_byte_is_caught_before_it_is_parsed(tmp_path: Path, name: str) -> None:
    path = publish(tmp_path, '{"k": 4}')
    raw = bytearray((path / name).read_bytes())
    for position in range(0, len(raw), max(1, len(raw) // 20)):
        flipped = bytes(raw[:position]) + bytes([raw[position] ^ 1]) + bytes(raw[position + 1 :])
        (path / name).write_bytes(flipped)
        with pytest.raises(RunError):
            open_run(path).sweep  # noqa: B018
    (path / name).write_bytes(raw)
    assert open_run(path).sweep == {"k": 4}


def test_a_missing_pointer_means_the_newest_run(tmp_path: Path) -> None:
    publish(tmp_path)
    publish(tmp_path)
    (tmp_path / "latest").unlink()
    run = open_run(tmp_path / "latest")
    assert run.number == "000002"
    assert "latest is missing" in run.caution
    # The newest that is whole: a damaged one is passed over.
    (tmp_path / "000002" / "manifest.json").write_text("{}")
    assert open_run(tmp_path).number == "000001"
    with pytest.raises(RunError):
        open_run(tmp_path / "000002")


@pytest.mark.parametrize("path", ["nothing", "nothing/latest", "latest/000009"])
def test_what_is_no_run_is_refused(tmp_path: Path, path: str) -> None:
    publish(tmp_path)
    with pytest.raises(RunError, match="is not a run"):
        open_run(tmp_path / path)


def test_a_manifest_of_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = publish(tmp_path)
    import json

    document = seal({**json.loads((path / "manifest.json").read_bytes()), "schema": 9})
    (path / "manifest.json").write_text(json.dumps(document))
    with pytest.raises(RunError, match="another schema"):
        open_run(path)


def test_a_folder_that_cannot_be_written_is_refused_before_work_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match="cannot be written") as refusal, reserve(tmp_path / "file" / "runs"):
        pass
    assert "bytes free" in refusal.value.found


def test_a_held_lock_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_PATIENCE", 0.1)
    publish(tmp_path)
    with store_module._locked(tmp_path / ".lock"), pytest.raises(BusyError) as refusal, reserve(tmp_path):
        pass
    assert refusal.value.exit_code == 75
    assert str(os.getpid()) in refusal.value.found


def test_a_frame_of_a_library_that_is_absent_is_refused_with_a_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with reserve(tmp_path) as reserved:
        pyarrow.parquet.write_table(pyarrow.table({"customer_id": ["17850"]}), reserved.folder / "customers.parquet")
        run = open_run(reserved.publish({**MANIFEST, "run": reserved.number}))
    assert run.customers("polars").height == 1
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(RunError, match="needs polars") as refusal:
        run.customers("polars")
    assert "arrow" in refusal.value.fix
    assert run.customers("arrow").num_rows == 1
