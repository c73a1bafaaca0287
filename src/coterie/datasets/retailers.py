"""Retailers of different shapes: who buys there, when, at what price and from where."""

from __future__ import annotations

from dataclasses import dataclass

from coterie.datasets.customers import TYPES, WHALE_SHARE, PlantedType
from coterie.datasets.shop import COUNTRY_SHARES, MONTH_WEIGHTS, PRICE, PRICE_SPREAD, WEEKDAY_WEIGHTS
from coterie.registry import Registry

EVEN_MONTHS = (1.0,) * 12
OPEN_DAILY = (1.0,) * 7
ONE_ORDER = (0.0, 1, 1, (0.0, 0.0))
"""Spread, fewest and most orders, and span of who orders once."""


@dataclass(frozen=True)
class Retailer:
    """A shop by its customers, its calendar and its prices.

    Parameters
    ----------
    name, meaning : str
        What it is asked for by, and one sentence.
    types : tuple of PlantedType
        Its customers.
    month_weights : tuple of 12 float
        Trade on an open day by month, January first.
    weekday_weights : tuple of 7 float
        Trade by day of the week, Monday first; 0 where it is closed.
    country_shares : tuple of 11 float
        Shares of the customers by country, home first.
    price, price_spread : float
        Median list price, and the standard deviation of the prices' natural log.
    whale_share : float, default 0
        Share of the customers, of the first type, that are of another order of size.
    """

    name: str
    meaning: str
    types: tuple[PlantedType, ...]
    month_weights: tuple[float, ...] = EVEN_MONTHS
    weekday_weights: tuple[float, ...] = WEEKDAY_WEIGHTS
    country_shares: tuple[float, ...] = COUNTRY_SHARES
    price: float = PRICE
    price_spread: float = PRICE_SPREAD
    whale_share: float = 0.0


RETAILERS: Registry[Retailer] = Registry("retailer")

RETAILERS.add(
    Retailer(
        "gift-shop",
        "A shop for gifts at home and abroad, with some wholesalers among its customers.",
        TYPES,
        month_weights=MONTH_WEIGHTS,
        whale_share=WHALE_SHARE,
    )
)
# A type is a row of figures, and reads best as one.
# fmt: off
RETAILERS.add(
    Retailer(
        "wholesale",
        "A wholesaler: few large accounts that order all the time, and small shops that try it.",
        (
            PlantedType("key account", "Orders weekly by the pallet.", 0.08, 50, 0.3, 30, 120, (0.9, 0.98), 40, 0.3, 300, 0.4),
            PlantedType("reseller", "Restocks every month.", 0.32, 14, 0.3, 6, 40, (0.7, 0.98), 25, 0.3, 120, 0.3),
            PlantedType("small shop", "Orders a few times a year.", 0.35, 4, 0.35, 2, 10, (0.3, 0.9), 15, 0.3, 60, 0.3),
            PlantedType("trial", "Tried it once.", 0.25, 1, *ONE_ORDER, 8, 0.3, 40, 0.3),
        ),
        weekday_weights=(1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0),
        country_shares=(0.4, 0.12, 0.1, 0.08, 0.07, 0.06, 0.05, 0.04, 0.03, 0.03, 0.02),
    )
)
RETAILERS.add(
    Retailer(
        "subscription",
        "Boxes by subscription: the same basket every month, until it is cancelled.",
        (
            PlantedType(
                "subscriber", "Has been there all year.", 0.45, 13, 0.02, 2, 14, (0.8, 0.98), 5, 0.3, 8, 0.25,
                starts=(0.9, 1.0), paced=True, same_basket=True,
            ),
            PlantedType(
                "newcomer", "Joined of late.", 0.15, 13, 0.02, 2, 14, (0.12, 0.28), 5, 0.3, 8, 0.25,
                starts=(0.97, 1.0), paced=True, same_basket=True,
            ),
            PlantedType(
                "churned", "Left after some months.", 0.25, 13, 0.02, 2, 14, (0.12, 0.45), 5, 0.3, 8, 0.25,
                starts=(0.0, 0.7), paced=True, same_basket=True,
            ),
            PlantedType("trial box", "One box, no more.", 0.15, 1, *ONE_ORDER, 4, 0.3, 7, 0.25),
        ),
        weekday_weights=OPEN_DAILY,
    )
)
RETAILERS.add(
    Retailer(
        "seasonal-gifts",
        "Gifts for Christmas: most come once in December, some every December.",
        (
            PlantedType("once in December", "One present.", 0.58, 1, *ONE_ORDER, 4, 0.35, 15, 0.35),
            PlantedType("every December", "Last year and this.", 0.22, 2, 0.0, 2, 2, (0.9, 0.98), 5, 0.3, 15, 0.3),
            PlantedType("all occasions", "Birthdays, too.", 0.15, 6, 0.3, 3, 16, (0.6, 0.98), 6, 0.3, 14, 0.3),
            PlantedType("company", "Presents for the staff.", 0.05, 2, 0.3, 1, 4, (0.0, 0.95), 30, 0.4, 70, 0.4),
        ),
        month_weights=(0.2, 0.3, 0.3, 0.4, 0.5, 0.3, 0.2, 0.2, 0.4, 1.2, 5.0, 8.0),
        weekday_weights=OPEN_DAILY,
    )
)
RETAILERS.add(
    Retailer(
        "grocery",
        "Groceries: small sums, week after week.",
        (
            PlantedType("weekly shop", "Once a week.", 0.3, 50, 0.12, 30, 70, (0.92, 0.98), 12, 0.25, 3, 0.15),
            PlantedType("top-up", "Every other day, for little.", 0.17, 110, 0.2, 60, 200, (0.92, 0.98), 3, 0.2, 2.5, 0.15),
            PlantedType("big shop", "Twice a month, by the car load.", 0.18, 22, 0.15, 14, 34, (0.9, 0.98), 32, 0.2, 3.5, 0.15),
            PlantedType("now and then", "Buys elsewhere.", 0.25, 5, 0.4, 1, 14, (0.2, 0.9), 5, 0.3, 3, 0.2),
            PlantedType("moved away", "Was weekly, and left.", 0.1, 22, 0.2, 10, 34, (0.3, 0.5), 12, 0.25, 3, 0.15, (0.0, 0.5)),
        ),
        weekday_weights=(0.9, 0.8, 0.9, 1.0, 1.3, 1.5, 0.0),
        price=2.0,
        price_spread=0.5,
    )
)
RETAILERS.add(
    Retailer(
        "marketplace",
        "A marketplace: most come once, from many countries, for a cable or for a sofa.",
        (
            PlantedType("one bargain", "One small thing.", 0.36, 1, *ONE_ORDER, 1, 0.3, 12, 0.5),
            PlantedType("one big ticket", "One dear thing.", 0.19, 1, *ONE_ORDER, 1, 0.3, 260, 0.6),
            PlantedType("comes back", "Two or three orders.", 0.27, 2.4, 0.2, 2, 4, (0.1, 0.8), 1.5, 0.3, 35, 0.6),
            PlantedType("regular", "Every other month.", 0.13, 7, 0.3, 4, 16, (0.6, 0.98), 2, 0.3, 35, 0.5),
            PlantedType("power buyer", "Every other week.", 0.05, 28, 0.3, 15, 60, (0.8, 0.98), 2, 0.3, 60, 0.5),
        ),
        weekday_weights=OPEN_DAILY,
        country_shares=(0.25, 0.15, 0.12, 0.09, 0.08, 0.07, 0.06, 0.06, 0.05, 0.04, 0.03),
        price=9.0,
        price_spread=1.3,
    )
)
# fmt: on
