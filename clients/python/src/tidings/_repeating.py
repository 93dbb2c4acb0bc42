"""When to ask again, and after which pause. Nothing is repeated that might then happen twice."""

from __future__ import annotations

import random

from ._call import Request
from .errors import ProblemError, TidingsConnectionError, TidingsError, TidingsTimeoutError

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 20.0


def may_repeat(error: TidingsError, request: Request) -> bool:
    """Whether asking again can help, and can do no harm."""
    if not request.replayable:
        return False
    if isinstance(error, TidingsTimeoutError):
        return request.harmless
    if isinstance(error, TidingsConnectionError):
        return request.harmless or not error.may_have_been_sent
    return isinstance(error, ProblemError) and _answer_invites(error, request)


def _answer_invites(problem: ProblemError, request: Request) -> bool:
    if problem.status == 429:
        return True
    if problem.status == 409:
        return problem.type == "urn:tidings:problem:idempotency-in-flight"
    if problem.status == 503:
        # Of what Tidings answers so, it has kept nothing. What something in between means by it, nobody knows.
        return request.harmless or problem.type.startswith("urn:tidings:")
    return problem.status in (502, 504) and request.harmless and problem.type == "about:blank"


def asked_pause(error: Exception | None) -> float:
    """What the server asks to wait."""
    return error.retry_after_seconds or 0.0 if isinstance(error, ProblemError) else 0.0


def pause_before(error: Exception | None, failures: int, first: float = _FIRST_PAUSE) -> float:
    """The pause before the next attempt: random, so that many do not come back together, but never before they may."""
    longest = min(_LONGEST_PAUSE, first * 2.0 ** min(failures - 1, 16))
    return asked_pause(error) + random.uniform(0.0, longest)
