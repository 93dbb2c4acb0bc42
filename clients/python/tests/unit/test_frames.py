"""The event stream, however it is cut."""

from __future__ import annotations

import unittest
from collections.abc import Iterator

import httpx

from tidings import ProblemError, Tidings, TidingsError
from tidings._frames import Frame, FrameReader

STREAM = (
    "id: 7\nretry: 2000\n\n:\n\nid: 8\r\nevent: a\r\ndata: {\"é\":1}\r\n\r\nid:9\rdata: one\rdata: two\r\r"
).encode()
FRAMES = [Frame(id="7", retry=2.0), Frame(id="8", data='{"é":1}'), Frame(id="9", data="one\ntwo")]


class Breaking(httpx.SyncByteStream):
    """A body that breaks off after its text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __iter__(self) -> Iterator[bytes]:
        yield self.text.encode()
        raise httpx.ReadError("broken")


class Frames(unittest.TestCase):
    def test_frames_are_the_same_however_they_are_cut(self) -> None:
        for cut in range(len(STREAM) + 1):
            reader = FrameReader()
            read = reader.take(STREAM[:cut]) + reader.take(STREAM[cut:]) + reader.take(b":")
            self.assertEqual(read, FRAMES, cut)

    def test_a_line_without_end_is_refused(self) -> None:
        reader = FrameReader()
        with self.assertRaises(TidingsError):
            for _ in range(9):
                reader.take(b"x" * (1 << 20))

    def test_a_stream_that_breaks_is_opened_anew_where_it_was(self) -> None:
        asked: list[str | None] = []
        texts = ["id: 7\nretry: 10\n\nid: 9\ndata: half", 'id: 8\ndata: {"id":8}\n\n']

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request.headers.get("last-event-id"))
            if len(asked) > len(texts):
                return httpx.Response(401)
            return httpx.Response(200, stream=Breaking(texts[len(asked) - 1]))

        transport = httpx.MockTransport(answer)
        waited: list[float] = []
        tidings = Tidings("https://push.example.com", "tid_1", transport=transport, pause=waited.append)
        with tidings.stream_events() as stream:
            self.assertEqual(next(stream)["id"], 8)
            with self.assertRaises(ProblemError):
                next(stream)
        self.assertEqual(asked, [None, "7", "8"])
        self.assertTrue(all(seconds <= 0.01 for seconds in waited), waited)
