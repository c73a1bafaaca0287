"""Thrift's compact protocol, as far as a Parquet footer speaks it: read as plain lists, and written again.

References
----------
Apache Thrift, "Thrift compact protocol", https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT, UUID = range(1, 14)
_FIXED = {BYTE: 1, DOUBLE: 8, UUID: 16}
_MOST_DEEP = 32

Struct = dict[int, tuple[int, Any]]
"""Kind and value by field: whole numbers as int, lists as the kind of their elements and the elements, all else as bytes."""


def read_struct(data: bytes) -> Struct:
    """Return the structure that starts the bytes.

    Raises
    ------
    ValueError
        If they are no such structure.
    """
    try:
        return _struct(data, 0, 0)[0]
    except IndexError:
        raise ValueError("a structure that ends too early") from None


def write_struct(struct: Struct) -> bytes:
    """Return the bytes of a structure."""
    out, last = bytearray(), 0
    for field, (kind, value) in sorted(struct.items()):
        if 0 < field - last < 16:
            out.append((field - last) << 4 | kind)
        else:
            out.append(kind)
            out += _varint(_zigzag(field))
        last = field
        if kind not in (TRUE, FALSE):
            out += _written(kind, value)
    out.append(0)
    return bytes(out)


def _struct(data: bytes, at: int, depth: int) -> tuple[Struct, int]:
    if depth > _MOST_DEEP:
        raise ValueError("a structure that is nested too deep")
    found: Struct = {}
    field = 0
    while head := data[at]:
        at += 1
        if head >> 4:
            field += head >> 4
        else:
            number, at = _number(data, at)
            field = number >> 1 ^ -(number & 1)
        kind = head & 15
        value: Any = None
        if kind not in (TRUE, FALSE):
            value, at = _value(data, at, kind, depth)
        found[field] = (kind, value)
    return found, at + 1


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in (I16, I32, I64):
        number, at = _number(data, at)
        return number >> 1 ^ -(number & 1), at
    if kind == BINARY:
        size, at = _number(data, at)
        return _taken(data, at, size)
    if kind in (LIST, SET):
        size, of = data[at] >> 4, data[at] & 15
        at += 1
        if size == 15:
            size, at = _number(data, at)
        elements = []
        for _ in range(size):
            one, at = _taken(data, at, 1) if of in (TRUE, FALSE) else _value(data, at, of, depth)
            elements.append(one)
        return (of, elements), at
    if kind == STRUCT:
        return _struct(data, at, depth + 1)
    if kind in _FIXED:
        return _taken(data, at, _FIXED[kind])
    raise ValueError(f"a value of kind {kind}")


def _taken(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    if at + size > len(data):
        raise IndexError
    return data[at : at + size], at + size


def _number(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7


def _written(kind: int, value: Any) -> bytes:
    if kind in (I16, I32, I64):
        return _varint(_zigzag(value))
    if kind == BINARY:
        return _varint(len(value)) + bytes(value)
    if kind in (LIST, SET):
        of, elements = value
        head = bytes([len(elements) << 4 | of]) if len(elements) < 15 else bytes([0xF0 | of]) + _varint(len(elements))
        return head + b"".join(one if of in (TRUE, FALSE) else _written(of, one) for one in elements)
    if kind == STRUCT:
        return write_struct(value)
    return bytes(value)


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
