"""Spark as a place where lines lie: named queries, tables that are computed once, rows as Arrow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coterie.engines.base import literal
from coterie.engines.dialects import DIALECTS, Dialect
from coterie.engines.spark.refusals import judged
from coterie.engines.spark.session import Application
from coterie.engines.spark.watch import Watch
from coterie.engines.there import spoken

if TYPE_CHECKING:
    import pyarrow

_LANES = range(1, 61, 15)
"""As in `coterie.sources.rows`: where 15 hex digits each of a row's hash begin."""
_FILES, _ROWS = 2**31, 2**32
"""Numbers that the names of files are given, and the rows that a file can have."""
_FEW = 2
"""Parts of a result that are fetched as they are computed; more are computed side by side before."""


class SparkPlace:
    """Tables of a Spark session.

    What is kept lies in the executors' memory and spills to their disks; a worker that is lost takes its part with it, and that
    part is computed again from the lines.

    Parameters
    ----------
    master : str, optional
        Such as ``"local[2]"`` or ``"spark://host:7077"``. By default the application that this process runs already, as in a
        notebook on a cluster; else this machine's cores.
    memory : str, optional
        Such as ``"4GB"``: of each executor; on this machine alone, of the whole, by default half of the machine's.
    patience : float, default 60
        Seconds that the cluster may be without any worker, at the start and later.
    settings : mapping of str to str, optional
        Spark's own, such as ``{"spark.executor.cores": "4"}``.

    Raises
    ------
    InputError
        If pyspark or Java is missing, nothing answers at the master, or no worker comes; later, if all workers are lost, or memory.
    """

    numbering = "coterie_row"
    apart = True

    def __init__(
        self, master: str | None = None, *, memory: str | None = None, patience: float = 60.0,
        settings: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.application = Application(master, memory=memory, patience=patience, settings=settings)
        self.session = self.application.session
        self._kept: dict[str, Any] = {}
        self._watch: Watch | None = None
        if not self.application.local:
            self._watch = Watch(lambda: self.application.stuck, self.application.context.cancelAllJobs, patience)

    @property
    def dialect(self) -> Dialect:
        """Spark SQL, in a session whose time zone is UTC."""
        return replace(DIALECTS["spark"], epoch="UNIX_MICROS(CAST({moment} AS TIMESTAMP_LTZ)) / 1000000D")

    def read_parquet(self, name: str, paths: Sequence[str | Path]) -> None:
        """Name and number the rows of Parquet files, or of folders of them, where the executors can read them; none is read yet."""
        with self.judged():
            frame = self.session.read.option("mergeSchema", "true").parquet(*map(str, paths))
            self.application.reads(int(str(frame._jdf.queryExecution().optimizedPlan().stats().sizeInBytes())))
            self._name(name, frame.selectExpr("*", f"{self._number(frame.inputFiles())} AS {self.numbering}"))

    def keep(self, name: str, sql: str) -> None:
        """Make the rows of a query a table, computed once, in the place of one of that name."""
        from pyspark import StorageLevel

        with self.judged():
            frame = self._cut(self.session.sql(sql)).persist(StorageLevel.MEMORY_AND_DISK)
            frame.count()
            self._name(name, frame)
            self._kept[name] = frame

    def view(self, name: str, sql: str) -> None:
        """Name a query, in the place of one of that name."""
        with self.judged():
            self._name(name, self.session.sql(sql))

    def fetch(self, sql: str) -> pyarrow.RecordBatchReader:
        """Return a query's rows, in its order, as they come: a part of them at a time is in the driver's memory."""
        with self.judged():
            return self.rows_of(self.session.sql(sql))

    def take(self, name: str, table: pyarrow.Table) -> None:
        """Make an Arrow table queryable there."""
        with self.judged():
            self._name(name, self.session.createDataFrame(table))

    def columns(self, relation: str) -> dict[str, str]:
        """Return the columns of a table, view or parenthesised query with their types as Spark has them."""
        with self.judged():
            schema = self.session.sql(f"SELECT * FROM {relation}").schema
        return {field.name: field.dataType.simpleString() for field in schema if field.name != self.numbering}

    def digest(self, relation: str, columns: Sequence[str]) -> tuple[str, int, int]:
        """Return a SHA-256 of rows in whatever order, how many they are, and the bytes of their values as text."""
        values = ", ".join(f"coalesce(CAST({quoted(column)} AS STRING), char(30))" for column in columns)
        lanes = ", ".join(f"sum(CAST(CAST(conv(substring(hash, {at}, 15), 16, 10) AS BIGINT) AS DECIMAL(38, 0)))" for at in _LANES)
        found = self.fetch(
            f"SELECT count(*), sum(octet_length(text)), {lanes} FROM (SELECT text, sha2(text, 256) AS hash FROM "
            f"(SELECT concat_ws(char(31), {values}) AS text FROM {relation}) AS texts) AS hashed"
        ).read_all()
        rows, size, *added = (column[0].as_py() for column in found.columns)
        sums = (int(one or 0) for one in added)
        return hashlib.sha256(repr((tuple(columns), rows, *sums)).encode()).hexdigest(), rows, int(size or 0)

    def close(self) -> None:
        """End every job, of other threads too, and the application where it was started here; delete its folder."""
        if self._watch is not None:
            self._watch.stop()
        if not self.application.own:
            for frame in self._kept.values():
                frame.unpersist()
        self._kept.clear()
        self.application.stop()

    def rows_of(self, frame: Any) -> pyarrow.RecordBatchReader:
        """Return the rows of a frame of Spark's as Arrow."""
        import pyarrow
        from pyspark import RDD, StorageLevel
        from pyspark.serializers import NoOpSerializer

        schema = pyarrow.schema([pyarrow.field(field.name, _arrow(field.dataType)) for field in frame.schema])
        parts: RDD[bytes] = RDD(frame._jdf.toArrowBatchRdd().toJavaRDD(), self.application.context, NoOpSerializer())
        many = parts.getNumPartitions() > _FEW
        if many:
            # One part after the other comes here, so they are computed side by side before.
            parts.persist(StorageLevel.MEMORY_AND_DISK)
            parts._jrdd.count()

        def batches() -> Iterator[pyarrow.RecordBatch]:
            with self.judged():
                try:
                    for batch in parts.toLocalIterator(prefetchPartitions=True):
                        yield pyarrow.ipc.read_record_batch(pyarrow.py_buffer(batch), schema)
                finally:
                    if many:
                        parts.unpersist()

        return pyarrow.RecordBatchReader.from_batches(schema, batches())

    def _cut(self, frame: Any) -> Any:
        """Return a frame whose plan is a leaf: plans would grow with every step, and Spark with them ever slower.

        What its rows come from, file by file and shuffle by shuffle, stays known to them: what is lost is computed again.
        """
        from pyspark.sql import DataFrame

        planned = frame._jdf.queryExecution()
        rows = self.session._jsparkSession.internalCreateDataFrame(planned.toRdd(), frame._jdf.schema(), False)
        return DataFrame(rows, self.session)

    def _number(self, files: Sequence[str]) -> str:
        """Return the SQL of a row's number: its place in its file, and above that a number of the file's name.

        Whoever reads a file again, and however it is cut then, gives a row the same number, and no line is read for it.
        """
        if len(files) == 1:
            return "_metadata.row_index"
        listed = ", ".join(f"({literal(file)})" for file in files)
        for seed in count():
            number = f"pmod(xxhash64({seed}, {{}}), {_FILES})"
            numbers = f"SELECT count(DISTINCT {number.format('name')}) FROM (VALUES {listed}) AS files(name)"
            if self.session.sql(spoken(numbers, self.dialect)).collect()[0][0] == len(files):
                break
        return f"{number.format('_metadata.file_path')} * {_ROWS} + _metadata.row_index"

    def judged(self) -> AbstractContextManager[None]:
        """Turn what a person can act on, of what Spark says in the block, into refusals."""
        return judged(self.application.said, lambda: self._watch.reason if self._watch else "")

    def _name(self, name: str, frame: Any) -> None:
        frame.createOrReplaceTempView(name)
        replaced = self._kept.pop(name, None)
        if replaced is not None:
            replaced.unpersist()


def quoted(name: str) -> str:
    """Return a name as Spark quotes it.

    Examples
    --------
    >>> quoted("Order `no`")
    '`Order ``no```'
    """
    return "`" + name.replace("`", "``") + "`"


def _arrow(kind: Any) -> Any:
    """Return the Arrow type that Spark writes a type of its own as."""
    import pyarrow

    name = kind.simpleString()
    if name.startswith("decimal"):
        return pyarrow.decimal128(kind.precision, kind.scale)
    return {
        "string": pyarrow.string(),
        "binary": pyarrow.binary(),
        "boolean": pyarrow.bool_(),
        "tinyint": pyarrow.int8(),
        "smallint": pyarrow.int16(),
        "int": pyarrow.int32(),
        "bigint": pyarrow.int64(),
        "float": pyarrow.float32(),
        "double": pyarrow.float64(),
        "date": pyarrow.date32(),
        "timestamp_ntz": pyarrow.timestamp("us"),
        "timestamp": pyarrow.timestamp("us", tz="UTC"),
        "void": pyarrow.null(),
    }[name]
