"""The dialects a model is written in, and where each of them means something else by the same word."""

from __future__ import annotations

from dataclasses import dataclass, field

from coterie.registry import Registry

_GREATEST = "it gives NULL as soon as one of its values is NULL"


@dataclass(frozen=True)
class Dialect:
    """A dialect of SQL.

    Parameters
    ----------
    name : str
        What ``--dialect`` takes, and sqlglot's name for it.
    meaning : str
        The product, and from which version on.
    epoch : str
        Seconds since 1970 of ``{moment}``, a time without zone, fractions kept, as a floating-point number. None of them looks at
        the session's time zone.
    has_booleans : bool
        Whether a query can give true and false; else 1 and 0.
    has_median : bool
        Whether it has an exact median as an aggregate.
    kept : str
        The word that keeps a step from being written out again wherever it is named, and a blank.
    text : str
        How ``x`` becomes text that is compared letter by letter and sorted by code point; empty where a plain cast is.
    timestamp : str
        Type of a time without zone that keeps microseconds; empty where sqlglot's is.
    hash : str
        A function of several values that gives 64 bits; empty where nothing of the house asks for one.
    note : str
        What a reader of a script has to know of the product.
    refused : dict of str to str
        Functions of sqlglot that mean something else here, and what.
    """

    name: str
    meaning: str
    epoch: str
    has_booleans: bool = True
    has_median: bool = True
    kept: str = ""
    text: str = ""
    timestamp: str = ""
    hash: str = ""
    note: str = ""
    refused: dict[str, str] = field(default_factory=dict)


DIALECTS: Registry[Dialect] = Registry("dialect")

DIALECTS.add(Dialect("duckdb", "DuckDB", "EPOCH({moment})", kept="MATERIALIZED "))
DIALECTS.add(
    Dialect(
        "postgres",
        "PostgreSQL 12 or later",
        "CAST(EXTRACT(EPOCH FROM {moment}) AS DOUBLE PRECISION)",
        kept="MATERIALIZED ",
        text='CAST(x AS TEXT) COLLATE "C"',
    )
)
# UNIX_TIMESTAMP goes by the session's time zone: a day of 23 hours would shift a count of days.
_SPARK = (
    "CAST(CAST(DATEDIFF({moment}, DATE '1970-01-01') AS BIGINT) * 86400 + HOUR({moment}) * 3600 + MINUTE({moment}) * 60 "
    "+ EXTRACT(SECOND FROM {moment}) AS DOUBLE)"
)
DIALECTS.add(Dialect("spark", "Spark SQL 3.4 or later, Databricks", _SPARK, hash="XXHASH64"))
DIALECTS.add(Dialect("databricks", "Databricks SQL, runtime 13.3 or later", _SPARK))
DIALECTS.add(
    Dialect("snowflake", "Snowflake", "CAST(DATE_PART(EPOCH_MICROSECOND, CAST({moment} AS TIMESTAMP_NTZ)) AS DOUBLE) / 1000000")
)
DIALECTS.add(
    Dialect(
        "bigquery",
        "BigQuery",
        "DATETIME_DIFF(CAST({moment} AS DATETIME), DATETIME '1970-01-01 00:00:00', MICROSECOND) / 1000000",
        has_median=False,
        note="Quantities and money are INT64 or NUMERIC: BigQuery does not tell equal lines by a FLOAT64.",
        refused={"Greatest": _GREATEST, "Least": _GREATEST},
    )
)
# EXTRACT(EPOCH ...) drops fractions there.
DIALECTS.add(
    Dialect(
        "redshift",
        "Amazon Redshift",
        "CAST(DATEDIFF(MICROSECOND, CAST('1970-01-01' AS TIMESTAMP), {moment}) AS DOUBLE PRECISION) / 1000000",
    )
)
DIALECTS.add(
    Dialect(
        "trino",
        "Trino",
        "TO_UNIXTIME(CAST({moment} AS TIMESTAMP(6)))",
        has_median=False,
        timestamp="TIMESTAMP(6)",
        refused={"Greatest": _GREATEST, "Least": _GREATEST},
    )
)
DIALECTS.add(
    Dialect(
        "mysql",
        "MySQL 8.0.17 or later",
        "CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {moment}) AS DOUBLE) / 1000000",
        has_median=False,
        text="CAST(x AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_0900_bin",
        timestamp="DATETIME(6)",
        refused={"Greatest": _GREATEST, "Least": _GREATEST},
    )
)
DIALECTS.add(
    Dialect(
        "tsql",
        "SQL Server 2022 or later, Azure SQL",
        "CAST(DATEDIFF_BIG(MICROSECOND, '1970-01-01', {moment}) AS FLOAT) / 1000000",
        has_booleans=False,
        has_median=False,
        text="CAST(x AS NVARCHAR(4000)) COLLATE Latin1_General_100_BIN2",
    )
)
