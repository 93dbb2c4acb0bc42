"""The client of Tidings, the self-hosted push service for Apple devices."""

from __future__ import annotations

from . import types
from ._core import AsyncEventStream, EventStream
from ._operations import VERSION, AsyncOperations, Operations
from .errors import (
    ProblemError,
    TidingsConnectionError,
    TidingsError,
    TidingsTimeoutError,
    WebhookVerificationError,
)
from .webhooks import verify_webhook

__version__ = VERSION
__all__ = [
    "AsyncEventStream",
    "AsyncTidings",
    "EventStream",
    "ProblemError",
    "Tidings",
    "TidingsConnectionError",
    "TidingsError",
    "TidingsTimeoutError",
    "WebhookVerificationError",
    "types",
    "verify_webhook",
]


class Tidings(Operations):
    """A server, and a key to it. One is enough for a process; threads can share it."""

    @staticmethod
    def _agent() -> str:
        return f"tidings-python/{VERSION}"

    def __enter__(self) -> Tidings:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncTidings(AsyncOperations):
    """A server, and a key to it, for asyncio. One is enough for a process."""

    @staticmethod
    def _agent() -> str:
        return f"tidings-python/{VERSION}"

    async def __aenter__(self) -> AsyncTidings:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
