"""Addresses of databases and stores: which are meant, and what of one may be shown. A password never is."""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

SERVERS = ("postgresql", "postgres")
"""Schemes of databases that lines are read from."""
STORES = ("s3", "gs", "gcs", "r2", "https", "http")
"""Schemes of object stores and web servers."""


def is_server(place: Any) -> bool:
    """Return whether an input is the URL of a database server."""
    return isinstance(place, str) and place.partition("://")[0].lower() in SERVERS and "://" in place


def is_store(place: Any) -> bool:
    """Return whether an input is the URL of an object in a store."""
    return isinstance(place, str) and place.partition("://")[0].lower() in STORES and "://" in place


def masked(url: str) -> str:
    """Return a URL without the passwords in it.

    Examples
    --------
    >>> masked("postgresql://ann:s3cret@db.example.com/crm?sslmode=require&password=s3cret")
    'postgresql://ann:***@db.example.com/crm?sslmode=require&password=***'
    """
    # To the last @: a password whose / or ? or @ was not escaped must not show either.
    url = re.sub(r"(?<=://)([^/@:?]*):.*@", r"\1:***@", url)
    return re.sub(r"([?&][^=&]*password[^=&]*=)[^&]*", r"\1***", url, flags=re.IGNORECASE)


def scrubbed(message: str, url: str) -> str:
    """Return a database's message without the passwords of the URL and of ``PGPASSWORD``: some quote what they were given."""
    parts = urlsplit(url)
    secrets = [parts.netloc.rpartition("@")[0].partition(":")[2], os.environ.get("PGPASSWORD", "")]
    secrets += [value for key, value in parse_qsl(parts.query) if "password" in key.lower()]
    for secret in secrets:
        for form in {secret, unquote(secret), quote(secret)} - {""}:
            message = message.replace(form, "***")
    return " ".join(message.split())
