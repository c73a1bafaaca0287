"""A reason as one sentence, for a million customers at a time: every text is made once and then looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from coterie.engines import column
from coterie.segments.phrases import phrase

if TYPE_CHECKING:
    from coterie.segments.changes import Changes
    from coterie.segments.reasons import Reasons

Array = NDArray[np.float64]

_SECOND = 0.25
"""A second feature is named where it speaks for the segment by at least this part of the first."""
CLOSE = ((0.1, "on the border"), (0.4, "close"), (0.8, "some way off"))
"""How far the next segment is, by confidence below which."""
_NOTHING_KEPT = "Everything came back, so there is nothing to go by."


def sentences(reasons: Reasons) -> Any:
    """Return one sentence a customer, an Arrow array of texts.

    Either ``Regular for 3 orders and 231 an order; two more orders like theirs -> Core.``, or, where nothing single would move
    the customer, ``Core for 12 orders and 5,120 spent; next is Regular, far off.``
    """
    import pyarrow.compute as pc

    n, alone = len(reasons.cluster), len(reasons.names) < 2
    nothing = column(reasons.cluster < 0)
    if alone:
        return pc.if_else(nothing, _word(_NOTHING_KEPT), _word(f"{reasons.names[0]}: the only segment."))
    own = _looked_up(reasons.names, reasons.cluster)
    near = _looked_up(reasons.names, reasons.nearest_cluster)
    given = np.nan_to_num(reasons.contributions, nan=-np.inf)
    rows = np.arange(n)
    first = given.argmax(axis=1)
    best = given[rows, first]
    given[rows, first] = -np.inf
    second = given.argmax(axis=1)
    phrases = [phrase(reasons.registered[name]) for name in reasons.features]
    values = [_said(reasons.columns[name], one.exact, whole=one.whole) for name, one in zip(reasons.features, phrases, strict=True)]
    one, other = pc.choose(column(first), *values), pc.choose(column(second), *values)
    with np.errstate(invalid="ignore"):
        both = given[rows, second] >= _SECOND * best
    why = _joined(own, " for ", pc.if_else(column(both & (best > 0)), _joined(one, " and ", other), one))
    # Only an algorithm that does not go by centres puts a customer where no feature, or not enough of them, speaks for it.
    beyond = column(reasons.margin < 0)
    why = pc.if_else(beyond, _joined(own, ", though nearer to the middle of ", near), why)
    far = _looked_up([word for _, word in CLOSE] + ["far off"], np.digitize(reasons.confidence, [below for below, _ in CLOSE]))
    tail = pc.if_else(beyond, _word(""), _joined("; next is ", near, ", ", far))
    change = reasons.change_column
    if change is not None:
        tail = pc.if_else(change.is_valid(), _joined("; ", change), tail)
    return pc.if_else(nothing, _word(_NOTHING_KEPT), _joined(why, tail, "."))


def change_texts(changes: Changes, names: Sequence[str]) -> Any:
    """Return the changes in words, an Arrow array of texts, null where there is none."""
    import pyarrow
    import pyarrow.compute as pc

    amounts = changes.amounts
    whole: Any = pyarrow.nulls(len(amounts), pyarrow.string())
    for place, path in enumerate(changes.paths):
        own = changes.path == place
        if own.any():
            whole = pc.replace_with_mask(whole, column(own), _said(amounts[own], path.words))
    return _joined(whole, " -> ", _looked_up(names, changes.to))


def _said(values: Array, words: Callable[[float], str], *, whole: bool = True) -> Any:
    """Return the words of each value, made once for every distinct one: whole numbers where they count, else three digits."""
    with np.errstate(all="ignore"):
        step = 10.0 ** (np.floor(np.log10(np.abs(values))) - 2)
        in_full = ~np.isfinite(step) | (step == 0) | (whole & (values == np.floor(values)))
        coarse = np.where(in_full, values, np.round(values / step) * step)
    coded = column(coarse, ~np.isfinite(coarse)).dictionary_encode()
    return column([words(value) for value in coded.dictionary.to_pylist()]).take(coded.indices)


def _looked_up(names: Sequence[str], places: NDArray[Any]) -> Any:
    return column(names).take(column(places, places < 0))


def _joined(*parts: Any) -> Any:
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(*(_word(part) if isinstance(part, str) else part for part in parts), _word(""))


@lru_cache(maxsize=256)
def _word(text: str) -> Any:
    """Return a text as an Arrow scalar; handed over as it is, it would be looked at for a pandas object, as in `column`."""
    return column([text])[0]
