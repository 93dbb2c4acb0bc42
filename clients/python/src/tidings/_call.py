"""Calls: what is asked of the server, in the form in which it is sent."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, Union
from urllib.parse import quote, urlencode, urlsplit

T = TypeVar("T")

Lines = Iterable[T]
"""Many objects, sent as lines while they come. What is no list or tuple can be read only once, so that its request is never
repeated."""
AsyncLines = Union[Iterable[T], AsyncIterable[T]]
"""The same, which may also come asynchronously."""

_HARMLESS = {"GET", "PUT", "DELETE"}
_PIECE = 1 << 16


@dataclass
class Call:
    """One call of an operation."""

    method: str
    path: str
    query: Mapping[str, object] = field(default_factory=dict)
    body: object = None
    lines: Iterable[Any] | AsyncIterable[Any] | None = None
    keyed: bool = False
    """The operation takes an idempotency key."""
    idempotency_key: str | None = None
    timeout: float | None = None


class Request:
    """A call, ready to be sent as often as needed."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.target = call.path + _query(call.query)
        self.headers: dict[str, str] = {}
        self.unsure = False
        """An attempt failed, and it is not known whether the server did what it asked for."""
        if call.keyed:
            self.headers["idempotency-key"] = call.idempotency_key or str(uuid.uuid4())
        self._content: bytes | None = None
        if call.body is not None:
            self.headers["content-type"] = "application/json"
            self._content = json.dumps(call.body, ensure_ascii=False).encode()
        elif call.lines is not None:
            self.headers["content-type"] = "application/x-ndjson"
            if isinstance(call.lines, (list, tuple)):
                self._content = b"".join(map(_line, call.lines))

    @property
    def harmless(self) -> bool:
        """Once or twice is the same: it only looks, it says how something is to be, or it has an idempotency key."""
        return self.call.method in _HARMLESS or self.call.keyed

    @property
    def replayable(self) -> bool:
        """Its body can be sent again."""
        return self._content is not None or self.call.lines is None

    def content(self) -> bytes | Iterator[bytes] | None:
        """The body, for a connection that waits."""
        if self._content is not None or self.call.lines is None:
            return self._content
        if not isinstance(self.call.lines, Iterable):
            raise TypeError("lines that come asynchronously need AsyncTidings")
        return _pieces(self.call.lines)

    def async_content(self) -> bytes | AsyncIterator[bytes] | None:
        """The body, for a connection that is awaited."""
        if self._content is not None or self.call.lines is None:
            return self._content
        return _async_pieces(self.call.lines)


def place(template: str, **values: str) -> str:
    """A path with values in it, none of which can change where it leads."""
    for value in values.values():
        if value in ("", ".", ".."):
            raise ValueError(f"{value!r} is no name of anything")
    return template.format_map({name: quote(value, safe="") for name, value in values.items()})


def base_of(url: str) -> str:
    """The address of a server, without what does not belong to it."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("the address of the server begins with https:// or http://")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _query(query: Mapping[str, object]) -> str:
    given = {name: _text(value) for name, value in query.items() if value is not None}
    return f"?{urlencode(given)}" if given else ""


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def _pieces(lines: Iterable[Any]) -> Iterator[bytes]:
    piece = b""
    for value in lines:
        piece += _line(value)
        if len(piece) >= _PIECE:
            yield piece
            piece = b""
    yield piece


async def _async_pieces(lines: Iterable[Any] | AsyncIterable[Any]) -> AsyncIterator[bytes]:
    if not isinstance(lines, AsyncIterable):
        for piece in _pieces(lines):
            yield piece
        return
    piece = b""
    async for value in lines:
        piece += _line(value)
        if len(piece) >= _PIECE:
            yield piece
            piece = b""
    yield piece
