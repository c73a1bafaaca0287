"""From orders to lines: what is in each basket, as Arrow columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coterie.datasets.customers import Customers
from coterie.datasets.orders import HALF_CANCELLED, SALE, Orders
from coterie.datasets.shop import COUNTRIES, POSTAGE, WEB_POSTAGE, Shop, bell, mix

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Whole = NDArray[np.int32]

FIRST_INVOICE = 100_001
FIRST_CUSTOMER = 10_001
VALUE_SPREAD = 0.6
"""Standard deviation of the natural log of a line's money within an order."""
CASE, CASE_PRICE = 48, 85
"""From so many units on, a line is sold at so many hundredths of the list price."""
MOST_UNITS = 80_000
STEP = np.uint64(0x9E3779B97F4A7C15)


class LineMaker:
    """Make the lines of any stretch of the orders.

    Parameters
    ----------
    shop : Shop
        Products and calendar.
    customers : Customers
        For their countries.
    orders : Orders
        Every order, in order of time.
    duplicates, free : float
        Shares of lines that repeat the line before, and of lines at a price of 0.
    """

    def __init__(self, shop: Shop, customers: Customers, orders: Orders, *, duplicates: float, free: float) -> None:
        import pyarrow as pa

        self._shop, self._orders = shop, orders
        self._duplicates, self._free = duplicates, free
        self._country = np.append(customers.country, 0).astype(np.int32)  # row -1, nobody, is at home
        self._ids = pa.array(np.arange(len(customers.planted)) + FIRST_CUSTOMER).cast(pa.string())
        self._texts = [pa.array(texts, pa.string()) for texts in (shop.codes, shop.names, COUNTRIES)]
        self._values = np.exp(VALUE_SPREAD * bell(4096))

    @property
    def customer_ids(self) -> list[str]:
        """The text of every customer's id, in order of rows."""
        ids: list[str] = self._ids.to_pylist()
        return ids

    def make(self, rows: slice) -> pa.RecordBatch:
        """Make the lines of these orders."""
        import pyarrow as pa

        part = self._orders.part(rows)
        order = np.repeat(np.arange(len(part.kind), dtype=np.int32), part.n_lines)
        product, quantity, pennies = self._basket(part, order)
        minutes = self._shop.minutes(part.moment)[order]
        # Of millions of ids a stretch has thousands, and a file would hold them all once for every stretch.
        known = np.unique(part.customer[part.customer >= 0])
        own = self._ids.take(pa.array(known))
        code = np.searchsorted(known, part.customer).astype(np.int32)[order]
        customer = part.customer.astype(np.int32)[order]
        codes, names, countries = self._texts
        dictionary = pa.DictionaryArray.from_arrays
        return pa.RecordBatch.from_pydict(
            {
                "InvoiceNo": dictionary(pa.array(order), _invoice_numbers(part.kind, rows.start + FIRST_INVOICE)),
                "StockCode": dictionary(pa.array(product), codes),
                "Description": dictionary(pa.array(product), names),
                "Quantity": pa.array(quantity),
                "InvoiceDate": pa.array((self._shop.opens + minutes).astype("datetime64[s]")).cast(pa.timestamp("us")),
                "UnitPrice": _decimals(pennies),
                "CustomerID": dictionary(pa.array(code, mask=customer < 0), own),
                "Country": dictionary(pa.array(self._country[customer]), countries),
            }
        )

    def _basket(self, part: Orders, order: NDArray[np.int32]) -> tuple[Whole, Whole, NDArray[np.int64]]:
        """Draw product, units and price of every line: 64 bits from its order's key and its number in the order."""
        ends = np.cumsum(part.n_lines)
        number = np.arange(len(order)) - (ends - part.n_lines)[order]
        bits = mix(part.key[order] + (number + 1).astype(np.uint64) * STEP)
        repeats = np.flatnonzero((_field(bits, 48, 16) < self._duplicates * 65536) & (number > 0))
        bits[repeats] = bits[repeats - 1]

        product = self._shop.popular[_field(bits, 0, 16)]
        price = self._shop.pennies[product]
        value = part.line_value[order] * self._values[_field(bits, 16, 12)]
        units = np.rint(value * 100 / price).clip(1, MOST_UNITS).astype(np.int32)
        price = np.where(units >= CASE, price * CASE_PRICE // 100, price)
        price[_field(bits, 32, 16) < self._free * 65536] = 0

        abroad, nobody = self._country[part.customer] > 0, part.customer < 0
        for charge, who in ((POSTAGE, abroad), (WEB_POSTAGE, nobody)):
            last = ends[who & (part.n_lines > 3) & (part.kind == SALE)] - 1
            product[last], units[last], price[last] = charge, 1, self._shop.pennies[charge]

        kind = part.kind[order]
        units = np.where(kind == HALF_CANCELLED, (units + 1) // 2, units)
        units = np.where(kind == SALE, units, -units)
        return product, units, price


def _field(bits: NDArray[np.uint64], low: int, width: int) -> NDArray[np.int64]:
    """Return some of each number's bits as a whole number."""
    return ((bits >> np.uint64(low)) & np.uint64((1 << width) - 1)).astype(np.int64)


def _invoice_numbers(kind: NDArray[np.int8], first: int) -> pa.Array:
    """Number the invoices from the first on, with ``C`` before a cancellation's number."""
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = pa.array(np.arange(first, first + len(kind))).cast(pa.string())
    return pc.if_else(pa.array(kind == SALE), digits, pc.binary_join_element_wise("C", digits, ""))


def _decimals(pennies: NDArray[np.int64]) -> pa.Array:
    """Return whole pennies as exact decimals of two places, without a walk over the values."""
    import pyarrow as pa

    words = np.zeros((len(pennies), 2), dtype="<i8")  # a decimal is 128 bits, the low word first
    words[:, 0] = pennies
    return pa.Array.from_buffers(pa.decimal128(10, 2), len(pennies), [None, pa.py_buffer(words.tobytes())])
