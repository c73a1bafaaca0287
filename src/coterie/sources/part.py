"""One loaded input, and several of them as one source that has the same columns throughout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from coterie.engines.base import Engine, Reject, identifier, literal
from coterie.errors import InputError
from coterie.sources.cells import stored
from coterie.sources.headers import checked_header
from coterie.sources.lines import InputFile

MANY = 5_000_000
"""Lines from which on those of a file that is cheap to read again stay there."""


@dataclass(frozen=True)
class Part:
    """One input, loaded.

    Parameters
    ----------
    input : InputFile
        What it was.
    query : str
        SQL that gives ``source_line`` and the source's columns under their own names.
    columns : tuple of str
        Those columns, in order.
    first : int
        The ``source_line`` that a first record has.
    rejects : tuple of Reject
        Records that do not fit the layout.
    notes, warnings : tuple of str
        What was recognised, and what a person should look at.
    lies : bool
        Whether nothing was copied, and reading it again is cheap.
    typed : mapping of str to str
        Columns of the contract that were typed on the way in and lie beside the text, and the SQL by which they were.
    """

    input: InputFile
    query: str
    columns: tuple[str, ...]
    first: int = 1
    rejects: tuple[Reject, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    lies: bool = False
    typed: Mapping[str, str] = field(default_factory=dict)

    def with_columns(self, values: Sequence[tuple[str, str | None]]) -> Part:
        """Return the part with columns that hold one text each; one that it has already stays its own."""
        own = {column.casefold() for column in self.columns}
        new = {name: value for name, value in values if name.casefold() not in own}
        if not new:
            return self
        listed = ", ".join(f"CAST({literal(value)} AS VARCHAR) AS {identifier(name)}" for name, value in new.items())
        columns = checked_header(self.input.name, [*self.columns, *new], len(self.columns) + len(new), values=False)
        return replace(self, query=f"SELECT *, {listed} FROM ({self.query})", columns=columns)


@dataclass(frozen=True)
class Source:
    """Every input as one: views of the rows that fit and of all rows, and a table of those that do not fit."""

    rows: str
    raw: str
    rejects: str
    columns: tuple[str, ...]
    parts: tuple[Part, ...]
    warnings: tuple[str, ...]

    @property
    def typed(self) -> Mapping[str, str]:
        """What ``rows`` has typed already, and by which SQL: what every part has alike, where every record fits the layout."""
        first = self.parts[0].typed
        return first if all(part.typed == first and not part.rejects for part in self.parts) else {}

    @property
    def lies(self) -> bool:
        """Whether there are so many lines, in files that are cheap to read again, that they are better not copied."""
        return all(part.lies for part in self.parts) and sum(part.input.records for part in self.parts) >= MANY

    @property
    def name(self) -> str:
        """What to call it in a message."""
        first, more = self.parts[0].input.name, len(self.parts) - 1
        return first if not more else f"{first} and {more} more"


def joined(engine: Engine, prefix: str, parts: Sequence[Part], warnings: Sequence[str]) -> Source:
    """Make one source of loaded parts; no row is copied.

    Rows are numbered by their place in their file and the files by their order, so a number never changes.

    Raises
    ------
    InputError
        If the parts have different columns, or no row at all.
    """
    for part in parts[1:]:
        _agree(parts[0], part)
    if not any(part.input.records for part in parts):
        raise InputError(
            f"{parts[0].input.name} has no lines.",
            found=f"a header ({', '.join(parts[0].columns[:20])}) and nothing below it.",
            fix="export again, with the sales below the header.",
            code="no_rows",
        )
    rows, raw, rejects = f"{prefix}_rows", f"{prefix}_raw", f"{prefix}_rejects"
    source = Source(rows, raw, rejects, parts[0].columns, tuple(parts), tuple(warnings))
    listed = ", ".join([*map(identifier, source.columns), *map(stored, source.typed)])
    fitting, misfits, before = [], [], 0
    for part in parts:
        shift, name = before - part.first + 1, literal(part.input.name)
        fitting.append(
            f"SELECT source_line + {shift} AS source_row, {name} AS source_file, source_line, "
            f"CAST(NULL AS VARCHAR) AS source_text, {listed} FROM ({part.query})"
        )
        misfits += [
            f"({reject.line + shift}, {name}, {reject.line}, {literal(reject.text)}, {literal(reject.reason)})"
            for reject in part.rejects
        ]
        before += part.input.records
    engine.run(f"CREATE VIEW {rows} AS {' UNION ALL '.join(fitting)}")
    engine.run(
        f"CREATE TABLE {rejects} (source_row BIGINT, source_file VARCHAR, source_line BIGINT, source_text VARCHAR, reason VARCHAR)"
    )
    if misfits:
        engine.run(f"INSERT INTO {rejects} VALUES {', '.join(misfits)}")
        engine.run(
            f"CREATE VIEW {raw} AS SELECT * FROM {rows} UNION ALL BY NAME "
            f"SELECT source_row, source_file, source_line, source_text FROM {rejects}"
        )
    else:
        without = f"EXCLUDE ({', '.join(map(stored, source.typed))})" if source.typed else ""
        engine.run(f"CREATE VIEW {raw} AS SELECT * {without} FROM {rows}")
    return source


def _agree(one: Part, other: Part) -> None:
    """Refuse inputs with different columns, naming what each has alone."""
    if set(one.columns) == set(other.columns):
        return
    alone = [
        f"only in {part.input.name}: {', '.join(sorted(set(part.columns) - set(rest.columns)))}"
        for part, rest in ((one, other), (other, one))
        if set(part.columns) - set(rest.columns)
    ]
    raise InputError(
        f"{one.input.name} and {other.input.name} do not have the same columns.",
        found=f"{'; '.join(alone)}.",
        fix="name the columns alike in every file, or run the files one by one.",
        code="columns",
    )


def same_kinds(engine: Engine, parts: Sequence[Part]) -> None:
    """Refuse partitions whose columns of one name are of different kinds: a number here and a text there is not one table.

    Raises
    ------
    InputError
        If there are such; it lists them.
    """
    first = parts[0]
    known = {name: _kind(sql_type) for name, sql_type in engine.columns(f"({first.query})").items()}
    for part in parts[1:]:
        for name, sql_type in engine.columns(f"({part.query})").items():
            if known.get(name, "none") not in ("none", kind := _kind(sql_type)) and kind != "none":
                raise InputError(
                    f"{first.input.name} and {part.input.name} are not partitions of one table.",
                    found=f"column {name}: {known[name]} in the first, {kind} in the other.",
                    fix="write every partition with the same types, or run them one by one.",
                    code="columns",
                )


def _kind(sql_type: str) -> str:
    """Return a type's kind: numbers of every width are one, as are dates and times; a column of NULLs alone fits any."""
    if sql_type.endswith("]"):
        return sql_type.lower()
    for kind, begins in (("time", ("DATE", "TIMESTAMP")), ("text", ("VARCHAR", "ENUM", "UUID")), ("none", ('"NULL"',))):
        if sql_type.startswith(begins):
            return kind
    return "number" if sql_type.startswith(_NUMBERS) else sql_type.lower()


_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
            "FLOAT", "DOUBLE", "DECIMAL")  # fmt: skip
