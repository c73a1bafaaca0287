"""The start of the server: what the first page waits for, and what becomes of a run that turns out not to be whole behind it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from coterie.errors import RunError
from coterie.web.library import Library
from coterie.web.movement import compared
from coterie.web.opening import opened
from coterie.web.pages.overview import overview
from coterie.web.pages.visit import Visit
from coterie.web.settings import Settings
from web_server import publish, serving, until

NOT_NEEDED = (
    "sklearn", "scipy", "pandas", "polars", "altair", "pyarrow", "vl_convert", "joblib",
    "coterie.recipe", "coterie.exports", "coterie.comparison", "coterie.assignment", "coterie.clustering", "coterie.pipeline",
)  # fmt: skip
FIRST_PAGE = """
import json, sys
from pathlib import Path
from starlette.testclient import TestClient
from coterie.web.app import create_app
from coterie.web.settings import Settings
app = create_app(Settings(Path(sys.argv[1])))
page = TestClient(app, base_url="http://127.0.0.1").get("/", headers={"accept": "text/html"})
loaded = sorted(set(json.loads(sys.argv[2])) & set(sys.modules))
print(json.dumps([page.status_code, "segments." in page.text, app.state.library.current().read, loaded]))
"""


def damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.fixture
def runs(made_runs: Path, tmp_path: Path) -> Path:
    return publish(made_runs, tmp_path / "runs", "000001", "000002")


def test_the_first_page_waits_for_no_table_and_for_no_module_that_it_does_not_need(runs: Path):
    command = [sys.executable, "-c", FIRST_PAGE, str(runs), json.dumps(NOT_NEEDED)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    assert json.loads(told) == [200, True, False, []]


def test_a_run_is_read_whole_behind_its_first_page(runs: Path):
    library = Library(runs)
    assert (library.current().number, library.current().read) == ("000002", False)
    state = library.check()
    assert (state.run, state.why, library.current().read) == ("000002", None, True)


def test_a_first_run_whose_table_is_damaged_gives_way_to_the_one_before(runs: Path):
    damage(runs / "000002" / "orders.parquet")
    library = Library(runs)
    first = library.current()
    assert first.number == "000002"
    with pytest.raises(RunError) as refusal:
        _ = first.tables
    assert refusal.value.code == "tampered"
    state = library.check()
    assert (state.run, state.why) == ("000001", "run 000002 is not whole (tampered)")
    assert (library.current().number, library.current().read) == ("000001", True)
    assert library.check() == state


def test_customers_are_held_against_their_hash_before_the_first_page(runs: Path):
    damage(runs / "000002" / "customers.parquet")
    assert Library(runs).current().number == "000001"


def test_where_no_run_is_whole_none_answers(runs: Path):
    for number in ("000001", "000002"):
        damage(runs / number / "orders.parquet")
    library = Library(runs)
    assert library.current().number == "000002"
    state = library.check()
    assert (state.run, state.why) == (None, "run 000002 is not whole (tampered)")
    with pytest.raises(RunError) as refusal:
        library.current()
    assert refusal.value.code == "no_run_yet"


def test_a_run_published_later_answers_only_when_all_of_it_is_read(runs: Path, made_runs: Path):
    library = Library(runs)
    library.current()
    publish(made_runs, runs, "000003")
    assert (library.current().number, library.current().read) == ("000003", True)


def test_what_changed_since_the_run_before_is_counted_behind_the_first_page(runs: Path):
    library = opened(Settings(runs))
    visit = Visit(library.current(), library, (), {}, pinned=False)
    day = visit.words.day(as_of(runs / "000001"), short=True)
    assert overview(visit)["changed"] == {"run": "000001", "as_of": day, "figures": []}
    library.check()
    library.settle()
    told = {one["key"]: one["value"] for one in overview(visit)["changed"]["figures"]}
    counted = compared(library, "000001", library.current()).counts
    assert told == {key: visit.words.count(counted[key]) for key in ("moved", "stayed", "new", "gone")}


def test_a_later_run_answers_when_what_changed_is_counted(runs: Path, made_runs: Path):
    library = opened(Settings(runs))
    library.current()
    publish(made_runs, runs, "000003")
    found = library.current()
    assert (found.number, library.hasty(found)) == ("000003", False)
    assert overview(Visit(found, library, (), {}, pinned=False))["changed"]["figures"]


def test_a_server_counts_what_changed_by_itself(runs: Path):
    with serving(runs) as served:
        until(lambda: served.get("/overview.json").json()["changed"]["figures"])
        tag = served.get("/overview.json").headers["etag"]
        assert served.get("/overview.json", headers={"if-none-match": tag}).status_code == 304


def as_of(run: Path) -> str:
    return str(json.loads((run / "manifest.json").read_text())["as_of"])
