"""What can go wrong. None of these holds the API key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any


class TidingsError(Exception):
    """Anything that this library raises by itself."""


class ProblemError(TidingsError):
    """The server answered that it will not, or cannot."""

    status: int
    """The status of the answer."""
    type: str
    """What sort of thing went wrong (see `tidings.types.ProblemType`); `about:blank` when the answer is not one of Tidings,
    but of something in between."""
    title: str
    detail: str
    """What went wrong this time."""
    hint: str
    """What to do."""
    field: str | None
    """A JSON pointer into the body, or the name of a parameter."""
    help: str | None
    """Where it is explained: a path of the server."""
    retry_after_seconds: float | None

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after_seconds: float | None = None) -> None:
        self.status = status
        self.type = str(problem.get("type") or "about:blank")
        self.title = str(problem.get("title") or f"The answer has the status {status}")
        self.detail = str(problem.get("detail") or "")
        self.hint = str(problem.get("hint") or "")
        self.field = problem.get("field")
        self.help = problem.get("help")
        asked = problem.get("retry_after_seconds")
        self.retry_after_seconds = asked if retry_after_seconds is None else retry_after_seconds
        detail = f": {self.detail}" if self.detail else ""
        super().__init__(f"{self.title}{detail} ({status})")

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], body: bytes) -> ProblemError:
        """Reads the problem of an answer, which may be that of a proxy."""
        return cls(status, _problem(headers, body), _seconds(headers.get("retry-after")))


class TidingsConnectionError(TidingsError):
    """The server could not be reached, or the connection broke."""

    may_have_been_sent: bool
    """Whether the request may have reached the server: then it is not known whether it was executed."""

    def __init__(self, message: str, may_have_been_sent: bool) -> None:
        super().__init__(message)
        self.may_have_been_sent = may_have_been_sent


class TidingsTimeoutError(TidingsError):
    """There was no answer in time: whether the request was executed is not known."""


class WebhookVerificationError(TidingsError):
    """A message is not of whom it says it is, or it is too old."""


def _problem(headers: Mapping[str, str], body: bytes) -> Mapping[str, Any]:
    if not headers.get("content-type", "").startswith("application/problem+json"):
        return {}
    try:
        problem = json.loads(body)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _seconds(value: str | None) -> float | None:
    """`Retry-After`, which is a number of seconds or a date."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=timezone.utc)
    return max(0.0, (at - datetime.now(timezone.utc)).total_seconds())
