"""A recipe or a run as SQL for the place where the lines are."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coterie.engines.dialects import DIALECTS, Dialect
from coterie.errors import RecipeError
from coterie.model import FULLY_RETURNED
from coterie.recipe import Recipe, builtin_recipes
from coterie.runs import Run, open_run
from coterie.sources.lines import ROW_NUMBER, Lines, Match
from coterie.sources.mapping import candidates, require
from coterie.sql.compiled import Compiled, Placing

TABLE = "sales_lines"
ANSWERS = ("customers", "features", "ledger")
RESERVED = frozenset(
    re.findall(
        r"\w+",
        "all and any as asc between by case cast check column constraint create cross current_date default delete desc distinct "
        "drop else end except exists false for foreign from full grant group having in index inner insert intersect interval "
        "into is join key left like limit not null offset on or order outer primary references right rows select set table then "
        "to true union unique update user using values when where window with",
    )
)
"""Words that a column has between quotes alone."""
_USUAL = ("invoice_no", "product_id", "quantity", "invoice_date", "price", "customer_id")


def compile_sql(
    given: str | Path | Recipe | Run,
    dialect: str = "duckdb",
    *,
    table: str = TABLE,
    what: str | None = None,
    columns: Sequence[str] = (),
    as_of: datetime.date | None = None,
    mapping: Mapping[str, str] | None = None,
) -> str:
    """Write cleaning, features and assignment as one query of named steps, from raw lines in a table to customers.

    Parameters
    ----------
    given : str, Path, Recipe or Run
        A recipe, which has no model to assign by, or a run.
    dialect : str, default "duckdb"
        From `coterie.sql.DIALECTS`.
    table : str, default "sales_lines"
        The table of lines, as written in the dialect.
    what : {"customers", "features", "ledger"}, optional
        Customers with segment (default of a run), customers with every feature of the recipe (default of a recipe), or lines and
        money by reason.
    columns : sequence of str, optional
        The table's columns, all of them: ``duplicate`` compares them. By default the columns that the run had, or those of a
        line, under the names of the contract or of ``mapping``.
    as_of : date, optional
        The day the answer is for; default the recipe's, else the day after the last line.
    mapping : mapping of str to str, optional
        Column of the contract = column of the table, over the recipe's own.

    Raises
    ------
    RecipeError
        If there is no such dialect or answer, or the table's name is none.
    ModelError
        If something that the answer needs means something else in that dialect.

    Examples
    --------
    >>> print(compile_sql("default", "postgres", table="sales.lines").splitlines()[0])
    -- The features of each customer. For PostgreSQL 12 or later, from the lines of sales.lines as they are.
    """
    compiled, answer = prepared(given, dialect, table=table, what=what, columns=columns, as_of=as_of, mapping=mapping)
    return compiled.script(answer)


def compile_dbt(given: str | Path | Recipe | Run, folder: str | Path, dialect: str = "duckdb", **options: Any) -> list[Path]:
    """Write the same steps as models of a dbt project, with sources, descriptions and tests, and return the files.

    Parameters
    ----------
    given, dialect, **options
        As for `compile_sql`; the ledger is written beside the answer.
    folder : str or Path
        Such as ``models/coterie`` of a project; files in it that Coterie wrote are written again.

    Raises
    ------
    RecipeError
        If a file that somebody else wrote is in the way.
    """
    from coterie.sql.dbt import MARK, project

    compiled, answer = prepared(given, dialect, **{"table": TABLE, **options})
    files = {Path(folder) / name: text for name, text in project(compiled, answer).items()}
    for path in files:
        if path.exists() and MARK not in path.read_text("utf-8", "replace")[:200]:
            raise RecipeError(
                f"{path} is in the way.",
                found="a file that Coterie did not write.",
                fix="move it, or --dbt another folder of the project, such as models/coterie.",
                code="foreign_file",
            )
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return list(files)


def prepared(
    given: str | Path | Recipe | Run,
    dialect: str,
    *,
    table: str,
    what: str | None = None,
    columns: Sequence[str] = (),
    as_of: datetime.date | None = None,
    mapping: Mapping[str, str] | None = None,
) -> tuple[Compiled, str]:
    """Return what `compile_sql` writes, before it is written, and the answer meant; the parameters are its own."""
    spoken = DIALECTS[dialect]
    run = _run_of(given)
    if run is not None:
        recipe = Recipe.model_validate(run.manifest["recipe"])
        origin = f"run {run.number}, recipe {recipe.name}"
    else:
        recipe = given if isinstance(given, Recipe) else Recipe.load(str(given))
        origin = f"recipe {recipe.name}"
    answer = what or ("customers" if run is not None else "features")
    if answer not in ANSWERS or (answer == "customers" and run is None):
        raise RecipeError(
            f"--what {answer} cannot be written from {origin}.",
            found=f"a recipe, which has no model to assign by; answers: {', '.join(ANSWERS)}.",
            fix="--what features or --what ledger, or the folder of a run instead of the recipe.",
            code="bad_what",
        )
    recipe = recipe.override({"mapping": dict(mapping or {})})
    model = None
    if run is not None and answer == "customers":
        model = Placing(run.model.document, run.model.scaling, run.model.centers, ("returned", FULLY_RETURNED))
        origin += f", its model SHA-256 {run.model.document['sha256']}"
    lines, own = described(recipe, run, columns, table, spoken)
    return Compiled(recipe, origin, model, lines, own, table, spoken, as_of or recipe.as_of), answer


def described(
    recipe: Recipe, run: Run | None, columns: Sequence[str], table: str, dialect: Dialect
) -> tuple[Lines, dict[str, str]]:
    """Return which columns the table has, and the SQL of each.

    Parameters
    ----------
    recipe : Recipe
        Its mapping names columns of the table.
    run : Run, optional
        Its own lines had these columns of the contract.
    columns : sequence of str
        The table's columns, where they are given.
    table : str
        For messages.
    dialect : Dialect
        Whose quotes a column may have.
    """
    header = list(columns) or [recipe.mapping.get(name, name) for name in _contract(recipe, run)]
    matches = require(table, header, candidates(header, recipe.mapping, {}))
    mapped = {match.column for match in matches}
    if "invoice_no" not in mapped:
        matches = (Match("invoice_no", ROW_NUMBER, 1.0, "every row is an order"), *matches)
    level = "line" if {"product_id", "price"} & mapped else "order"
    own = {name: column_sql(name, dialect) for name in header}
    return Lines("sold_lines", "raw_lines", tuple(header), matches, level, ()), own  # type: ignore[arg-type]


def column_sql(name: str, dialect: Dialect) -> str:
    """Return a column's name in DuckDB's dialect: quoted where it has to be, or was in the dialect's own quotes.

    A plain word is not quoted, so that it is found however a warehouse folds its names.

    Examples
    --------
    >>> from coterie.engines.dialects import DIALECTS
    >>> print(column_sql("CustomerID", DIALECTS["snowflake"]), column_sql("Order no.", DIALECTS["bigquery"]))
    CustomerID "Order no."
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    from coterie.engines import identifier

    try:
        column = sqlglot.parse_one(f"SELECT {name} FROM t", read=dialect.name).expressions[0]
    except SqlglotError:
        column = None
    if isinstance(column, exp.Column) and not column.table and name.lower() not in RESERVED:
        return identifier(column.name) if column.this.args.get("quoted") else column.name
    return identifier(name)


def _contract(recipe: Recipe, run: Run | None) -> list[str]:
    """Return the columns of the contract that the lines have."""
    if run is not None:
        return [entry["column"] for entry in run.manifest["mapping"] if entry["source"] != ROW_NUMBER]
    named = set(recipe.mapping)
    alone = {"customer_id", "invoice_date", "transaction_value"} <= named
    return [*recipe.mapping] if alone else [*_USUAL, *(name for name in recipe.mapping if name not in _USUAL)]


def _run_of(given: Any) -> Run | None:
    if isinstance(given, Run):
        return given
    if isinstance(given, Recipe) or str(given) in builtin_recipes():
        return None
    # The pointer to the newest run is a file too.
    return open_run(given) if Path(given).is_dir() or Path(given).name == "latest" else None
