"""What all operations have in common: the address, the key, time limits, repeats, bodies and answers.

There is each thing twice, once to be waited for and once to be awaited; what they decide by is in `_repeating`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import Any, Generic, TypeVar

import httpx

from ._call import Call, Request, base_of
from ._frames import FrameReader
from ._repeating import asked_pause, may_repeat, pause_before
from .errors import ProblemError, TidingsConnectionError, TidingsError, TidingsTimeoutError

T = TypeVar("T")
Page = TypeVar("Page")
At = TypeVar("At", str, int)

# An import is read by the server as long as it is sent.
_LONG_TIMEOUT = 300.0


class _Secret:
    """A text that no log and no inspector shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not text.isascii() or not text.isprintable() or not text or " " in text:
            raise ValueError("the API key has characters that no key has")
        self._text = text

    def __repr__(self) -> str:
        return "<secret>"

    def reveal(self) -> str:
        return self._text


class _Settings:
    """How to reach a server, and how patient to be."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        agent: str,
        *,
        timeout: float,
        retries: int,
        longest_pause: float,
        silence: float,
    ) -> None:
        self.base = base_of(base_url)
        self._key = _Secret(api_key)
        self._agent = agent
        self._timeout = timeout
        self.retries = retries
        self.longest_pause = longest_pause
        self.silence = silence

    def headers(self, request: Request) -> dict[str, str]:
        return {
            "authorization": f"Bearer {self._key.reveal()}",
            "user-agent": self._agent,
            **request.headers,
        }

    def timeout(self, request: Request) -> httpx.Timeout:
        usual = self._timeout if request.call.lines is None else _LONG_TIMEOUT
        return httpx.Timeout(usual if request.call.timeout is None else request.call.timeout)

    def streaming(self, request: Request) -> httpx.Timeout:
        return httpx.Timeout(request.call.timeout or self._timeout, read=self.silence)

    def pause_after(self, error: TidingsError, request: Request, failures: int) -> float | None:
        """How long to wait before the next attempt; nothing when there is to be none."""
        if failures > self.retries or not may_repeat(error, request) or asked_pause(error) > self.longest_pause:
            return None
        request.unsure = request.unsure or not isinstance(error, ProblemError)
        return pause_before(error, failures)


class Core:
    """The connection to a server, waited for."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout: float = 30.0,
        retries: int = 4,
        longest_pause: float = 60.0,
        silence: float = 45.0,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Makes a client of the server at `base_url`, such as `https://push.example.com`, with an API key (`tid_…`).

        `timeout` is how long the server may be silent, in seconds; `retries`, how often is asked again at most, where that can
        do no harm; `longest_pause`, the longest that the server may ask to wait: what is longer is raised as the problem that
        it is; `silence`, how long an event stream may be silent (the server speaks every 15 seconds).
        """
        self._settings = _Settings(
            base_url,
            api_key,
            self._agent(),
            timeout=timeout,
            retries=retries,
            longest_pause=longest_pause,
            silence=silence,
        )
        self._http = httpx.Client(transport=transport)
        self._pause = pause

    @staticmethod
    def _agent() -> str:
        return "tidings-python"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._settings.base}>"

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _nothing(self, call: Call) -> None:
        request = Request(call)
        try:
            self._ask(request)
        except ProblemError as problem:
            if not _is_gone(problem, request):
                raise

    def _text(self, call: Call) -> str:
        return self._ask(Request(call)).text

    def _json(self, call: Call) -> Any:
        return _parse(self._ask(Request(call)).text)

    def _lines(self, call: Call) -> list[Any]:
        return _parse_lines(self._text(call))

    def _events(self, call: Call) -> EventStream[Any]:
        request = Request(call)
        return EventStream(self, request, self._repeat(request, self._open))

    def _pages(
        self,
        at: At | None,
        ask: Callable[[At | None], Page],
        items: Callable[[Page], list[T]],
        following: Callable[[Page], At | None],
    ) -> Iterator[T]:
        while True:
            page = ask(at)
            yield from items(page)
            at = following(page)
            if at is None:
                return

    def _ask(self, request: Request) -> httpx.Response:
        return self._repeat(request, self._attempt)

    def _repeat(self, request: Request, attempt: Callable[[Request], httpx.Response]) -> httpx.Response:
        failures = 0
        while True:
            try:
                return attempt(request)
            except TidingsError as error:
                failures += 1
                pause = self._settings.pause_after(error, request, failures)
                if pause is None:
                    raise
            self._pause(pause)

    def _attempt(self, request: Request) -> httpx.Response:
        response = self._send(request, self._settings.timeout(request))
        try:
            response.read()
        except httpx.TransportError as error:
            raise _failure(error) from error
        finally:
            response.close()
        return _success(response)

    def _open(self, request: Request) -> httpx.Response:
        response = self._send(request, self._settings.streaming(request))
        if not response.is_success:
            response.read()
            response.close()
        return _success(response)

    def _send(self, request: Request, timeout: httpx.Timeout) -> httpx.Response:
        settings = self._settings
        message = self._http.build_request(
            request.call.method,
            settings.base + request.target,
            headers=settings.headers(request),
            content=request.content(),
            timeout=timeout,
        )
        try:
            return self._http.send(message, stream=True)
        except httpx.TransportError as error:
            raise _failure(error) from error


class EventStream(Generic[T]):
    """Events without end. It comes back after each break, and misses nothing."""

    def __init__(self, core: Core, request: Request, opened: httpx.Response) -> None:
        self._core = core
        self._request = request
        self._response: httpx.Response | None = opened
        self._events = self._listen()

    def __iter__(self) -> EventStream[T]:
        return self

    def __next__(self) -> T:
        return next(self._events)

    def __enter__(self) -> EventStream[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the connection."""
        self._events.close()
        if self._response is not None:
            self._response.close()
            self._response = None

    def _listen(self) -> Generator[T, None, None]:
        failures = 0
        resuming = _Resuming(self._request)
        problem: Exception | None = None
        while True:
            try:
                if self._response is None:
                    self._response = self._core._open(self._request)
                problem = None
                resuming.begin()
                for piece in self._response.iter_bytes():
                    for data in resuming.take(piece):
                        failures = 0
                        yield _parse(data)
            except (httpx.TransportError, TidingsError) as error:
                _raise_what_is_final(error, self._request)
                problem = error
            if self._response is not None:
                self._response.close()
                self._response = None
            failures += 1
            self._core._pause(pause_before(problem, failures, resuming.first_pause))


class AsyncCore:
    """The connection to a server, awaited."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout: float = 30.0,
        retries: int = 4,
        longest_pause: float = 60.0,
        silence: float = 45.0,
        transport: httpx.AsyncBaseTransport | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Makes a client of the server at `base_url`; the arguments are those of `Tidings`."""
        self._settings = _Settings(
            base_url,
            api_key,
            self._agent(),
            timeout=timeout,
            retries=retries,
            longest_pause=longest_pause,
            silence=silence,
        )
        self._http = httpx.AsyncClient(transport=transport)
        self._pause = pause

    @staticmethod
    def _agent() -> str:
        return "tidings-python"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._settings.base}>"

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def _nothing(self, call: Call) -> None:
        request = Request(call)
        try:
            await self._ask(request)
        except ProblemError as problem:
            if not _is_gone(problem, request):
                raise

    async def _text(self, call: Call) -> str:
        return (await self._ask(Request(call))).text

    async def _json(self, call: Call) -> Any:
        return _parse((await self._ask(Request(call))).text)

    async def _lines(self, call: Call) -> list[Any]:
        return _parse_lines(await self._text(call))

    async def _events(self, call: Call) -> AsyncEventStream[Any]:
        request = Request(call)
        return AsyncEventStream(self, request, await self._repeat(request, self._open))

    async def _pages(
        self,
        at: At | None,
        ask: Callable[[At | None], Awaitable[Page]],
        items: Callable[[Page], list[T]],
        following: Callable[[Page], At | None],
    ) -> AsyncIterator[T]:
        while True:
            page = await ask(at)
            for item in items(page):
                yield item
            at = following(page)
            if at is None:
                return

    async def _ask(self, request: Request) -> httpx.Response:
        return await self._repeat(request, self._attempt)

    async def _repeat(
        self, request: Request, attempt: Callable[[Request], Awaitable[httpx.Response]]
    ) -> httpx.Response:
        failures = 0
        while True:
            try:
                return await attempt(request)
            except TidingsError as error:
                failures += 1
                pause = self._settings.pause_after(error, request, failures)
                if pause is None:
                    raise
            await self._pause(pause)

    async def _attempt(self, request: Request) -> httpx.Response:
        response = await self._send(request, self._settings.timeout(request))
        try:
            await response.aread()
        except httpx.TransportError as error:
            raise _failure(error) from error
        finally:
            await response.aclose()
        return _success(response)

    async def _open(self, request: Request) -> httpx.Response:
        response = await self._send(request, self._settings.streaming(request))
        if not response.is_success:
            await response.aread()
            await response.aclose()
        return _success(response)

    async def _send(self, request: Request, timeout: httpx.Timeout) -> httpx.Response:
        settings = self._settings
        message = self._http.build_request(
            request.call.method,
            settings.base + request.target,
            headers=settings.headers(request),
            content=request.async_content(),
            timeout=timeout,
        )
        try:
            return await self._http.send(message, stream=True)
        except httpx.TransportError as error:
            raise _failure(error) from error


class AsyncEventStream(Generic[T]):
    """Events without end. It comes back after each break, and misses nothing."""

    def __init__(self, core: AsyncCore, request: Request, opened: httpx.Response) -> None:
        self._core = core
        self._request = request
        self._response: httpx.Response | None = opened
        self._events = self._listen()

    def __aiter__(self) -> AsyncEventStream[T]:
        return self

    async def __anext__(self) -> T:
        return await anext(self._events)

    async def __aenter__(self) -> AsyncEventStream[T]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Lets go of the connection."""
        await self._events.aclose()
        if self._response is not None:
            await self._response.aclose()
            self._response = None

    async def _listen(self) -> AsyncGenerator[T, None]:
        failures = 0
        resuming = _Resuming(self._request)
        problem: Exception | None = None
        while True:
            try:
                if self._response is None:
                    self._response = await self._core._open(self._request)
                problem = None
                resuming.begin()
                async for piece in self._response.aiter_bytes():
                    for data in resuming.take(piece):
                        failures = 0
                        yield _parse(data)
            except (httpx.TransportError, TidingsError) as error:
                _raise_what_is_final(error, self._request)
                problem = error
            if self._response is not None:
                await self._response.aclose()
                self._response = None
            failures += 1
            await self._core._pause(pause_before(problem, failures, resuming.first_pause))


class _Resuming:
    """Where an event stream stands, so that its next connection begins there."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._frames = FrameReader()
        self.first_pause = 0.25

    def begin(self) -> None:
        """What the last connection broke off in the middle of comes again."""
        self._frames = FrameReader()

    def take(self, piece: bytes) -> Iterator[str]:
        for frame in self._frames.take(piece):
            if frame.retry is not None:
                self.first_pause = frame.retry
            if frame.id is not None:
                self._request.headers["last-event-id"] = frame.id
            if frame.data is not None:
                yield frame.data


def _raise_what_is_final(error: httpx.TransportError | TidingsError, request: Request) -> None:
    if isinstance(error, TidingsError) and not may_repeat(error, request):
        raise error


def _success(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    raise ProblemError.of(response.status_code, response.headers, response.content)


def _failure(error: httpx.TransportError) -> TidingsError:
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)):
        return TidingsConnectionError("the server cannot be reached", may_have_been_sent=False)
    if isinstance(error, httpx.TimeoutException):
        return TidingsTimeoutError("there was no answer in time")
    return TidingsConnectionError("the connection broke", may_have_been_sent=True)


def _is_gone(problem: ProblemError, request: Request) -> bool:
    """It was deleted by an attempt whose answer was lost."""
    return request.unsure and request.call.method == "DELETE" and problem.status == 404


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise TidingsError("the answer is not JSON") from error


def _parse_lines(text: str) -> list[Any]:
    return [_parse(line) for line in text.split("\n") if line.strip()]
