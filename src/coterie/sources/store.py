"""Parquet in an object store or behind a web server, through DuckDB's own extension where that is installed."""

from __future__ import annotations

from urllib.parse import urlsplit

from coterie.engines.base import Engine, identifier, literal
from coterie.errors import InputError
from coterie.recipe import Reading
from coterie.sources.headers import checked_header
from coterie.sources.lines import InputFile
from coterie.sources.part import Part
from coterie.sources.rows import digest_of_rows

_SECRETS = {"s3": "s3", "gs": "gcs", "gcs": "gcs", "r2": "r2"}


def load_store(engine: Engine, table: str, url: str, reading: Reading) -> Part:
    """Copy the Parquet files behind a URL into the engine.

    Parameters
    ----------
    engine, table
        Where the rows will lie.
    url : str
        ``s3://bucket/lines/*.parquet``, ``gs://...`` or ``https://...``. Of an https URL what stands behind the ``?``, which may be
        a signature, is shown nowhere.
    reading : Reading
        Nothing of it is needed.

    Raises
    ------
    InputError
        If DuckDB's extension is not installed, or the store refuses.
    """
    parts = urlsplit(url)
    name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    try:
        engine.run("LOAD httpfs")
    except Exception:
        raise InputError(
            f"{name} needs DuckDB's extension httpfs.",
            found="DuckDB without it; Coterie never downloads one by itself.",
            fix="python -c \"import duckdb; duckdb.sql('INSTALL httpfs; INSTALL aws')\", or copy the files here.",
            code="not_installed",
        ) from None
    try:
        if kind := _SECRETS.get(parts.scheme.lower()):
            # Keys come from the environment or the cloud's own configuration, never from Coterie's.
            engine.run("LOAD aws")
            engine.run(f"CREATE OR REPLACE SECRET coterie (TYPE {kind}, PROVIDER credential_chain)")
        options = "hive_partitioning = true, hive_types_autocast = false"
        engine.run(f"CREATE TABLE {table} AS FROM read_parquet({literal(url)}, {options})")
    except Exception:  # Its message would quote the URL with what signs it.
        raise InputError(
            f"{name} cannot be read as Parquet.",
            found="a refusal of the store, no such object, or no Parquet file.",
            fix="mend the URL or the credentials in the environment, or copy the files here and give their folder.",
            code="unreadable",
        ) from None
    columns = list(engine.columns(table))
    names = checked_header(name, columns, len(columns), values=False)
    sha256, records, size = digest_of_rows(engine, table, columns)
    listed = ", ".join(f"{identifier(old)} AS {identifier(new)}" for old, new in zip(columns, names, strict=True))
    return Part(InputFile(name, size, sha256, records), f"SELECT rowid + 1 AS source_line, {listed} FROM {table}", names)
