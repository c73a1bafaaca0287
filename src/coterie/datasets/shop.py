"""The invented shop: what it sells, at what price, and when its doors are open."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    Days = NDArray[np.datetime64[date]]

# fmt: off
FINISHES = (
    "PLAIN", "SPECKLED", "STRIPED", "DOTTED", "CHEQUERED", "GILDED", "FADED", "GLOSSY", "HAMMERED", "QUILTED",
    "FROSTED", "MOSSY",
)
MATERIALS = (
    "TIN", "OAK", "CLAY", "FELT", "LINEN", "GLASS", "CORK", "WICKER", "BRASS", "PAPER", "WOOL", "SLATE",
)
THINGS = (
    "LANTERN", "BREAD CROCK", "EGG CUP", "COAT PEG", "DOOR WEDGE", "TEA STRAINER", "BUNTING", "PLANT LABEL",
    "KEY TRAY", "NAPKIN RING", "BIRD FEEDER", "PENCIL POT", "CAKE STAND", "PICTURE CLIP", "SEWING BOX", "LUNCH TIN",
    "CANDLE DISH", "TRINKET BOX", "MUG MAT", "WALL CLOCK", "GIFT TAG", "WATERING CAN", "SPICE JAR", "TOY BOAT",
    "STORAGE TUB",
)
# fmt: on
POSTAGE, WEB_POSTAGE, MANUAL = 0, 1, 2
"""Rows of the catalogue that are charges and corrections, no goods."""

HOME = "United Kingdom"
# fmt: off
ABROAD = (
    "Germany", "France", "Ireland", "Spain", "Netherlands", "Belgium", "Switzerland", "Portugal", "Australia", "Norway",
)
# fmt: on
COUNTRIES = (HOME, *ABROAD)
COUNTRY_SHARES = (0.905, 0.022, 0.02, 0.015, 0.008, 0.006, 0.006, 0.006, 0.005, 0.004, 0.003)

MONTH_WEIGHTS = (0.75, 0.75, 0.95, 0.90, 1.05, 1.00, 0.95, 0.95, 1.30, 1.50, 2.20, 1.30)
"""Trade on an open day by month, January first: a gift shop peaks in November."""
WEEKDAY_WEIGHTS = (1.0, 1.05, 1.1, 1.25, 0.9, 0.0, 0.8)
"""Trade by day of the week, Monday first: no Saturdays."""
PRICE, PRICE_SPREAD = 2.1, 0.8
"""Median list price of a product, and the standard deviation of the prices' natural log."""
HOURS, HOUR_WEIGHTS = range(8, 19), (0.03, 0.06, 0.10, 0.13, 0.18, 0.16, 0.13, 0.11, 0.06, 0.03, 0.01)
"""Trade by hour of the day."""


@dataclass(frozen=True)
class Shop:
    """A catalogue of products and a calendar of trade.

    Parameters
    ----------
    codes, names : list of str
        Product codes and names; the first three are postage, web postage and manual corrections.
    pennies : ndarray of int64
        List prices.
    popular : ndarray of int32, shape (65536,)
        The product that a uniform 16-bit draw buys: popular ones hold more places.
    opens : datetime64[m]
        Midnight of the first day.
    trade : ndarray of float64, shape (n_days + 1,)
        Share of all trade done before each day; the last is 1.
    """

    codes: list[str]
    names: list[str]
    pennies: NDArray[np.int64]
    popular: NDArray[np.int32]
    opens: np.datetime64
    trade: NDArray[np.float64]

    def minutes(self, moments: NDArray[np.float64]) -> NDArray[np.int64]:
        """Turn shares of all trade, in [0, 1), into minutes since opening; never runs backwards.

        A uniform draw becomes a minute in opening hours on an open day, busy days and hours drawn more often.
        """
        day = np.searchsorted(self.trade, moments, side="right") - 1
        within = (moments - self.trade[day]) / (self.trade[day + 1] - self.trade[day])
        minute_of_day = _clock()[(within * len(_clock())).astype(np.int64).clip(0, len(_clock()) - 1)]
        return np.asarray(day * 1440 + minute_of_day, dtype=np.int64)


def open_shop(
    start: date,
    months: int,
    *,
    month_weights: tuple[float, ...] = MONTH_WEIGHTS,
    weekday_weights: tuple[float, ...] = WEEKDAY_WEIGHTS,
    price: float = PRICE,
    price_spread: float = PRICE_SPREAD,
) -> Shop:
    """Return the shop with its calendar from the first day of ``start``'s month, over so many whole months."""
    codes, names, pennies = _catalogue(price, price_spread)
    first = np.datetime64(start, "M")
    days: Days = np.arange(first, first + months, dtype="datetime64[D]")
    trade = _trade(days, month_weights, weekday_weights)
    return Shop(codes, names, pennies, _popular(len(codes)), first.astype("datetime64[m]"), trade)


def mix(seeds: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64-bit numbers into 64 random-looking bits each, the same on every platform: SplitMix64's last step.

    References
    ----------
    Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195.
    """
    bits = seeds ^ (seeds >> np.uint64(30))
    bits *= np.uint64(0xBF58476D1CE4E5B9)
    bits ^= bits >> np.uint64(27)
    bits *= np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return bits


@cache
def bell(places: int) -> NDArray[np.float64]:
    """Return the standard normal's quantiles at the midpoints of so many equal parts."""
    quantile = NormalDist().inv_cdf
    return np.array([quantile((place + 0.5) / places) for place in range(places)])


@cache
def _catalogue(price: float, price_spread: float) -> tuple[list[str], list[str], NDArray[np.int64]]:
    """Return codes, names and prices: every finish, as a variant of every thing in every material."""
    codes, names, prices = ["POST", "DOT", "M"], ["POSTAGE", "WEB POSTAGE", "Manual"], [18.0, 6.5, 1.5]
    quantiles = bell(1024)
    for number, (thing, material, finish) in enumerate(product(THINGS, MATERIALS, FINISHES)):
        codes.append(f"{20_000 + number // 3}{('', 'A', 'B')[number % 3]}")
        names.append(f"{finish} {material} {thing}")
        place = mix(np.array([number], dtype=np.uint64))[0] % np.uint64(1024)
        prices.append(price * float(np.exp(price_spread * quantiles[place])))
    pennies = np.maximum(np.rint(np.array(prices) * 20) * 5, 10).astype(np.int64)  # prices end in 0 or 5
    return codes, names, pennies


def _popular(n_products: int) -> NDArray[np.int32]:
    """Give the product of each rank places in proportion to ``1 / (rank + 20) ** 0.8``; postage is not drawn."""
    weights = 1 / (np.arange(n_products) + 20.0) ** 0.8
    shuffled = np.argsort(mix(np.arange(n_products, dtype=np.uint64)), kind="stable")
    by_product = np.empty(n_products)
    by_product[shuffled] = weights
    by_product[[POSTAGE, WEB_POSTAGE]] = 0
    by_product[MANUAL] = weights.mean()
    edges = np.cumsum(by_product) / by_product.sum()
    places = np.searchsorted(edges, (np.arange(65536) + 0.5) / 65536)
    return np.asarray(places, dtype=np.int32)


def _trade(days: Days, month_weights: tuple[float, ...], weekday_weights: tuple[float, ...]) -> NDArray[np.float64]:
    """Share of all trade before each day, by month, weekday and the days closed round the turn of the year."""
    month = days.astype("datetime64[M]").astype(np.int64) % 12
    weekday = (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    day = (days - days.astype("datetime64[M]")).astype(np.int64) + 1
    closed = ((month == 11) & (day >= 24)) | ((month == 0) & (day <= 3))
    weights = np.array(month_weights)[month] * np.array(weekday_weights)[weekday] * ~closed
    return np.concatenate([[0.0], np.cumsum(weights) / weights.sum()])


@cache
def _clock() -> NDArray[np.int64]:
    """Return minutes of the day in order, each as often as its hour is busy."""
    places = [round(weight * 6000) for weight in HOUR_WEIGHTS]
    return np.concatenate([hour * 60 + np.arange(n) * 60 // n for hour, n in zip(HOURS, places, strict=True)])
