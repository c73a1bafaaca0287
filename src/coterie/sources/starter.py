"""A recipe to start from: what was recognised of a file, and the knobs that matter, in one commented TOML file."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from coterie.columns import COLUMNS
from coterie.engines import open_engine
from coterie.engines.address import is_server, is_store
from coterie.errors import CoterieError, MappingError, RecipeError
from coterie.recipe import Recipe, toml_value
from coterie.sources.lines import ROW_NUMBER, Match
from coterie.sources.mapping import SURE
from coterie.sources.reader import propose, read_lines

FILE = "coterie.toml"
"""What a run looks for in its folder."""
_KNOBS: Mapping[str, tuple[str, ...]] = {
    "cleaning": ("rules", "exclude_products", "date_min"),
    "features": ("use", "profile"),
    "scaling": ("method",),
    "clustering": ("algorithm", "k_min", "k_max", "random_state"),
    "choice": ("by", "smallest_share", "jaccard", "refit_ari", "sensitivity"),
    "value": ("enabled", "horizon_days"),
    "publishing": ("customers_csv", "locale"),
}
_DATES = re.compile(r"dates read as (%.*)\.")


@dataclass(frozen=True)
class Started:
    """A recipe that was written.

    Parameters
    ----------
    path : Path
        Where it is.
    matches : tuple of Match
        Columns found, with confidence; unsure ones included.
    notes : tuple of str
        What was recognised.
    refusal : CoterieError or None
        Why a run with it would be refused as it stands.
    """

    path: Path
    matches: tuple[Match, ...]
    notes: tuple[str, ...]
    refusal: CoterieError | None

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {
            "schema": 1,
            "path": str(self.path),
            "mapping": [asdict(match) for match in self.matches],
            "notes": list(self.notes),
            "refused": self.refusal.as_dict() if self.refusal else None,
        }


def init(
    inputs: Any, output: str | Path = FILE, *, force: bool = False, recipe: str | Path | Recipe = "default", **overrides: Any
) -> Started:
    """Write a commented recipe for an input, with its columns as they were recognised.

    Parameters
    ----------
    inputs : path, frame, or sequence of them
        As for `run`.
    output : path, default "coterie.toml"
        Where to; a run from the command line finds it under the default name in its folder.
    force : bool, default False
        Whether to write over a file that is there.
    recipe : str, Path or Recipe, default "default"
        What it extends: a built-in recipe.
    **overrides
        Keys of the recipe, as for `run`: they are written as given.

    Raises
    ------
    RecipeError
        If the file is there and ``force`` is not given.
    InputError
        If the input cannot be read at all.
    """
    path = Path(output)
    if path.exists() and not force:
        raise RecipeError(
            f"{path} is there already.",
            found="a file, which may hold changes of yours.",
            fix="--force to write over it, or --output with another name.",
            code="exists",
        )
    chosen = (recipe if isinstance(recipe, Recipe) else Recipe.load(recipe)).override(overrides)
    refusal: CoterieError | None = None
    notes: tuple[str, ...] = ()
    with open_engine() as engine:
        try:
            lines = read_lines(engine, inputs, chosen, as_of=chosen.as_of)
            matches, notes = lines.matches, lines.notes
        except CoterieError as error:
            refusal, matches = error, tuple(propose(engine, inputs, chosen))
    _write(path, _recipe_text(_name(inputs), chosen, matches, notes, refusal))
    return Started(path, matches, notes, refusal)


def _write(path: Path, text: str) -> None:
    """Put the text in place whole."""
    beside = path.with_name(f".partial-{path.name}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _name(inputs: Any) -> str:
    first = inputs[0] if isinstance(inputs, (list, tuple)) and inputs else inputs
    if is_server(first) or is_store(first):  # It may hold a password.
        return ""
    return Path(first).name.partition(".")[0].strip("*?[]") if isinstance(first, (str, Path)) else ""


def _recipe_text(
    name: str, recipe: Recipe, matches: Sequence[Match], notes: Sequence[str], refusal: CoterieError | None
) -> str:
    lines = [
        "# What Coterie is told about this data. `coterie run` and `check` find it in the folder they are run in; flags beat it.",
        "# What stands behind a single # holds without being said, or is an example. `coterie recipes default` has every key.",
        *(_comment(line) for line in _refused(refusal)),
        f"extends = {toml_value(recipe.name)}",
        f"name = {toml_value(name or 'mine')}",
        *_keys(recipe, ("as_of", "k")),
        "",
        *_mapping(matches, notes, refusal),
        "",
        *_reading(recipe, notes),
    ]
    for title, keys in _KNOBS.items():
        part = getattr(recipe, title)
        lines += ["", f"[{title}]  # {(type(part).__doc__ or '').splitlines()[0]}", *_keys(part, keys)]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    """Return a text as one comment, whatever headers and file names it repeats."""
    return f"# {''.join(character if character.isprintable() else ' ' for character in text)}".rstrip()


def _refused(refusal: CoterieError | None) -> list[str]:
    return [] if refusal is None else ["", "A run is refused until this is mended:", *str(refusal).splitlines(), ""]


def _keys(part: BaseModel, keys: Sequence[str]) -> list[str]:
    """Return keys as comments, with what holds without them, or an example of what could."""
    examples: dict[str, Any] = {"as_of": datetime.date(2024, 12, 31), "k": 4, "exclude_products": ["POST", "DOT"]}
    lines = []
    for key in keys:
        value = getattr(part, key)
        shown = toml_value(examples[key] if value in (None, ()) else value)
        lines += [f"# {type(part).model_fields[key].description}", f"# {key} = {shown}"]
    return lines


def _mapping(matches: Sequence[Match], notes: Sequence[str], refusal: CoterieError | None) -> list[str]:
    """Return the columns, each with how sure it is; those of a known export as comments: to map them would be to say otherwise."""
    found = {match.column: match for match in matches if match.source != ROW_NUMBER}
    known = [note for note in notes if note.startswith("Read as ")]
    needed = refusal.fix if isinstance(refusal, MappingError) else ""
    lines = ["[mapping]  # Column of the contract = column of the source.", *map(_comment, known)]
    for column in COLUMNS:
        match = found.get(column.name)
        if match:
            sure = match.confidence >= SURE and not known and not (refusal and refusal.code == "half_export")
            lines.append(_comment(f"{column.meaning} {match.confidence:.0%} sure: {match.how}."))
            lines.append(f"{'' if sure else '# '}{column.name} = {toml_value(match.source)}")
        else:
            lines.append(f"# {column.meaning} {'Needed, and not found' if f'{column.name}=' in needed else 'Not found'}.")
            lines.append(f'# {column.name} = "HEADER"')
    return lines


def _reading(recipe: Recipe, notes: Sequence[str]) -> list[str]:
    """Return how text is read: as was said, and as dates and decimals were recognised, so that the next file is read alike."""
    said = recipe.reading.model_dump(exclude_defaults=True)
    dates = [match[1] for note in notes if (match := _DATES.search(note))]
    if len(dates) == 1 and " or " not in dates[0] and not any("an offset from UTC" in note for note in notes):
        said.setdefault("date_format", dates[0])
    if any(note.startswith("Decimal comma") for note in notes):
        said.setdefault("decimal", ",")
    told = [_comment(note) for note in notes if not note.startswith("Read as ")]
    lines = [f"[reading]  # {(type(recipe.reading).__doc__ or '').splitlines()[0]}", *told]
    examples: dict[str, Any] = {"decimal": ".", "date_format": "%d/%m/%Y", "currency": "GBP", "encoding": "cp1252"}
    examples |= {"delimiter": ";", "missing_tokens": ["NA"]}
    for key in dict.fromkeys([*examples, *said]):
        lines.append(f"# {type(recipe.reading).model_fields[key].description}")
        lines.append(f"{key} = {toml_value(said[key])}" if key in said else f"# {key} = {toml_value(examples[key])}")
    return lines
