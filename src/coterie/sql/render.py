"""From DuckDB's dialect into another: by sqlglot, and only what is known to mean the same there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coterie.engines.dialects import Dialect
from coterie.engines.portable import spelled
from coterie.errors import ModelError, RecipeError

if TYPE_CHECKING:
    from sqlglot import exp

# Names of sqlglot's classes. What is not among them is refused: sqlglot passes on what it does not know.
KNOWN = frozenset(
    {
        *("Sum", "Count", "Min", "Max", "Avg", "Median", "Lag"),
        *("Floor", "Ceil", "Abs", "Ln", "Sqrt", "Pow", "Cast"),
        *("Nullif", "Coalesce", "Greatest", "Least", "Case", "If", "And", "Or"),
    }
)
FIX = "--what assignment takes the features from a table of yours."
LONGEST = 200


def fragment(sql: str, dialect: Dialect, what: str, *, known: frozenset[str] = KNOWN, fix: str = FIX) -> exp.Expr:
    """Parse a query of features or of cleaning, in DuckDB's dialect.

    Parameters
    ----------
    sql : str
        The query.
    dialect : Dialect
        Where it is to run.
    what : str
        What it computes, for the message.
    known : frozenset of str, optional
        Names of sqlglot's classes of functions that mean the same everywhere.
    fix : str, optional
        What to do where there is another one.

    Raises
    ------
    ModelError
        If it holds a function that is not known to mean the same in that dialect.
    """
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(sql, read="duckdb")
    for function in tree.find_all(exp.Func):
        kind = type(function).__name__
        said = function.name.upper() if isinstance(function, exp.Anonymous) else function.sql_name()
        reason = dialect.refused.get(kind)
        if kind == "Median" and not dialect.has_median:
            reason = "it has no exact median as an aggregate"
        if kind not in known:
            reason = "no translation of it is known to be the same"
        if reason:
            raise ModelError(
                f"{what} cannot be written for {dialect.meaning}.",
                found=f"{said}: {reason}.",
                fix=fix,
                code="not_in_dialect",
            )
    return tree


def placing(sql: str, dialect: Dialect) -> str:
    """Return one of our own queries in a dialect: every number in it is a floating-point number, or compared with one."""
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(sql, read="duckdb")
    for division in tree.find_all(exp.Div):
        division.set("typed", True)  # no further cast
    for least in tree.find_all(exp.Least):
        least.set("ignore_nulls", False)  # distances are NULL together
    return laid_out(spelled(tree, dialect), dialect)


def laid_out(tree: exp.Expr, dialect: Dialect) -> str:
    """Return a query in a dialect, to be read: a line a column, where it is not too long."""
    import sqlglot
    from sqlglot import exp

    def text(node: exp.Expr, pretty: bool) -> str:
        return node.sql(dialect.name, pretty=pretty, unsupported_level=sqlglot.ErrorLevel.RAISE)

    whole = text(tree, True)
    if not isinstance(tree, exp.Select):
        return whole
    columns = []
    for column in tree.expressions:
        short = text(column, False)
        long = short.replace(" + (", "\n    + (") if short.startswith("SQRT(") else text(column, True)
        columns.append(short if len(short) < LONGEST else long)
    rest = tree.copy()
    rest.set("expressions", [exp.Star()])
    inner = ",\n".join(indented(column) for column in columns)
    return f"SELECT\n{inner}\n{text(rest, True).split('*', 1)[1].lstrip()}"


def indented(sql: str) -> str:
    """Indent by two blanks, but no line that begins within a quoted text."""
    lines, quoted = [], False
    for line in sql.split("\n"):
        lines.append(line if quoted else f"  {line}")
        quoted ^= line.count("'") % 2 == 1
    return "\n".join(lines)


def table_named(given: str, dialect: Dialect, taken: set[str]) -> exp.Table:
    """Parse a table's name, as it is written in the dialect: ``sales``, ``crm.sales``, ``"My sales"``.

    Parameters
    ----------
    given : str
        The name.
    dialect : Dialect
        Whose quotes it has.
    taken : set of str
        Names the script uses itself.

    Raises
    ------
    RecipeError
        If it is no name, or an unqualified one that is taken.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        table = sqlglot.parse_one(given, into=exp.Table, read=dialect.name)
    except SqlglotError:
        table = None
    plain = isinstance(table, exp.Table) and isinstance(table.this, exp.Identifier) and not set(_filled(table)) - _PARTS
    if not isinstance(table, exp.Table) or not plain:
        raise RecipeError(
            f"{given!r} is not the name of a table in {dialect.meaning}.",
            found="something else, or a name that needs quotes.",
            fix="--table sales, --table crm.sales, or a name in the dialect's own quotes.",
            code="bad_table",
        )
    if not table.args.get("db") and table.name.lower() in taken:
        raise RecipeError(
            f"The script has a step called {table.name!r} itself.",
            found=f"steps: {', '.join(sorted(taken))}.",
            fix=f"name the schema too, such as --table public.{table.name}.",
            code="bad_table",
        )
    return table


_PARTS = frozenset({"this", "db", "catalog"})


def _filled(table: exp.Table) -> list[str]:
    return [key for key, value in table.args.items() if value]
