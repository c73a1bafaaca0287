"""Answers of locked tables are kept where they took long, and are always what the tables would say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from coterie.engines import locked
from coterie.engines.locked import LockedTables

LARGEST = "SELECT id, place FROM people WHERE id >= ? ORDER BY id DESC LIMIT 3"


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LockedTables:
    monkeypatch.setattr(locked, "_WORTH", 0.0)  # everything is worth keeping
    file = tmp_path / "people.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"id": range(500), "place": [f"p{one}" for one in range(500)]}), file)
    return LockedTables({"people": file})


def asked_of_the_database(tables: LockedTables, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that fills with every query that reaches a session."""
    reached: list[str] = []
    query = locked._query

    def noted(session: Any, sql: str) -> Any:
        reached.append(sql)
        return query(session, sql)

    monkeypatch.setattr(locked, "_query", noted)
    return reached


def test_the_same_is_found_once(tables: LockedTables, monkeypatch: pytest.MonkeyPatch) -> None:
    reached = asked_of_the_database(tables, monkeypatch)
    first = tables.rows(LARGEST, [10])
    first[0]["id"] = "scribbled over"
    del first[1:]
    assert [row["id"] for row in tables.rows(LARGEST, [10])] == [499, 498, 497]
    assert [row["id"] for row in tables.rows(LARGEST, [10])] == [499, 498, 497]
    assert len(reached) == 1


def test_other_values_are_another_question(tables: LockedTables) -> None:
    typed = "SELECT typeof(?) AS kind"
    assert [tables.rows(LARGEST, [least])[-1]["id"] for least in (10, 498, 10)] == [497, 498, 497]
    assert len({tables.rows(typed, [one])[0]["kind"] for one in (1, 1.0, True, "1")}) == 4


def test_long_answers_and_more_than_so_many_are_not_kept(tables: LockedTables) -> None:
    everybody = tables.rows("SELECT id FROM people ORDER BY id")
    assert len(everybody) == 500
    assert not tables._kept
    for least in range(200):
        tables.rows(LARGEST, [least])
        tables.rows(LARGEST, [0])
    assert len(tables._kept) == locked._KEPT
    assert (LARGEST, ((int, 0),)) in tables._kept  # asked for again and again
    assert (LARGEST, ((int, 1),)) not in tables._kept
