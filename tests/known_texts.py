"""Exports by hand, as ``tests/known`` has them: saved, read, cleaned, and what became of them."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import coterie as ct
from coterie.cleaning import Cleaned, clean
from coterie.engines import Engine
from coterie.errors import CoterieError
from coterie.recipe import Recipe
from coterie.sources import read_lines

TEXT = {path.stem: path.read_text("utf-8") for path in sorted((Path(__file__).parent / "known").glob("*.csv"))}


def saved(folder: Path, text: str, name: str = "export.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def cleaned(engine: Engine, path: object, **changes: object) -> Cleaned:
    recipe = Recipe.load("default").override(changes)
    return clean(engine, read_lines(engine, path, recipe), recipe)


def customers(engine: Engine, found: Cleaned) -> dict[str, tuple[int, float | None, str]]:
    return {
        who: (orders, None if units is None else float(units), plain(value))
        for who, orders, units, value in engine.rows(
            "SELECT customer_id, count(DISTINCT invoice_no), sum(quantity), sum(transaction_value) "
            f"FROM {found.table} GROUP BY 1 ORDER BY 1"
        )
    }


def plain(money: Decimal) -> str:
    return f"{money.normalize():f}"


def by_rule(found: Cleaned) -> dict[str, tuple[int, str]]:
    return {e.rule: (e.lines, plain(e.money)) for e in found.ledger.entries if e.lines or e.money}


def without(text: str, *columns: str) -> str:
    """Return a text without some columns."""
    rows = list(csv.reader(io.StringIO(text)))
    left = [index for index, column in enumerate(rows[0]) if column not in columns]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([row[index] for index in left] for row in rows)
    return out.getvalue()


def refusal_of(path: Path, **changes: object) -> CoterieError:
    refusal = ct.check(path, **changes).refusal
    assert refusal is not None
    return refusal
