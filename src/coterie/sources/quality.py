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

    Ids that differ in case, blanks, width or leading zeros alone stay apart, and are counted. One id on very many lines may be
    everybody's: a till, a guest account.

    Parameters
    ----------
    engine : Tables
        Where the table lies.
    table : str
        As in `coterie.sources.lines.Lines`.
    """
    # To translate takes ten times as long as to see that there is nothing to translate.
    narrow = f"translate(replace(id, ' ', ''), {literal(_FULL_WIDTH)}, {literal(_ASCII)})"
    folded = f"ltrim(lower(CASE WHEN regexp_matches(id, '^[!-~]*$') THEN id ELSE {narrow} END), '0')"
    ids = f"ids AS (SELECT customer_id AS id, count(*) AS n FROM {table} WHERE customer_id IS NOT NULL GROUP BY 1)"
    alike = f"alike AS (SELECT min(id) || ' and ' || max(id) AS two FROM ids GROUP BY {folded} HAVING count(*) > 1)"
    groups, some, lines, total, customers = engine.rows(
        f"WITH {ids}, {alike} SELECT (SELECT count(*) FROM alike), (SELECT min(two) FROM alike), "
        "max(n), CAST(sum(n) AS BIGINT), count(*) FROM ids"
    )[0]
    found = []
    if groups:
        found.append(f"{groups:,} customer ids look alike but are kept apart, e.g. {some[:80]}.")
    if customers >= FEW and lines > GUEST_SHARE * float(total):
        top = engine.rows(f"WITH {ids} SELECT max(id) FROM ids WHERE n = {lines}")[0][0]
        share = 100 * lines / float(total)
        found.append(f"Customer {top} has {share:.0f} % of the lines; if it stands for guests, declare it with --missing {top}.")
    return [*found, *_without_invoice(engine, table)]


def _without_invoice(engine: Tables, table: str) -> list[str]:
    count = engine.rows(f"SELECT count(*) FROM {table} WHERE invoice_no IS NULL AND problem IS NULL")[0][0]
    return [f"{count:,} lines have no invoice number."] if count else []
