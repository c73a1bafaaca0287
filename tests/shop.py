"""Small shops for tests: rows in the raw Online Retail header, as files and as cleaned lines."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from coterie.cleaning import Cleaned, clean
from coterie.engines import Engine
from coterie.recipe import Recipe
from coterie.sources import read_lines

HEADER = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
Row = Sequence[object]


def line(
    invoice: str,
    product: str = "P1",
    quantity: object = 1,
    date: str = "2011-01-01 10:00:00",
    price: object = "2.50",
    customer: str = "17850",
    description: str = "JAR",
    country: str = "United Kingdom",
) -> Row:
    """Return a row of the raw header."""
    return (invoice, product, description, quantity, date, price, customer, country)


def write(path: Path, rows: Iterable[Row], header: Sequence[str] = HEADER) -> Path:
    """Write rows as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def cleaned(engine: Engine, path: Path, recipe: str | Recipe = "default") -> Cleaned:
    """Read and clean a file."""
    chosen = recipe if isinstance(recipe, Recipe) else Recipe.load(recipe)
    return clean(engine, read_lines(engine, [path], chosen), chosen)


def fates(engine: Engine, found: Cleaned) -> dict[int, str]:
    """Return source line -> reason, of every line that was not kept as it stood."""
    return dict(engine.rows(f"SELECT source_line, reason FROM {found.marks} JOIN {found.lines.raw} USING (source_row)"))
