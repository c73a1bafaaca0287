"""What a person should look at in lines that were read: ids that look alike, a guest's id, lines without an invoice."""

from __future__ import annotations

from coterie.engines.base import Tables, literal

GUEST_SHARE = 0.05
FEW = 20
"""With fewer customers than this, one of them has a large share by rights."""
_FULL_WIDTH = "".join(chr(0xFF01 + index) for index in range(94))
_ASCII = "".join(chr(0x21 + index) for index in range(94))


def look_at(engine: Tables, table: str) -> list[str]:
    """Return warnings about a mapped table.

    Parameters
    ----------
    engine : Tables
        Where the table lies.
    table : str
        As in `coterie.sources.lines.Lines`.
    """
    ids = f"(SELECT customer_id AS id, count(*) AS n FROM {table} WHERE customer_id IS NOT NULL GROUP BY 1)"
    return [*_look_alikes(engine, ids), *_guest(engine, ids), *_without_invoice(engine, table)]


def _look_alikes(engine: Tables, ids: str) -> list[str]:
    """Count ids that differ in case, blanks, width or leading zeros alone; they stay apart."""
    # To translate takes ten times as long as to see that there is nothing to translate.
    narrow = f"translate(replace(id, ' ', ''), {literal(_FULL_WIDTH)}, {literal(_ASCII)})"
    folded = f"ltrim(lower(CASE WHEN regexp_matches(id, '^[!-~]*$') THEN id ELSE {narrow} END), '0')"
    groups, some = engine.rows(
        f"SELECT count(*), min(two) FROM (SELECT min(id) || ' and ' || max(id) AS two FROM {ids} AS ids "
        f"GROUP BY {folded} HAVING count(*) > 1) AS alike"
    )[0]
    if not groups:
        return []
    return [f"{groups:,} customer ids look alike but are kept apart, e.g. {some[:80]}."]


def _guest(engine: Tables, ids: str) -> list[str]:
    """Warn of one id on so many lines that it may be everybody's: a till, a guest account."""
    lines, total, customers = engine.rows(f"SELECT max(n), CAST(sum(n) AS BIGINT), count(*) FROM {ids} AS ids")[0]
    if customers < FEW or lines <= GUEST_SHARE * float(total):
        return []
    top = engine.rows(f"SELECT max(id) FROM {ids} AS ids WHERE n = {lines}")[0][0]
    share = 100 * lines / float(total)
    return [f"Customer {top} has {share:.0f} % of the lines; if it stands for guests, declare it with --missing {top}."]


def _without_invoice(engine: Tables, table: str) -> list[str]:
    count = engine.rows(f"SELECT count(*) FROM {table} WHERE invoice_no IS NULL AND problem IS NULL")[0][0]
    return [f"{count:,} lines have no invoice number."] if count else []
