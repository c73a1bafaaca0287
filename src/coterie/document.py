"""JSON documents with a seal: written in one canonical form, refused when a byte has changed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, NoReturn

from coterie.errors import CoterieError

MOST_BYTES = 256_000_000


def encode(data: dict[str, Any]) -> bytes:
    """Return a document as UTF-8 JSON, the same bytes for the same data.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    return (json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def seal(data: dict[str, Any]) -> dict[str, Any]:
    """Return the document with its own SHA-256 under ``sha256``, last."""
    content = {key: value for key, value in data.items() if key != "sha256"}
    return content | {"sha256": hashlib.sha256(encode(content)).hexdigest()}


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, read in chunks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def decode_sealed(path: Path, *, noun: str, refusal: type[CoterieError], schema: int) -> dict[str, Any]:
    """Read a sealed document, or refuse it before anything is made of it.

    Parameters
    ----------
    path : Path
        The file.
    noun : str
        What it is, for the message: ``"model"``, ``"manifest"``.
    refusal : type of CoterieError
        What to raise.
    schema : int
        The newest schema this version reads.
    """

    def refuse(wrong: str, found: str, fix: str, code: str) -> NoReturn:
        raise refusal(f"{path} {wrong}", found=found, fix=fix, code=code)

    if not path.is_file():
        refuse("is not there.", f"no such {noun}.", "give the path of a run folder or of a model.json.", f"no_{noun}")
    if path.stat().st_size > MOST_BYTES:
        refuse("is too large.", f"{path.stat().st_size:,} bytes.", f"a {noun} has at most {MOST_BYTES:,}.", "too_large")
    raw = path.read_bytes()
    if not raw.lstrip().startswith(b"{"):
        refuse(
            "is not JSON.",
            f"it starts with {raw[:8]!r}.",
            f"a {noun} is a JSON file; pickle, joblib and YAML are never opened.",
            "not_json",
        )
    try:
        data: dict[str, Any] = json.loads(
            raw,
            parse_constant=lambda constant: refuse(
                "holds a number that is not finite.", f"{constant}.", "publish the run again.", "not_finite"
            ),
        )
    except (ValueError, RecursionError) as error:
        refuse("cannot be parsed.", f"{error}.", "publish the run again.", "not_json")
    if not isinstance(data.get("schema"), int) or data["schema"] > schema:
        refuse(
            "is of another schema.",
            f"schema {data.get('schema')!r}; this version reads up to {schema}.",
            "install the Coterie that wrote it, or run again with this one.",
            "newer_schema",
        )
    if seal(data).get("sha256") != data.get("sha256"):
        refuse(
            "has been changed since it was written.",
            "its SHA-256 does not match its content.",
            "publish the run again; use coterie commands to change a model.",
            "tampered",
        )
    return data
