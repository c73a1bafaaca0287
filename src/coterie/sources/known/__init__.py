"""Exports of shop platforms that are known by their headers, each in a file of its own."""

from __future__ import annotations

from coterie.sources.known import magento, shopify, square, stripe, woocommerce_analytics, woocommerce_orders
from coterie.sources.known.export import KNOWN, KnownExport
from coterie.sources.known.recognise import Recognised, recognise_export

__all__ = [
    "KNOWN",
    "KnownExport",
    "Recognised",
    "magento",
    "recognise_export",
    "shopify",
    "square",
    "stripe",
    "woocommerce_analytics",
    "woocommerce_orders",
]
