"""Server-sent events, read as they come."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from .errors import TidingsError

_LONGEST = 4 << 20
# A carriage return at the end may be half a line end.
_LINE_END = re.compile(r"\r\n|\n|\r(?!\Z)")


@dataclass
class Frame:
    """One event of the stream."""

    id: str | None = None
    """Where the stream stands."""
    retry: float | None = None
    """What the server asks to wait before coming back, in seconds."""
    data: str | None = None
    """Without it nothing happened: the server says where the stream stands, or that it still lives."""


class FrameReader:
    """Cuts a stream into frames, however its pieces are cut."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""
        self._frame = Frame()

    def take(self, piece: bytes) -> list[Frame]:
        """The frames that end in this piece."""
        *lines, self._rest = _LINE_END.split(self._rest + self._decoder.decode(piece))
        if len(self._rest) > _LONGEST:
            raise TidingsError("a line of the event stream has no end")
        return [frame for line in lines if (frame := self._line(line)) is not None]

    def _line(self, line: str) -> Frame | None:
        if not line:
            frame, self._frame = self._frame, Frame()
            return frame if frame != Frame() else None
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            self._frame.id = value
        elif name == "retry" and value.isdigit():
            self._frame.retry = int(value) / 1000
        elif name == "data":
            before = self._frame.data
            self._frame.data = value if before is None else f"{before}\n{value}"
        return None
