"""The contract of a transaction line: its columns, their types and the headers they are known by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "money", "timestamp"]

# Quantities and prices are decimals with six places; a product of the two is exact in DECIMAL(36, 12).
DECIMAL = "DECIMAL(18, 6)"
VALUE = "DECIMAL(36, 12)"
FACTOR = "DECIMAL(20, 6)"
"""Of one of two factors: DuckDB keeps a product of two DECIMAL(18) at 18 digits unless one is wider."""


def line_value(quantity: str, price: str) -> str:
    """Return the SQL of quantity times price, exact."""
    return f"CAST(CAST({quantity} AS {FACTOR}) * {price} AS {VALUE})"


LIMIT = 10**9
"""Quantities and prices at or beyond this size are out of range: no sum of them can overflow."""


@dataclass(frozen=True)
class Column:
    """One column of a transaction line.

    Parameters
    ----------
    name : str
        The column's name in Coterie, lower case.
    kind : {"text", "number", "money", "timestamp"}
        How its text is read.
    meaning : str
        One sentence.
    synonyms : tuple of str
        Headers it is known by, in lower case with everything but letters and digits removed; best known first.
    """

    name: str
    kind: Kind
    meaning: str
    synonyms: tuple[str, ...]

    @property
    def sql_type(self) -> str:
        """The column's type in the engine."""
        return {"text": "VARCHAR", "number": DECIMAL, "money": DECIMAL, "timestamp": "TIMESTAMP"}[self.kind]


COLUMNS: tuple[Column, ...] = (
    Column(
        "invoice_no",
        "text",
        "The order or invoice the line belongs to.",
        (
            "invoiceno",
            "invoice",
            "invoicenumber",
            "invoiceid",
            "orderid",
            "orderno",
            "ordernumber",
            "order",
            "transactionid",
            "transactionno",
            "receiptid",
            "receiptno",
            "receipt",
            "basketid",
            "ticketid",
            "billno",
        ),
    ),
    Column(
        "product_id",
        "text",
        "The product's code.",
        (
            "productid",
            "stockcode",
            "sku",
            "itemid",
            "itemcode",
            "productcode",
            "product",
            "itemno",
            "articleid",
            "article",
            "item",
            "lineitemsku",
            "upc",
            "ean",
        ),
    ),
    Column(
        "description",
        "text",
        "The product's name.",
        ("description", "productname", "itemname", "productdescription", "itemdescription", "lineitemname", "title"),
    ),
    Column(
        "quantity",
        "number",
        "Units on the line; below zero for a return.",
        (
            "quantity",
            "qty",
            "units",
            "quantityordered",
            "lineitemquantity",
            "itemquantity",
            "itemssold",
            "count",
            "numberofunits",
            "pieces",
        ),
    ),
    Column(
        "invoice_date",
        "timestamp",
        "When it was bought, in the shop's local time.",
        (
            "invoicedate",
            "date",
            "orderdate",
            "transactiondate",
            "purchasedate",
            "datetime",
            "timestamp",
            "createdat",
            "orderedat",
            "soldat",
            "day",
            "saledate",
            "billdate",
            "createddateutc",
            "createdutc",
        ),
    ),
    Column(
        "price",
        "money",
        "Price of one unit.",
        (
            "price",
            "unitprice",
            "unitcost",
            "itemprice",
            "priceperunit",
            "lineitemprice",
            "sellingprice",
            "itemcost",
            "rate",
        ),
    ),
    Column(
        "customer_id",
        "text",
        "Who bought it.",
        (
            "customerid",
            "customer",
            "clientid",
            "client",
            "custid",
            "customerno",
            "customernumber",
            "userid",
            "user",
            "memberid",
            "buyerid",
            "accountid",
            "cardid",
            "householdkey",
            "householdid",
            "shopperid",
            "customeremail",
            "email",
        ),
    ),
    Column(
        "country",
        "text",
        "The customer's country.",
        ("country", "billingcountry", "shippingcountry", "countrycode", "customercountry", "market"),
    ),
    Column(
        "transaction_value",
        "money",
        "Money of the line, quantity times price; or of the order, in an order-level file.",
        (
            "transactionvalue",
            "linetotal",
            "totalprice",
            "amount",
            "sales",
            "netsales",
            "salesamount",
            "salesvalue",
            "revenue",
            "total",
            "ordertotal",
            "grandtotal",
            "value",
            "spend",
            "totalamount",
            "ordervalue",
            "extendedprice",
            "dollarvalue",
            "dollars",
            "paymentvalue",
        ),
    ),
)

BY_NAME: dict[str, Column] = {column.name: column for column in COLUMNS}
SOURCE_ROW = "source_row"
"""The number of a row over all inputs, from 1: the key between mapped lines and the source's own columns."""
