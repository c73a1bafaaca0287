"""From a table of the warehouse to lines of the contract: typed, with the first problem of each."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from coterie.columns import BY_NAME, COLUMNS, DECIMAL, VALUE, line_value
from coterie.engines import identifier, literal
from coterie.recipe import Recipe
from coterie.sources.lines import ROW_NUMBER, Lines
from coterie.sql.steps import EPOCH, SOURCE, Step

OTHER = "other_currency"
PROBLEMS = (OTHER, "date", "date_range", "not_a_number", "non_finite", "range")
"""Problems that a typed column can have; the others are of text."""
_AFTER_DATES = ("not_a_number", "non_finite", "range")
_LARGEST = "999999999.9999995"
"""From here on, a number rounded to six places is a billion or more."""
TYPED = {"transaction_value": "order_value"}
"""Names of typed columns that are not the contract's own, which a later step gives to the line's money."""
_YEAR = 366 * 86400
_TEXTS = ("description", "country")
"""Columns of the contract that no rule asks for."""


def raw(source: str) -> str:
    """Return the script's name for a column as it lies in the table.

    Examples
    --------
    >>> print(raw("CustomerID"), raw("Order no."))
    raw_CustomerID "raw_Order no."
    """
    return f"raw_{source}" if re.fullmatch(r"\w+", source, re.ASCII) else identifier(f"raw_{source}")


def reading_steps(
    lines: Lines,
    columns: dict[str, str],
    recipe: Recipe,
    as_of: datetime.date | None,
    *,
    whole: bool = False,
    numbering: str = "",
    other_currency: str | None = None,
) -> list[Step]:
    """Return the steps from the table to ``sold_lines``: the contract's columns, ``transaction_value``, ``problem``.

    Parameters
    ----------
    lines : Lines
        Which columns the table has, and which of them are which of the contract.
    columns : dict of str to str
        SQL of every column of the table, in the order of the table.
    recipe : Recipe
        Its missing tokens and its first day are heeded.
    as_of : date, optional
        Later dates have not happened yet; else those more than a year after nearly all others.
    whole : bool, default False
        Whether every column of the contract is there at the end, those that no rule asks for too.
    numbering : str, optional
        SQL of a number for every line, by the table's own columns; default its place in the order of all columns.
    other_currency : str, optional
        SQL of a line's problem where its currency is not the one declared, by the table's own columns.
    """
    mapped = {match.column: match.source for match in lines.matches if match.source != ROW_NUMBER}
    kinds = {source: BY_NAME[column].kind for column, source in mapped.items()}
    listed = ", ".join(f"{_as_it_lies(kinds.get(name), sql)} AS {raw(name)}" for name, sql in columns.items())
    everything = ", ".join(map(raw, columns))
    typed = ", ".join(
        f"{_value(column.name, mapped, recipe)} AS {TYPED.get(column.name, column.name)}"
        for column in COLUMNS
        if _used(column.name, mapped) or (whole and column.name in _TEXTS)
    )
    currency = f", {other_currency} AS {OTHER}" if other_currency else ""
    numbers = _numbers(mapped)
    money = line_value("quantity", "price") if {"quantity", "price"} <= mapped.keys() else f"CAST(order_value AS {VALUE})"
    first = _first_problem(mapped, numbers, recipe, as_of, OTHER if other_currency else None)
    given = f"{currency}, {numbering} AS source_row" if numbering else currency
    placed = "" if numbering else f", ROW_NUMBER() OVER (ORDER BY {everything}) AS source_row"
    steps = [
        Step("raw_lines", f"SELECT {listed}{given} FROM {SOURCE}", "The table as it lies: ids and texts as text.", "lines"),
        Step(
            "numbered_lines",
            f"SELECT *{placed} FROM raw_lines",
            "A number for every line; only lines that are equal in every column could change places.",
            "lines",
        ),
        Step(
            "typed_lines",
            f"SELECT *, {typed} FROM numbered_lines",
            "The columns of a transaction line. Ids without the blanks around them, exact decimals of six places.",
            "lines",
        ),
        Step(
            "valued_lines",
            f"SELECT *, {money} AS transaction_value, {EPOCH} AS sold_seconds, {first} AS {'problem' if as_of else 'own_problem'} "
            "FROM typed_lines",
            "The money of each line, when it was sold in seconds since 1970, and what is wrong with it by itself.",
            "lines",
        ),
    ]
    if as_of:
        return [*steps, Step("sold_lines", "SELECT * FROM valued_lines", "Every line, ready to be judged.", "lines")]
    return [*steps, *_late_steps()]


def _late_steps() -> list[Step]:
    """Return the steps that set aside what is dated more than a year after nearly all other lines."""
    dated = f"(own_problem IS NULL OR own_problem IN ({', '.join(map(literal, _AFTER_DATES))}))"
    nearly_all = "CASE WHEN dated < 50 THEN dated WHEN dated < 1500 THEN dated - 1 ELSE dated - FLOOR(dated / 1000) END"
    return [
        Step(
            "moments",
            f"SELECT sold_seconds, COUNT(*) AS line_count FROM valued_lines WHERE {dated} GROUP BY sold_seconds",
            "How many lines were sold at each moment.",
            "lines",
        ),
        Step(
            "moments_in_time",
            "SELECT sold_seconds, SUM(line_count) OVER (ORDER BY sold_seconds ROWS UNBOUNDED PRECEDING) AS sold_by_then, "
            "SUM(line_count) OVER () AS dated FROM moments",
            "How many were sold by then.",
            "lines",
        ),
        Step(
            "usual_end",
            f"SELECT MIN(sold_seconds) AS last_usual FROM moments_in_time WHERE sold_by_then >= {nearly_all}",
            "When all but the last thousandth of the lines were sold, and at least all but one.",
            "lines",
            apart=True,
        ),
        Step(
            "sold_lines",
            f"SELECT valued_lines.*, CASE WHEN {dated} AND sold_seconds > last_usual + {_YEAR} THEN 'date_range' "
            "ELSE own_problem END AS problem FROM valued_lines CROSS JOIN usual_end",
            "Every line, ready to be judged. A date more than a year after nearly all others cannot have been yet.",
            "lines",
        ),
    ]


def day_step(as_of: datetime.date | None) -> list[Step]:
    """Return the step of the day the answer is for, where it is not given: the day after the last readable line."""
    if as_of:
        return []
    return [
        Step(
            "answer_day",
            "SELECT FLOOR(MAX(sold_seconds) / 86400) + 1 AS as_of_day FROM sold_lines WHERE problem IS NULL",
            "The day the answer is for, in days since 1970: the day after the last readable line.",
            "day",
        )
    ]


def _as_it_lies(kind: str | None, sql: str) -> str:
    return sql if kind in ("number", "money", "timestamp") else f"CAST({sql} AS VARCHAR)"


def _used(column: str, mapped: dict[str, str]) -> bool:
    return column not in (*_TEXTS, "transaction_value") or (
        column == "transaction_value" and not {"quantity", "price"} <= mapped.keys()
    )


def _numbers(mapped: dict[str, str]) -> Sequence[str]:
    multiplied = {"quantity", "price"} <= mapped.keys()
    return [n for n in ("quantity", "price", *(() if multiplied else ("transaction_value",))) if n in mapped]


def _value(column: str, mapped: dict[str, str], recipe: Recipe) -> str:
    """Return the SQL of a column's value, from the column as it lies."""
    known = BY_NAME[column]
    if column not in mapped:
        return "CAST(source_row AS VARCHAR)" if column == "invoice_no" else f"CAST(NULL AS {known.sql_type})"
    source = raw(mapped[column])
    if known.kind == "timestamp":
        return f"CAST({source} AS TIMESTAMP)"
    if column in _TEXTS:
        return f"NULLIF(TRIM({source}), '')"
    if known.kind in ("number", "money"):
        return f"CASE WHEN ABS({source}) < {_LARGEST} THEN CAST({source} AS {DECIMAL}) END"
    text = f"NULLIF(TRIM({source}), '')"
    if not recipe.reading.missing_tokens:
        return text
    tokens = ", ".join(literal(token.strip()) for token in recipe.reading.missing_tokens)
    return f"CASE WHEN TRIM({source}) NOT IN ({tokens}) THEN {text} END"


def _first_problem(
    mapped: dict[str, str], numbers: Sequence[str], recipe: Recipe, as_of: datetime.date | None, other: str | None
) -> str:
    early = f"invoice_date < TIMESTAMP {literal(recipe.cleaning.date_min.isoformat())} OR invoice_date >= TIMESTAMP '2200-01-01'"
    late = f" OR invoice_date >= TIMESTAMP {literal(as_of.isoformat())}" if as_of else ""
    typed = {name: TYPED.get(name, name) for name in numbers}
    sources = {name: raw(mapped[name]) for name in numbers}
    missing = " OR ".join(f"{source} IS NULL" for source in sources.values())
    # Neither NaN nor infinity less itself is zero.
    finite = " OR ".join(f"({typed[n]} IS NULL AND NOT {sources[n]} - {sources[n]} = 0)" for n in numbers)
    too_large = " OR ".join(f"{typed[n]} IS NULL" for n in numbers)
    first = f"WHEN {other} IS NOT NULL THEN {other} " if other else ""
    return (
        f"CASE {first}WHEN invoice_date IS NULL THEN 'date' WHEN {early}{late} THEN 'date_range' "
        f"WHEN {missing} THEN 'not_a_number' WHEN {finite} THEN 'non_finite' WHEN {too_large} THEN 'range' END"
    )
