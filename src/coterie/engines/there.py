"""Tables that lie elsewhere, in a database or on a cluster: the house's SQL, said in the dialect of the place."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from coterie.engines.base import Engine
from coterie.engines.dialects import Dialect
from coterie.engines.place import Place
from coterie.engines.portable import portable

if TYPE_CHECKING:
    from sqlglot import exp

FLAGS = frozenset({"is_return", "met_a_return"})
"""Columns that are true or false."""
_MOMENT = "coterie_moment_"


class There:
    """Tables of a place, by the house's own SQL.

    Parameters
    ----------
    place : Place
        A database or a cluster.
    """

    def __init__(self, place: Place) -> None:
        self.place = place

    def run(self, sql: str) -> None:
        """Make a table or a view: ``CREATE OR REPLACE TABLE ... AS ...`` and ``CREATE OR REPLACE VIEW ... AS ...``."""
        import sqlglot
        from sqlglot import exp

        made = sqlglot.parse_one(sql, read="duckdb")
        assert isinstance(made, exp.Create), sql
        make = self.place.keep if made.kind == "TABLE" else self.place.view
        make(made.this.name, _said(made.expression, self.place.dialect))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute a query and return its rows; decimals that are not cast may come as text."""
        found: list[tuple[Any, ...]] = []
        for batch in self.place.fetch(spoken(sql, self.place.dialect)):
            found += zip(*(column.to_pylist() for column in batch.columns), strict=True)
        return found

    def register(self, name: str, frame: Any) -> None:
        """Make an Arrow table queryable under a name."""
        self.place.take(name, frame)

    def write(self, sql: str, path: Path) -> None:
        """Write a query's rows, in its order, as ``.parquet`` or ``.csv`` by the path's ending."""
        from coterie.engines import open_engine

        with open_engine() as here:
            here.write(f"SELECT * FROM {self.into(here, 'written', sql)}", path)

    def into(self, engine: Engine, name: str, sql: str) -> str:
        """Fetch a query's rows into another engine, and return the name of the table there."""
        engine.register(f"{name}_on_its_way", self.place.fetch(spoken(sql, self.place.dialect)))
        engine.run(f"CREATE OR REPLACE TABLE {name} AS FROM {name}_on_its_way")
        engine.run(f"DROP VIEW {name}_on_its_way")
        return name

    def close(self) -> None:
        """Leave the place."""
        self.place.close()

    def __enter__(self) -> Self:
        """Return self."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def spoken(sql: str, dialect: Dialect) -> str:
    """Return a query in DuckDB's dialect in another.

    Parameters
    ----------
    sql : str
        One of the house's own queries. ``epoch`` means what the dialect's own seconds since 1970 are, and every division is one of
        floating-point numbers, as in DuckDB.
    dialect : Dialect
        Where it is to run.

    Examples
    --------
    >>> from coterie.engines.dialects import DIALECTS
    >>> print(spoken("SELECT a / 2 AS half FROM t ANTI JOIN u USING (id)", DIALECTS["postgres"]))
    SELECT CAST(a AS DOUBLE PRECISION) / 2 AS half FROM t WHERE NOT EXISTS(SELECT 1 FROM u WHERE u.id = t.id)
    """
    import sqlglot

    return _said(sqlglot.parse_one(sql, read="duckdb"), dialect)


def _said(tree: exp.Expr, dialect: Dialect) -> str:
    import sqlglot
    from sqlglot import exp

    for division in list(tree.find_all(exp.Div)):
        division.set("this", exp.cast(division.this.copy(), "DOUBLE"))
        division.set("typed", True)
    for name in tree.find_all(exp.Identifier):
        # Else its letters would be folded.
        if name.this != name.this.lower():
            name.set("quoted", True)
    moments = []
    for seconds in list(tree.find_all(exp.TimeToUnix)):
        moments.append(seconds.this.copy())
        seconds.replace(exp.column(f"{_MOMENT}{len(moments) - 1}"))
    said = portable(tree, dialect, FLAGS).sql(dialect.name, unsupported_level=sqlglot.ErrorLevel.RAISE)
    for number, moment in reversed([*enumerate(moments)]):
        said = said.replace(f"{_MOMENT}{number}", f"({dialect.epoch.format(moment=moment.sql(dialect.name))})")
    return said
