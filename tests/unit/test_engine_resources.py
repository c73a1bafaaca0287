"""Memory and disks that are too small are named as such."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import coterie as ct
from coterie.cli.app import app
from coterie.engines import open_engine
from coterie.errors import InputError, RecipeError, RunError
from coterie.runs import reserve


def test_too_little_memory_is_said_and_how_to_get_more() -> None:
    with open_engine(memory_limit="1MB") as engine, pytest.raises(InputError, match="more memory than there is") as raised:
        engine.run("CREATE TABLE wide AS SELECT range AS a, range::VARCHAR AS b FROM range(1000000) ORDER BY b")
    assert raised.value.code == "limit"


@pytest.mark.parametrize("limit", ["foo", "", "2", "2XB"])
def test_a_limit_that_is_no_amount_of_memory_is_refused(limit: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="is no amount of memory") as raised:
        ct.run(tmp_path / "sales.csv", out=tmp_path / "runs", memory_limit=limit)
    assert (raised.value.code, raised.value.fix) == ("memory_limit", "--memory-limit 2GB")
    assert [entry.name for entry in (tmp_path / "runs").iterdir()] == [".lock"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc on this system")
def test_the_free_bytes_are_those_of_the_disk_in_question() -> None:
    with pytest.raises(RunError, match="Found: 0 bytes free there"), reserve(Path("/proc/coterie/runs")):
        pass


def test_the_command_line_caps_the_engine(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    said = CliRunner().invoke(app, ["run", str(tmp_path / "sales.csv"), "--memory-limit", "much", "--out", str(tmp_path / "runs")])
    assert said.exit_code == 2
    assert "memory_limit='much' is no amount of memory" in said.output
