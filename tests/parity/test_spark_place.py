"""Spark as a place where lines lie: on this machine's cores, and on a cluster that loses workers."""

from __future__ import annotations

import datetime
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from coterie.engines import open_engine
from coterie.engines.spark import SparkPlace
from coterie.errors import CoterieError, InputError, RecipeError
from coterie.sources.rows import digest_of_rows
from spark import SETTINGS, Cluster, cluster, java, running_cluster, tasks_run, until  # noqa: F401
from warehouse import adversarial_lines

pytestmark = pytest.mark.slow
NUMBERED = "SELECT *, coterie_row AS source_row FROM sold"
SUMMED = "SELECT count(*), count(DISTINCT source_row), sum(hash(source_row, invoice_no, customer_id, price)) FROM numbered"
ANEW = SUMMED.replace("numbered", f"({NUMBERED})")
"""Planned whenever it is asked, for as many cores as there are then."""


@pytest.fixture(scope="module")
def lines() -> pa.Table:
    return adversarial_lines()


@pytest.fixture(scope="module")
def folder(lines: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of the lines in several files."""
    made = tmp_path_factory.mktemp("sold")
    for i, at in enumerate(range(0, lines.num_rows, 4000)):
        pyarrow.parquet.write_table(lines.slice(at, 4000), made / f"part-{i:02}.parquet")
    return made


@pytest.fixture(scope="class")
def place() -> Iterator[SparkPlace]:
    java()
    place = SparkPlace("local[2]", memory="1GB", settings=SETTINGS)
    yield place
    place.close()


class TestHere:
    """On this machine's cores."""

    def test_files_are_a_relation_with_types(self, place: SparkPlace, folder: Path) -> None:
        place.read_parquet("sold", [folder])
        assert place.columns("sold") == {
            "invoice_no": "string", "product_id": "string", "description": "string", "quantity": "double",
            "invoice_date": "timestamp_ntz", "price": "double", "customer_id": "string", "country": "string",
        }  # fmt: skip
        assert place.columns("(SELECT CAST(price AS DECIMAL(18, 6)) AS p FROM sold) AS s") == {"p": "decimal(18,6)"}

    def test_rows_come_back_as_they_are_and_in_their_order(self, place: SparkPlace, lines: pa.Table) -> None:
        place.take("taken", lines)
        came = place.fetch("SELECT * FROM taken").read_all()
        assert came.schema == lines.schema
        assert repr(rows_of(came)) == repr(rows_of(lines))
        place.take("many", pa.table({"n": list(range(50_000))}))
        assert place.fetch("SELECT n FROM many ORDER BY n DESC").read_all()["n"].to_pylist() == list(range(49_999, -1, -1))
        typed = place.fetch(
            "SELECT CAST(0.1 AS DECIMAL(18, 6)) AS d, DATE '2011-06-02' AS day, TRUE AS yes, CAST(NULL AS STRING) AS none, "
            "CAST(1 AS INT) AS i, 1.5D AS f, TIMESTAMP_NTZ '2012-02-29 23:59:59.999999' AS leap"
        ).read_all()
        leap = datetime.datetime(2012, 2, 29, 23, 59, 59, 999999)
        assert rows_of(typed) == [(Decimal("0.100000"), datetime.date(2011, 6, 2), True, None, 1, 1.5, leap)]
        assert place.fetch("SELECT * FROM taken WHERE price = -5").read_all().num_rows == 0

    def test_a_table_is_computed_once_and_can_be_replaced_by_what_reads_it(self, place: SparkPlace, lines: pa.Table) -> None:
        place.keep("drawn", "SELECT id, rand() AS r FROM range(1000)")
        first = place.fetch("SELECT sum(r) FROM drawn").read_all()
        assert place.fetch("SELECT sum(r) FROM drawn").read_all() == first
        place.keep("drawn", "SELECT * FROM drawn WHERE id < 10 UNION ALL SELECT * FROM drawn WHERE id >= 990")
        place.view("few", "SELECT * FROM drawn WHERE id % 2 = 0")
        assert rows_of(place.fetch("SELECT count(*) FROM few").read_all()) == [(10,)]
        place.view("few", "SELECT 1 AS one")
        assert rows_of(place.fetch("SELECT * FROM few").read_all()) == [(1,)]

    def test_rows_have_the_hash_that_they_have_here(self, place: SparkPlace, lines: pa.Table) -> None:
        names = [name for name in lines.column_names if name not in ("quantity", "price")]
        place.take("taken", lines)
        with open_engine() as engine:
            engine.register("taken", lines)
            assert place.digest("taken", names) == digest_of_rows(engine, "taken", names)
        count = lines.num_rows
        place.view("turned", "SELECT * FROM taken ORDER BY price DESC")
        assert place.digest("turned", lines.column_names) == place.digest("taken", lines.column_names)
        place.view("other", "SELECT * FROM taken WHERE invoice_no <> 'L1' OR invoice_no IS NULL")
        assert place.digest("other", names)[1] == count - 1
        assert place.digest("other", names)[0] != place.digest("taken", names)[0]
        place.view("nothing", "SELECT * FROM taken WHERE 1 = 0")
        assert place.digest("nothing", names)[1:] == (0, 0)

    def test_a_line_keeps_its_number_whatever_is_asked_of_it(self, place: SparkPlace, folder: Path) -> None:
        place.read_parquet("sold", [folder])
        place.view("numbered", NUMBERED)
        whole = rows_of(place.fetch("SELECT source_row, invoice_no FROM numbered").read_all())
        assert len({row for row, _ in whole}) == len(whole)
        narrow = rows_of(place.fetch("SELECT source_row, invoice_no FROM numbered WHERE price < 0 OR quantity < 0").read_all())
        assert narrow
        assert set(narrow) <= set(whole)

    def test_settings_of_the_session_are_not_the_machines(self, place: SparkPlace) -> None:
        spoken = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true"}
        assert {key: place.session.conf.get(key) for key in spoken} == spoken
        conf = place.application.context.getConf()
        assert conf.get("spark.driver.bindAddress") == "127.0.0.1"
        assert conf.get("spark.driver.memory") == "1g"

    def test_another_master_in_the_same_process_is_refused(self, place: SparkPlace) -> None:
        refused("other_master", lambda: SparkPlace("local[1]"))
        again = SparkPlace(memory="1GB")
        again.keep("mine", "SELECT 1 AS one")
        again.close()
        assert rows_of(place.fetch("SELECT 1").read_all()) == [(1,)]


def test_jobs_end_with_the_place_and_nothing_is_left() -> None:
    java()
    place = SparkPlace("local[1]", memory="600MB", settings=SETTINGS)
    temporary, failures = place.application._folder, []

    def ask() -> None:
        try:
            place.fetch("SELECT sum(sqrt(a.id * b.id)) FROM range(3000000) AS a CROSS JOIN range(3000000) AS b").read_all()
        except Exception as error:
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    until(lambda: tasks_run(place)[0] > 0, "a task runs")
    place.close()
    asking.join(timeout=60)
    assert not asking.is_alive()
    assert failures
    assert not temporary.exists()


def test_lines_that_need_more_memory_than_there_is_are_refused() -> None:
    java()
    place = SparkPlace("local[1]", memory="500MB", settings={**SETTINGS, "spark.sql.ansi.enabled": "true"})
    try:
        error = refused("limit", lambda: place.fetch("SELECT length(repeat(repeat('x', 1000000), 1500)) AS long").read_all())
        assert "--memory-limit" in error.fix
    finally:
        place.close()


class TestRefusals:
    """What is said before anything has started."""

    def test_a_master_that_is_not_there(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        began = time.monotonic()
        error = refused("unreached", lambda: SparkPlace(f"spark://127.0.0.1:{port}"))
        assert str(port) in error.wrong
        assert time.monotonic() - began < 30  # Spark itself takes a minute to give up
        refused("unreached", lambda: SparkPlace("spark://127.0.0.1"))

    def test_an_amount_of_memory_that_is_none(self) -> None:
        with pytest.raises(RecipeError, match="no amount of memory"):
            SparkPlace("local[1]", memory="lots")

    @pytest.mark.parametrize(
        ("before", "code"),
        [("sys.modules['pyspark'] = None", "not_installed"), ("os.environ.update(PATH='', JAVA_HOME='')", "no_java")],
    )
    def test_what_is_not_installed(self, before: str, code: str) -> None:
        text = f"""
import os, sys
{before}
from coterie.engines.spark import SparkPlace
from coterie.errors import CoterieError
try:
    SparkPlace("local[1]")
except CoterieError as error:
    print(error.code, "|", error.fix)
"""
        said = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=True).stdout
        assert said.startswith(f"{code} | ")
        assert "install" in said

    def test_a_cluster_without_a_worker(self) -> None:
        with running_cluster(workers=0) as empty:
            error = refused("no_worker", lambda: SparkPlace(empty.master, patience=1.0, settings=SETTINGS))
            assert "start a worker" in error.fix


def test_workers_are_lost_and_the_rows_stay_the_same(cluster: Cluster, folder: Path) -> None:  # noqa: F811
    """One between two queries, one while a stage runs; both, and it is said; nothing is left running."""
    place = SparkPlace(cluster.master, patience=3.0, settings=SETTINGS)
    try:
        until(lambda: place.application.workers == 2, "both workers give an executor")
        place.read_parquet("sold", [folder])
        place.keep("numbered", NUMBERED)
        place.keep("summed", "SELECT customer_id, sum(quantity) AS q, count(*) AS n FROM numbered GROUP BY customer_id")
        asked = "SELECT * FROM summed ORDER BY customer_id, n"
        before = [rows_of(place.fetch(sql).read_all()) for sql in (SUMMED, ANEW, asked)]
        assert before[0] == before[1]
        # What it kept in memory, and what others were to fetch from it, is gone.
        cluster.workers[0].kill()
        until(lambda: place.application.workers == 1, "the executor of the lost worker is gone")
        assert repr([rows_of(place.fetch(sql).read_all()) for sql in (SUMMED, ANEW, asked)]) == repr(before)
        cluster.add_worker()
        until(lambda: place.application.workers == 2, "a new worker gives an executor")
        long = (
            "SELECT k, count(*) AS n, sum(v) AS s FROM (SELECT id % 101 AS k, crc32(sha2(CAST(id AS STRING), 512)) AS v "
            "FROM range(0, 3000000, 1, 40)) AS made GROUP BY k ORDER BY k"
        )
        came: list[Any] = []
        asking = threading.Thread(target=lambda: came.append(rows_of(place.fetch(long).read_all())))
        asking.start()
        until(lambda: min(tasks_run(place)) > 0, "a stage has done some of its tasks and runs others")
        cluster.workers[1].kill()
        assert asking.is_alive()
        asking.join()
        assert came == [rows_of(place.fetch(long).read_all())]
        assert sum(n for _, n, _ in came[0]) == 3_000_000
        for worker in cluster.workers:
            worker.kill()
        error = refused("worker_lost", lambda: place.fetch(long.replace("101", "103")).read_all())
        assert "3 seconds" in error.found
    finally:
        place.close()


def rows_of(table: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def refused(code: str, what: Callable[[], Any]) -> CoterieError:
    with pytest.raises(InputError) as found:
        what()
    assert found.value.code == code, found.value
    return found.value
