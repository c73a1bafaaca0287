"""A query in DuckDB's dialect without what some warehouse lacks or takes otherwise: what stays reads the same everywhere."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from coterie.columns import DECIMAL, FACTOR, VALUE
from coterie.engines.dialects import Dialect

if TYPE_CHECKING:
    from sqlglot import exp


def portable(tree: exp.Expr, dialect: Dialect, flags: Collection[str] = ()) -> exp.Expr:
    """Rewrite a parsed query for a dialect, in place, and return it.

    Parameters
    ----------
    tree : sqlglot expression
        Parsed from DuckDB's dialect.
    dialect : Dialect
        Where it is to run.
    flags : collection of str
        Columns that are true or false: conditions on their own.
    """
    _inline_windows(tree)
    _semi_joins_as_exists(tree)
    _nulls_last(tree, dialect)
    _typed(tree, dialect)
    _hashed(tree, dialect)
    if not dialect.has_booleans:
        _flags_as_numbers(tree, flags)
    return spelled(tree, dialect)


def spelled(tree: exp.Expr, dialect: Dialect) -> exp.Expr:
    """Write the texts in a query so that the dialect takes them as they are."""
    from sqlglot import exp

    for text in list(tree.find_all(exp.Literal)):
        if text.is_string and dialect.name == "tsql" and not text.this.isascii():
            text.replace(exp.National(this=text.this))  # else it would pass through the database's code page
        if text.is_string and dialect.name in ("spark", "databricks") and "${" in text.this:
            first, *others = text.this.split("${")  # Spark would put a variable there, within quotes too
            parts = [f"{first}$", *(f"{{{part}$" for part in others[:-1]), f"{{{others[-1]}"]
            text.replace(exp.Concat(expressions=[exp.Literal.string(part) for part in parts]))
    return tree


def _inline_windows(tree: exp.Expr) -> None:
    """Write a named window out where it is used: Snowflake and Redshift have no WINDOW clause."""
    from sqlglot import exp

    for select in tree.find_all(exp.Select):
        named = {window.name: window for window in select.args.get("windows") or ()}
        select.set("windows", None)
        for window in select.find_all(exp.Window):
            if window.alias in named:
                meant = named[window.alias]
                window.set("alias", None)
                for part in ("partition_by", "order", "spec"):
                    value = meant.args.get(part)
                    window.set(part, [one.copy() for one in value] if isinstance(value, list) else value and value.copy())


def _semi_joins_as_exists(tree: exp.Expr) -> None:
    from sqlglot import exp

    for select in tree.find_all(exp.Select):
        for join in list(select.args.get("joins") or ()):
            if join.kind not in ("SEMI", "ANTI"):
                continue
            left, right = select.args["from_"].this.alias_or_name, join.this.alias_or_name
            same = [exp.column(key.name, right).eq(exp.column(key.name, left)) for key in join.args["using"]]
            join.pop()
            there = exp.Exists(this=exp.select("1").from_(join.this.copy()).where(*same))
            select.where(there if join.kind == "SEMI" else exp.not_(there), copy=False)


def _nulls_last(tree: exp.Expr, dialect: Dialect) -> None:
    """Put NULLs last in a window's order, as DuckDB does, where they would come first; only what can be NULL says so."""
    from sqlglot import exp
    from sqlglot.dialects.dialect import Dialect as Spoken

    if Spoken.get_or_raise(dialect.name).NULL_ORDERING != "nulls_are_small":
        return
    for order in tree.find_all(exp.Order):
        ordered = []
        for one in order.expressions:
            one.set("nulls_first", True)  # as it comes there, so that nothing is added
            if one.this.name in CAN_BE_NULL:
                missing = exp.Case().when(one.this.is_(exp.null()), 1).else_(0)
                ordered.append(exp.Ordered(this=missing, nulls_first=True))
            ordered.append(one)
        order.set("expressions", ordered)


CAN_BE_NULL = frozenset({"invoice_no"})
"""Columns of a window's order that may be NULL in a readable line, where it matters who comes first."""


def _typed(tree: exp.Expr, dialect: Dialect) -> None:
    """Give casts the dialect's own types: exact decimals of as many places, texts that are compared letter by letter."""
    import sqlglot
    from sqlglot import exp

    for cast in list(tree.find_all(exp.Cast)):
        kind = cast.to.this
        if kind == exp.DType.DECIMAL and dialect.name == "bigquery" and str(cast.to) == DECIMAL:
            cast.replace(exp.Round(this=cast.copy(), decimals=exp.Literal.number(6)))  # its NUMERIC has nine places
        elif kind == exp.DType.DECIMAL and str(cast.to) == FACTOR and dialect.name != "duckdb":
            # DuckDB alone keeps a product of two DECIMAL(18) at 18 digits, and needs the wider factor; BigQuery's NUMERIC keeps
            # nine places of it.
            cast.set("to", exp.DataType.build(VALUE if dialect.name == "bigquery" else DECIMAL, dialect="duckdb"))
        elif kind in (exp.DType.TEXT, exp.DType.VARCHAR) and dialect.text:
            cast.replace(_template(dialect.text, cast.this, dialect))
        elif kind in (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ) and dialect.timestamp:
            cast.set("to", sqlglot.parse_one(f"CAST(x AS {dialect.timestamp})", read=dialect.name).args["to"])


def _hashed(tree: exp.Expr, dialect: Dialect) -> None:
    """Hash as the dialect does: to find what may be equal, not to be published."""
    from sqlglot import exp

    for called in tree.find_all(exp.Anonymous):
        if called.name.lower() == "hash" and dialect.hash:
            called.set("this", dialect.hash)


def _template(template: str, value: exp.Expr, dialect: Dialect) -> exp.Expr:
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(template, read=dialect.name)
    for column in tree.find_all(exp.Column):
        column.replace(value.copy())
    return tree


def _flags_as_numbers(tree: exp.Expr, flags: Collection[str]) -> None:
    """Make true and false 1 and 0 in columns, and compare such a column with 1 where it is a condition."""
    from sqlglot import exp

    for column in list(tree.find_all(exp.Column)):
        parent, place = column.parent, column.arg_key
        condition = isinstance(parent, (exp.Where, exp.Having, exp.And, exp.Or, exp.Not)) or (
            isinstance(parent, exp.If) and place == "this"
        )
        if column.name in flags and condition:
            column.replace(column.copy().eq(1))
    for select in tree.find_all(exp.Select):
        for alias in select.expressions:
            if isinstance(alias, exp.Alias) and isinstance(alias.this, (exp.Predicate, exp.Connector, exp.Not)):
                alias.set("this", exp.Case().when(alias.this.copy(), 1).else_(0))
