"""Simulated retailers whose customers' true types are known.

The same arguments give the same lines, every time and on every platform. Customers and orders are drawn from
``numpy.random.Generator(PCG64(seed))``; lines come from a hash of their order's key, so that a cancellation repeats the
lines of its sale without a look at them, and any stretch of the file can be made without the rest of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from coterie.datasets.customers import Customers, draw_customers
from coterie.datasets.lines import LineMaker
from coterie.datasets.orders import Orders, draw_orders
from coterie.datasets.retailers import RETAILERS
from coterie.datasets.shop import open_shop
from coterie.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

START = date(2023, 12, 1)
CHUNK = 1_000_000
"""Lines made at a time."""


PILOT = 2000
"""Customers drawn to learn how many lines a customer has."""


@dataclass(frozen=True)
class Flaws:
    """How much of the lines is flawed, the way real exports are.

    Parameters
    ----------
    missing_customers : float, default 0.25
        Share of lines without a customer.
    cancellations : float, default 0.15
        Share of orders of which some lines are cancelled later, on an invoice that starts with ``C``.
    unmatched : float, default 0.1
        Share of those cancellations that match no sale.
    duplicates : float, default 0.01
        Share of lines that repeat the line before exactly.
    free : float, default 0.002
        Share of lines at a price of 0.
    """

    missing_customers: float = 0.25
    cancellations: float = 0.15
    unmatched: float = 0.1
    duplicates: float = 0.01
    free: float = 0.002


FLAWS = Flaws()


@dataclass(frozen=True)
class Simulation:
    """Simulated transaction lines and the truth behind them.

    Parameters
    ----------
    lines : pyarrow.Table
        ``InvoiceNo``, ``StockCode``, ``Description`` (text), ``Quantity`` (int32), ``InvoiceDate`` (timestamp),
        ``UnitPrice`` (decimal(10, 2)), ``CustomerID`` (text, null where unknown), ``Country`` (text), in order of time.
    planted : dict of str to str
        Planted type of every customer, by ``CustomerID``.
    """

    lines: pa.Table
    planted: dict[str, str]


def simulate(
    n_customers: int = 2000,
    *,
    months: int = 13,
    start: date = START,
    seed: int = 0,
    flaws: Flaws = FLAWS,
    retailer: str = "gift-shop",
) -> Simulation:
    """Simulate the sales of a retailer; of the gift shop, about 115 lines a customer.

    Parameters
    ----------
    n_customers : int, default 2000
        Customers; at least 50, so that every planted type is there.
    months : int, default 13
        Whole months of trade.
    start : date, default 2023-12-01
        The first day of its month is the first day of trade.
    seed : int, default 0
        Another seed, another year of the same shop.
    flaws : Flaws, default Flaws()
        Shares of missing customers, cancellations, duplicates and lines at a price of 0.
    retailer : {"gift-shop", "wholesale", "subscription", "seasonal-gifts", "grocery", "marketplace"}
        Whose: a name in `coterie.datasets.retailers.RETAILERS`.

    Returns
    -------
    Simulation
        The lines, and the planted type of every customer.

    Raises
    ------
    InputError
        If there are fewer than 50 customers, or no month.
    RecipeError
        If there is no such retailer.

    Examples
    --------
    >>> shop = simulate(100)
    >>> shop.lines.column_names
    ['InvoiceNo', 'StockCode', 'Description', 'Quantity', 'InvoiceDate', 'UnitPrice', 'CustomerID', 'Country']
    >>> sorted(set(shop.planted.values()))
    ['cancelled', 'loyal', 'occasional', 'one-time large', 'one-time small', 'wholesale']
    """
    import pyarrow as pa

    customers, orders, maker = _open(n_customers, months, start, seed, flaws, retailer)
    lines = pa.Table.from_batches([maker.make(rows) for rows in _stretches(orders)])
    plain = [pa.string() if pa.types.is_dictionary(field.type) else field.type for field in lines.schema]
    lines = lines.cast(pa.schema(list(zip(lines.column_names, plain, strict=True)))).combine_chunks()
    return Simulation(lines, dict(zip(maker.customer_ids, customers.names(), strict=True)))


def simulate_to_parquet(
    path: str | Path,
    *,
    n_lines: int,
    months: int = 13,
    start: date = START,
    seed: int = 0,
    flaws: Flaws = FLAWS,
    retailer: str = "gift-shop",
) -> int:
    """Write exactly so many simulated lines, in order of time, to a Parquet file, a million at a time.

    There are as many customers as it takes; the last days of the period are cut off where they have more lines. Memory
    holds every order (one to 20 lines or so) and one million lines.

    Parameters
    ----------
    path : str or Path
        The file to write.
    n_lines : int
        Lines; at least 10,000.
    months, start, seed, flaws, retailer
        As in `simulate`.

    Returns
    -------
    int
        The number of customers.

    Raises
    ------
    InputError
        If there are fewer than 10,000 lines, or no month.
    """
    import pyarrow.parquet as pq

    if n_lines < 10_000:
        raise _too_few("lines", n_lines, 10_000)
    _, pilot, _ = _open(PILOT, months, start, seed, flaws, retailer)
    n_customers = int(1.05 * n_lines * PILOT / pilot.n_lines.sum()) + 50
    _, orders, maker = _open(n_customers, months, start, seed, flaws, retailer)
    left, writer = n_lines, None
    try:
        for rows in _stretches(orders):
            lines = maker.make(rows)[:left]
            writer = writer or pq.ParquetWriter(path, lines.schema, compression="zstd", store_schema=False)
            writer.write_batch(lines)
            left -= lines.num_rows
            if not left:
                break
    finally:
        if writer:
            writer.close()
    return n_customers


def _open(
    n_customers: int, months: int, start: date, seed: int, flaws: Flaws, retailer: str
) -> tuple[Customers, Orders, LineMaker]:
    """Draw the customers and every order, and make the maker of their lines."""
    if n_customers < 50:
        raise _too_few("customers", n_customers, 50)
    if months < 1:
        raise _too_few("months", months, 1)
    kind = RETAILERS[retailer]
    rng = np.random.Generator(np.random.PCG64(seed))
    customers = draw_customers(rng, n_customers, kind.types, kind.country_shares, kind.whale_share)
    orders = draw_orders(
        rng,
        customers,
        missing_customers=flaws.missing_customers,
        cancellations=flaws.cancellations,
        unmatched=flaws.unmatched,
    )
    shop = open_shop(
        start,
        months,
        month_weights=kind.month_weights,
        weekday_weights=kind.weekday_weights,
        price=kind.price,
        price_spread=kind.price_spread,
    )
    return customers, orders, LineMaker(shop, customers, orders, duplicates=flaws.duplicates, free=flaws.free)


def _too_few(noun: str, found: int, least: int) -> InputError:
    return InputError(
        f"A simulated shop needs at least {least:,} {noun}.",
        found=f"{found:,}.",
        fix=f"ask for {least:,} {noun} or more.",
        code="too_few",
    )


def _stretches(orders: Orders) -> Iterator[slice]:
    """Cut the orders where their lines fill a chunk."""
    ends = np.cumsum(orders.n_lines)
    first = 0
    while first < len(ends):
        done = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, done + CHUNK, side="right")))
        yield slice(first, last)
        first = last
