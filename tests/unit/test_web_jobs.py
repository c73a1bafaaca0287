"""Jobs: done apart from the server, one after the other, and each ends in words, whatever ends it."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars
import pytest

import coterie as ct
from coterie.errors import BusyError, CoterieError, RecipeError
from coterie.web.jobs import Desk, Limits
from coterie.web.jobs.limits import GIGABYTE
from coterie.web.jobs.order import ordered
from coterie.web.jobs.uploads import Upload, file_name

SECONDS = 60.0


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lines") / "sales.csv"
    polars.from_arrow(ct.simulate(150, seed=5).lines).write_csv(path)
    return path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path / "jobs", tmp_path / "runs", waiting=2)
    opened.open()
    yield opened
    opened.close()


def sent(desk: Desk, file: Path, name: str = "sales.csv") -> Upload:
    upload = desk.shelf.place(name)
    shutil.copyfile(file, upload.path)
    return upload


def at_work(desk: Desk, job: str) -> int:
    """Wait until a job's process has begun to read, and return its id."""
    deadline = time.monotonic() + SECONDS
    while not any(event["event"] == "stage" for _, event in desk.events(job)):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process = desk.process(job)
    assert process
    return process


def test_a_run_is_published_and_the_file_is_gone(desk: Desk, lines: Path):
    upload = sent(desk, lines)
    job = desk.submit(ordered("run", upload, "default", {"k": 3}))
    assert desk.wait(job, SECONDS) == {"event": "done", "run": "000001"}
    stages = [event["stage"] for _, event in desk.events(job) if event["event"] == "stage"]
    assert list(dict.fromkeys(stages)) == ["reading", "cleaning", "features", "clustering", "segments", "publishing"]
    assert ct.open_run(desk.runs).sweep["n_clusters"] == 3
    assert not upload.path.exists()
    assert sorted(file.name for file in (desk.folder / job).iterdir()) == ["events.jsonl"]
    assert (desk.folder.stat().st_mode & 0o777) == 0o700


def test_a_run_like_the_latest_keeps_its_names(desk: Desk, lines: Path):
    for _ in range(2):
        asked = replace(ordered("run", sent(desk, lines), "default", {"k": 3}), like=True)
        last = desk.wait(desk.submit(asked), SECONDS)
        assert last
        if last["run"] == "000001":
            ct.rename(desk.runs, "s1", "Club", reason="Ours.", by="Ada")
    assert (last["run"], ct.open_run(desk.runs).segments["segments"][0]["name"]) == ("000003", "Club")


def test_a_refusal_has_its_words_and_the_file_stays_for_another_try(desk: Desk, tmp_path: Path):
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n")
    upload = sent(desk, bad)
    last = desk.wait(desk.submit(ordered("run", upload, "default", {})), SECONDS)
    assert last
    assert (last["event"], last["error"]) == ("refused", "columns")
    assert last["fix"]
    assert upload.path.exists()
    assert not list(desk.runs.glob("0*"))


def test_a_killed_process_harms_nothing(desk: Desk, lines: Path):
    assert desk.wait(desk.submit(ordered("run", sent(desk, lines), "default", {"k": 3})), SECONDS)
    upload = sent(desk, lines)
    job = desk.submit(ordered("run", upload, "default", {}))
    os.kill(at_work(desk, job), signal.SIGKILL)
    last = desk.wait(job, SECONDS)
    assert last
    assert (last["event"], last["error"], last["found"]) == ("refused", "crashed", "signal SIGKILL.")
    assert not upload.path.exists()
    assert ct.open_run(desk.runs).number == "000001"
    after = desk.wait(desk.submit(ordered("run", sent(desk, lines), "default", {"k": 3})), SECONDS)
    assert after
    assert after["event"] == "done"
    assert not list(desk.runs.glob(".0*"))


def test_a_job_is_cancelled_at_work_and_in_the_queue(desk: Desk, lines: Path):
    first, second = (desk.submit(ordered("run", sent(desk, lines), "default", {})) for _ in range(2))
    process = at_work(desk, first)
    desk.cancel(second)
    desk.cancel(first)
    for job in first, second:
        last = desk.wait(job, SECONDS)
        assert last
        assert last["error"] == "cancelled"
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert not list(desk.runs.glob("[0-9]*"))
    assert not list(desk.shelf.folder.iterdir())


def test_one_more_than_the_queue_holds_is_turned_away(desk: Desk, lines: Path):
    upload = sent(desk, lines)
    jobs = [desk.submit(ordered("run", upload, "default", {}))]
    at_work(desk, jobs[0])
    jobs += [desk.submit(ordered("run", upload, "default", {})) for _ in range(2)]
    with pytest.raises(BusyError, match="Too many"):
        desk.submit(ordered("run", upload, "default", {}))
    # Looking at a file does not wait for the runs.
    found = desk.wait(desk.submit(ordered("check", upload, "default", {})), SECONDS)
    assert found
    assert found["event"] == "done"
    for job in jobs:
        desk.cancel(job)


def test_what_takes_too_long_or_too_much_is_ended_in_words(tmp_path: Path, lines: Path):
    for limits, error in ((Limits(wall=0.3), "timeout"), (Limits(cpu=2), "timeout"), (Limits(disk=20_000), "unwritable")):
        desk = Desk(tmp_path / error / "jobs", tmp_path / "runs", limits=limits)
        desk.open()
        try:
            last = desk.wait(desk.submit(ordered("run", sent(desk, lines), "default", {})), SECONDS)
            assert last
            assert (last["event"], last["error"]) == ("refused", error), last
        finally:
            desk.close()
    with pytest.raises(RecipeError, match="gigabyte"):
        Limits(memory=GIGABYTE - 1)


def test_a_restarted_server_tells_which_jobs_are_lost(tmp_path: Path, lines: Path):
    desk = Desk(tmp_path / "jobs", tmp_path / "runs")
    desk.open()
    job = desk.submit(ordered("run", sent(desk, lines), "default", {}))
    process = at_work(desk, job)
    with pytest.raises(BusyError, match="Another server"):
        Desk(tmp_path / "jobs", tmp_path / "runs").open()
    desk.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    # As after a kill: the account breaks off in the middle of a line.
    events = tmp_path / "jobs" / job / "events.jsonl"
    events.write_bytes(b"".join(events.read_bytes().splitlines(keepends=True)[:2]) + b'{"event": "sta')
    again = Desk(tmp_path / "jobs", tmp_path / "runs")
    again.open()
    try:
        assert again.events(job)[-1][1]["error"] == "lost"
        assert not again.shelf.folder.exists()
    finally:
        again.close()


def test_a_file_that_is_called_like_a_module_is_never_imported(desk: Desk, tmp_path: Path):
    trap = tmp_path / "trap"
    evil = tmp_path / "evil.py"
    evil.write_text(f"open({str(trap)!r}, 'w')\n")
    for name in ("numpy.py", "coterie.py", "sitecustomize.py"):
        assert desk.wait(desk.submit(ordered("check", sent(desk, evil, name), "default", {})), SECONDS)
    assert not trap.exists()


@pytest.mark.parametrize("job", ["../runs", "", "0" * 32, "x" * 32, "0" * 31 + "/"])
def test_a_job_that_is_not_there_is_refused(desk: Desk, job: str):
    with pytest.raises(CoterieError, match="no such job"):
        desk.events(job)


@pytest.mark.parametrize(
    ("recipe", "overrides"),
    [
        ("/etc/passwd", {}),
        ("default", {"clustering": {"n_init": 1000}}),
        ("default", {"reading": {"nonsense": 1}}),
        ("default", {"reading": "x"}),
        ("default", {"publishing": {"customers_csv": "all"}}),
        ("default", {"as_of": "2011-02-30"}),
        ("default", {"k": 1}),
        ("default", {"mapping": {"nonsense": "a"}}),
    ],
)
def test_what_a_browser_may_not_ask_for_is_refused(recipe: str, overrides: dict[str, object]):
    with pytest.raises(RecipeError):
        ordered("run", Upload("0" * 32, "a.csv", Path("a.csv")), recipe, overrides)


@pytest.mark.parametrize(
    "given", ["../../etc/passwd", "..\\x", "/abs", "a\x00b", "\u202ecsv.x", "", "...", "é" * 300 + ".csv", "C:\\a.csv"]
)
def test_a_file_name_is_a_name(given: str):
    name = file_name(given)
    assert name not in ("", ".", "..")
    assert not set(name) & set("/\\\x00\u202e")
    assert len(name.encode()) <= 100


def test_few_files_are_kept(desk: Desk, lines: Path):
    uploads = [sent(desk, lines) for _ in range(6)]
    assert [upload.path.exists() for upload in uploads] == [False, False, True, True, True, True]
    with pytest.raises(CoterieError, match="not here any more"):
        desk.shelf.find(uploads[0].upload)
