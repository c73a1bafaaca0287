"""Which source column is which column of the contract, with a confidence for each."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence

from coterie.columns import BY_NAME, COLUMNS, Column
from coterie.errors import MappingError
from coterie.sources.lines import Match

SURE = 0.8
"""At or above this confidence a column is used without asking."""
LEAST = 0.25
"""Below this confidence a match is not even listed."""
_FUZZY = 0.8
_RIVAL = 0.015

# Words that make a header mean something else than its other words do: a refunded amount is no amount.
_OTHER = re.compile(r"refund|discount|tax|ship|cancel|fee|birth|update|profit|margin")
# Exact headers of exports seen in the wild: Online Retail, its second edition, and the notebook's clean file.
_KNOWN = {
    "InvoiceNo": "invoice_no", "StockCode": "product_id", "Description": "description", "Quantity": "quantity",
    "InvoiceDate": "invoice_date", "UnitPrice": "price", "CustomerID": "customer_id", "Country": "country",
    "Invoice": "invoice_no", "Price": "price", "Customer ID": "customer_id",
    **{column.name: column.name for column in COLUMNS},
}  # fmt: skip


def candidates(header: Sequence[str], named: Mapping[str, str], unfit: Mapping[str, frozenset[str]]) -> list[Match]:
    """Return the best match of every column of the contract, sure or not.

    Parameters
    ----------
    header : sequence of str
        The source's columns.
    named : mapping of str to str
        Columns named by the user: column of the contract to column of the source.
    unfit : mapping of str to frozenset of str
        For a source column, the kinds (of ``coterie.columns``) that its values are not.

    Returns
    -------
    list of Match
        In the order of the contract; at most one for a column of the contract and one for a column of the source.

    Raises
    ------
    MappingError
        If a named source column does not exist, or is named twice.

    Examples
    --------
    >>> for match in candidates(["Client", "Day", "Total"], {}, {}):
    ...     print(match.column, match.source, match.confidence)
    invoice_date Day 0.9
    customer_id Client 0.95
    transaction_value Total 0.9
    """
    chosen = named_matches(header, named)
    taken = {match.source for match in chosen}
    pairs = [
        match
        for column in COLUMNS
        if column.name not in named
        for source in header
        if source not in taken and (match := _score(column, source, unfit.get(source, frozenset()))) is not None
    ]
    pairs.sort(key=lambda match: (-match.confidence, [*BY_NAME].index(match.column), list(header).index(match.source)))
    for match in pairs:
        if match.column in {other.column for other in chosen} or match.source in taken:
            continue
        rivals = [
            other.source for other in pairs
            if other.column == match.column and other.source != match.source and other.source not in taken
            and match.confidence < 0.98 and match.confidence - other.confidence < _RIVAL
        ]  # fmt: skip
        if rivals:
            match = Match(match.column, match.source, min(match.confidence, 0.7), f"could also be {', '.join(rivals)}")
        chosen.append(match)
        taken.add(match.source)
    return sorted(chosen, key=lambda match: [*BY_NAME].index(match.column))


def require(name: str, header: Sequence[str], matches: Sequence[Match]) -> tuple[Match, ...]:
    """Return the sure matches, if they make a transaction line.

    Raises
    ------
    MappingError
        If a column that every line needs is missing or unsure; the fix names the flag.
    """
    sure = {match.column: match for match in matches if match.confidence >= SURE}
    unsure = {match.column: match for match in matches if match.confidence < SURE}
    needed = ["customer_id", "invoice_date"]
    if "transaction_value" not in sure:
        needed += ["quantity", "price"] if {"quantity", "price"} & sure.keys() else ["transaction_value"]
    if {"product_id", "price"} & sure.keys():
        needed.append("invoice_no")
    missing = [column for column in needed if column not in sure]
    if missing:
        flags = " ".join(_flag(column, unsure) for column in missing)
        guesses = "; ".join(
            f"{m.source} may be {m.column} ({m.confidence:.2f}, {m.how})" for m in unsure.values() if m.column in missing
        )
        raise MappingError(
            f"{name} has no sure {' and no sure '.join(missing)} column.",
            found=f"{', '.join(header[:50])}{'; ' + guesses if guesses else ''}.",
            fix=f"{flags}, with the column of your file behind each =.",
            code="columns",
        )
    return tuple(match for match in matches if match.column in sure)


def normalised(header: str) -> str:
    """Return a header in lower case with everything but letters and digits removed, accents and full width folded.

    Examples
    --------
    >>> normalised(" Customer-ID ")
    'customerid'
    """
    folded = unicodedata.normalize("NFKD", header).casefold()
    return "".join(character for character in folded if character.isalnum())


def named_matches(header: Sequence[str], named: Mapping[str, str]) -> list[Match]:
    """Return the columns named by the user, as matches.

    Raises
    ------
    MappingError
        If one does not exist, or is named twice.
    """
    for column, source in named.items():
        if source not in header:
            close = difflib.get_close_matches(source, header, n=1, cutoff=0.5)
            raise MappingError(
                f"There is no column {source!r} to map {column} to.",
                found=f"{', '.join(header[:50])}.",
                fix=f"--map {column}={_quoted(close[0] if close else 'HEADER')}",
                code="columns",
            )
    if len(set(named.values())) < len(named):
        double = next(source for source in named.values() if [*named.values()].count(source) > 1)
        raise MappingError(
            f"Column {double!r} is mapped twice.",
            found=", ".join(f"{column}={source}" for column, source in named.items()) + ".",
            fix="--map each column of the file to one column of the contract.",
            code="columns",
        )
    return [Match(column, source, 1.0, "named by --map") for column, source in named.items()]


def _score(column: Column, source: str, unfit: frozenset[str]) -> Match | None:
    """Return how well a source column's header and values fit a column of the contract."""
    if _KNOWN.get(source) == column.name:
        return Match(column.name, source, 1.0, "a known header")
    if source in _KNOWN:
        return None
    plain = normalised(source)
    if plain in column.synonyms:
        confidence, how = round(max(0.98 - 0.01 * column.synonyms.index(plain), 0.9), 2), f"known as {plain!r}"
    else:
        close = max(column.synonyms, key=lambda synonym: _likeness(plain, source, synonym))
        likeness = _likeness(plain, source, close)
        if likeness < _FUZZY:
            return None
        confidence, how = round(0.9 * likeness, 2), f"close to {close!r}"
    if column.kind in unfit:
        confidence, how = round(confidence / 2, 2), f"{how}, but its values are not of kind {column.kind}"
    return Match(column.name, source, confidence, how) if confidence >= LEAST else None


def _likeness(plain: str, source: str, synonym: str) -> float:
    """Return the likeness of a header to a synonym, from 0 to 1; a header that only ends with it is unsure."""
    if len(synonym) < 4 or _OTHER.search(plain) or plain == synonym + "s":
        return 0.0
    words = re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", source))
    tails = [normalised("".join(words[start:])) for start in range(1, len(words))]
    return 0.85 if synonym in tails else difflib.SequenceMatcher(None, plain, synonym).ratio()


def _flag(column: str, unsure: Mapping[str, Match]) -> str:
    guess = unsure.get(column)
    return f"--map {column}={_quoted(guess.source) if guess else 'HEADER'}"


def _quoted(source: str) -> str:
    return source if re.fullmatch(r"[\w.-]+", source) else '"' + source.replace('"', '\\"') + '"'
