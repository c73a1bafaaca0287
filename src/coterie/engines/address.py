"""Addresses of databases and stores, and queries: which are meant, and what of one may be shown. A password never is."""

from __future__ import annotations

import hashlib
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


def masked_query(query: str) -> str:
    """Return a query as it may be kept: without what its texts and comments say, and then with the SHA-256 of all of it.

    Names between double quotes, numbers and everything else stay as they are. A text that cannot be told to end, for a backslash
    stands before its quote and the server's settings decide what that means, is masked with all that follows.

    Examples
    --------
    >>> masked_query("SELECT * FROM lines WHERE units > 7 /* ann */")
    'SELECT * FROM lines WHERE units > 7'
    >>> masked_query("SELECT * FROM lines WHERE shop = 'O''Hara'").partition(" -- ")[0]
    "SELECT * FROM lines WHERE shop = '***'"
    """
    if is_masked(query):
        return query
    masked = _HIDDEN.sub(lambda found: found["name"] or (" " if found["comment"] else _MASK), query).strip()
    return f"{masked}{_WHOLE}{hashlib.sha256(query.encode()).hexdigest()}" if _MASK in masked else masked


def is_masked(query: str) -> bool:
    """Return whether a query is one that `masked_query` took texts out of: it would ask for something else than it did."""
    return re.search(f"{_WHOLE}[0-9a-f]{{64}}$", query) is not None


_MASK, _WHOLE = "'***'", " -- SHA-256 of the whole query: "
_HIDDEN = re.compile(
    r"""
    (?P<name> "(?:[^"]|"")*" )
    | (?P<comment> --[^\n]* | /\* (?: (?:(?!/\*|\*/).)*\*/ | .*\*/ | .*\Z ) )  # one that holds another ends with the last
    | \b[eE] ' (?:[^'\\] | '' | \\.)* (?: ' | \Z )
    | (?: \b[uU]& | \b[bBxXnN] )? ' (?:[^'\\] | '' | \\(?!'))* (?: ' | \\'.*\Z | \Z )
    | (?<![\w$]) \$ (?P<tag> (?:[^\W\d]\w*)? ) \$ .*? (?: \$(?P=tag)\$ | \Z )
    """,
    re.VERBOSE | re.DOTALL,
)


def scrubbed(message: str, url: str) -> str:
    """Return a database's message without the passwords of the URL and of ``PGPASSWORD``: some quote what they were given."""
    parts = urlsplit(url)
    secrets = [parts.netloc.rpartition("@")[0].partition(":")[2], os.environ.get("PGPASSWORD", "")]
    secrets += [value for key, value in parse_qsl(parts.query) if "password" in key.lower()]
    for secret in secrets:
        for form in {secret, unquote(secret), quote(secret)} - {""}:
            message = message.replace(form, "***")
    return " ".join(message.split())
