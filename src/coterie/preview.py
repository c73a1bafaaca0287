"""A look before the leap: what a run would do with an input, and nothing written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from coterie.cleaning import Ledger, clean
from coterie.engines import open_engine
from coterie.errors import CoterieError
from coterie.features import plan_features
from coterie.pipeline import customers_of, day_after
from coterie.recipe import Recipe
from coterie.sources import propose, read_lines
from coterie.sources.lines import Match


@dataclass(frozen=True)
class Checked:
    """What a run would do.

    Parameters
    ----------
    matches : sequence of Match
        Columns found, with confidence; unsure ones included.
    refusal : CoterieError or None
        Why a run would be refused.
    ledger : Ledger or None
        What would become of the lines.
    customers : int or None
        How many customers there would be.
    as_of : str or None
        The day the answer would be for.
    features : dict of str to str
        Feature to ``"used"``, ``"described"`` or ``"not available"``.
    warnings, notes : tuple of str
        What a person should look at, and what was recognised.
    """

    matches: Sequence[Match]
    refusal: CoterieError | None = None
    ledger: Ledger | None = None
    customers: int | None = None
    as_of: str | None = None
    features: dict[str, str] | None = None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {
            "schema": 1,
            "mapping": [asdict(match) for match in self.matches],
            "refused": self.refusal.as_dict() if self.refusal else None,
            "as_of": self.as_of,
            "customers": self.customers,
            "features": self.features,
            "ledger": self.ledger.as_dict() if self.ledger else None,
            "warnings": list(self.warnings),
            "notes": list(self.notes),
        }


def check(inputs: Any, recipe: str | Path | Recipe = "default", **overrides: Any) -> Checked:
    """Look at an input as `run` would, up to the customers, and write nothing.

    Parameters
    ----------
    inputs : path, frame, or sequence of them
        As for `run`.
    recipe, **overrides
        As for `run`.
    """
    chosen = (recipe if isinstance(recipe, Recipe) else Recipe.load(recipe)).override(overrides)
    with open_engine() as engine:
        try:
            lines = read_lines(engine, inputs, chosen, as_of=chosen.as_of)
        except CoterieError as refusal:
            # Of what cannot be read, the columns as far as they are known; what is no table at all is refused for that.
            return Checked(propose(engine, inputs, chosen), refusal)
        try:
            cleaned = clean(engine, lines, chosen)
            plan = plan_features(chosen.features, lines.available)
            as_of = chosen.as_of or day_after(cleaned)
            customers = customers_of(engine, cleaned, chosen, as_of)
        except CoterieError as refusal:
            return Checked(lines.matches, refusal, warnings=lines.warnings, notes=lines.notes)
    features = {f.name: "used" for f in plan.use} | {f.name: "described" for f in plan.profile}
    features |= dict.fromkeys(plan.not_available, "not available")
    return Checked(
        lines.matches,
        None,
        cleaned.ledger,
        len(customers.ids),
        as_of.isoformat(),
        features,
        lines.warnings,
        lines.notes,
    )
