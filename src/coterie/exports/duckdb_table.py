"""A table of a DuckDB file."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from coterie.engines import identifier, literal, open_engine
from coterie.engines.dialects import DIALECTS
from coterie.errors import CoterieError, ExportError
from coterie.exports.databases import DATABASES, MARK, Database, foreign
from coterie.sql.render import table_named


def _write(customers: Any, url: str, name: str, comment: str) -> None:
    file = Path(unquote(urlsplit(url).path).removeprefix("/"))
    table = table_named(name, DIALECTS["duckdb"], set())
    schema = table.db or "main"
    place = f"place.{identifier(schema)}.{identifier(table.name)}"
    with open_engine() as engine:
        try:
            engine.run(f"ATTACH {literal(str(file))} AS place")
            there = engine.rows(
                f"SELECT comment FROM duckdb_tables() WHERE database_name = 'place' "
                f"AND lower(schema_name) = lower({literal(schema)}) AND lower(table_name) = lower({literal(table.name)})"
            )
            if there and not str(there[0][0] or "").startswith(MARK):
                raise foreign(name, there[0][0])
            engine.register("customers", customers)
            engine.run("BEGIN")
            engine.run(f"CREATE OR REPLACE TABLE {place} AS SELECT * FROM customers")
            engine.run(f"COMMENT ON TABLE {place} IS {literal(comment)}")
            engine.run("COMMIT")
            engine.run("DETACH place")
        except CoterieError:
            raise
        except Exception as error:  # DuckDB's own, which only the engine may import
            raise ExportError(
                f"{file} does not take the table {name}.",
                found=str(error).splitlines()[0],
                fix="close other programs that write to the file, or name a schema and a file that are there.",
                code="database_refused",
            ) from None


DATABASES.add(Database("duckdb", "A DuckDB file", _write))
