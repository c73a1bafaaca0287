"""Rows put behind those of a Parquet file: the same rows as of both, for whoever reads it, or nothing is written."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.deliveries.behind import put_behind
from coterie.deliveries.thrift import (
    BINARY,
    BYTE,
    DOUBLE,
    FALSE,
    I16,
    I32,
    I64,
    LIST,
    STRUCT,
    TRUE,
    UUID,
    read_struct,
    write_struct,
)

numbers = st.integers(-(2**63), 2**63 - 1)
values = st.deferred(
    lambda: st.one_of(
        st.sampled_from([(TRUE, None), (FALSE, None)]),
        st.tuples(st.sampled_from([I16, I32, I64]), numbers),
        st.tuples(st.just(BINARY), st.binary(max_size=200)),
        st.tuples(st.just(BYTE), st.binary(min_size=1, max_size=1)),
        st.tuples(st.just(DOUBLE), st.binary(min_size=8, max_size=8)),
        st.tuples(st.just(UUID), st.binary(min_size=16, max_size=16)),
        st.tuples(st.just(STRUCT), structs),
        st.lists(numbers, max_size=20).map(lambda many: (LIST, (I64, many))),
        st.lists(structs, max_size=3).map(lambda many: (LIST, (STRUCT, many))),
    )
)
structs = st.dictionaries(st.integers(-300, 300).filter(bool), values, max_size=4)


@given(structs)
def test_a_structure_is_read_as_it_was_written(struct: dict) -> None:
    assert read_struct(write_struct(struct)) == struct


def test_a_structure_is_what_the_protocol_says() -> None:
    """By hand: field 1 is the number 150, field 3 the text ``ab``, field 40 is true."""
    assert write_struct({1: (I32, 150), 3: (BINARY, b"ab"), 40: (TRUE, None)}) == bytes.fromhex("15ac0228026162015000")


@given(structs, st.data())
def test_a_structure_that_is_cut_is_refused(struct: dict, data: st.DataObject) -> None:
    whole = write_struct(struct)
    with pytest.raises(ValueError, match="ends too early"):
        read_struct(whole[: data.draw(st.integers(0, len(whole) - 1))])


ROWS = (
    "SELECT 'id' || i AS id, CASE WHEN i % 7 > 0 THEN i END AS n, (i / 3)::DECIMAL(18, 6) AS price, "
    "TIMESTAMP '2011-01-01' + INTERVAL (i) MINUTE AS moment, "
    "CASE WHEN i % 5 = 0 THEN NULL ELSE repeat('long text ', i % 9) END AS told "
    "FROM range({}, {}) AS r(i)"
)


def written(folder: Path, name: str, query: str, options: str = "") -> Path:
    with duckdb.connect() as engine:
        engine.execute(f"COPY ({query}) TO '{folder / name}' (FORMAT parquet, COMPRESSION zstd{options})")
    return folder / name


@pytest.mark.parametrize("size", [1, 4000])
def test_the_rows_are_those_of_both_for_every_reader(tmp_path: Path, size: int) -> None:
    first = written(tmp_path, "first.parquet", ROWS.format(0, 9000), ", ROW_GROUP_SIZE 4096")
    files, place = [first], first
    for number in range(3):
        files.append(written(tmp_path, f"{number}.parquet", ROWS.format(9000 + size * number, 9000 + size * (number + 1))))
        behind, place = place, tmp_path / f"{number}-behind.parquet"
        assert put_behind(behind, files[-1], place)
    expected = pyarrow.concat_tables([pyarrow.parquet.read_table(file) for file in files])
    found = pyarrow.parquet.ParquetFile(place)
    assert found.read().equals(expected)
    assert found.metadata.num_row_groups == 6
    for group in range(6):
        assert found.metadata.row_group(group).column(0).statistics.min.startswith("id")
    with duckdb.connect() as engine:
        assert engine.execute(f"FROM '{place}'").fetchall() == [tuple(row.values()) for row in expected.to_pylist()]
        # Through statistics and filters of each block.
        for one in (0, 5000, 9000, 9000 + 2 * size):
            assert engine.execute(f"SELECT n IS NULL OR n = {one} FROM '{place}' WHERE id = 'id{one}'").fetchall() == [(True,)]
            assert engine.execute(
                f"SELECT id FROM '{place}' WHERE moment = TIMESTAMP '2011-01-01' + INTERVAL ({one}) MINUTE"
            ).fetchall() == [(f"id{one}",)]


def test_nothing_is_put_behind_other_columns(tmp_path: Path) -> None:
    first = written(tmp_path, "first.parquet", ROWS.format(0, 10))
    for number, query in enumerate(["SELECT 1 AS id", f"SELECT * REPLACE (n::DOUBLE AS n) FROM ({ROWS.format(10, 20)})"]):
        other = written(tmp_path, f"{number}.parquet", query)
        assert not put_behind(first, other, tmp_path / "place.parquet")
    assert not (tmp_path / "place.parquet").exists()


def test_a_file_does_not_gather_small_blocks_without_end(tmp_path: Path) -> None:
    place = written(tmp_path, "first.parquet", ROWS.format(0, 10))
    more = written(tmp_path, "more.parquet", ROWS.format(10, 20))
    for number in range(200):
        behind, place = place, tmp_path / f"{number}.parquet"
        if not put_behind(behind, more, place):
            break
    assert pyarrow.parquet.read_metadata(behind).num_row_groups == 100


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    first = written(tmp_path, "first.parquet", ROWS.format(0, 10))
    (tmp_path / "cut.parquet").write_bytes(first.read_bytes()[:-1])
    with pytest.raises(ValueError, match="no Parquet file"):
        put_behind(tmp_path / "cut.parquet", first, tmp_path / "place.parquet")
