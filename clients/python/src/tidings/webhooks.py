"""Messages of webhooks, verified by the rules of Standard Webhooks."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence

from .errors import WebhookVerificationError
from .types import KnownEvent


def verify_webhook(
    secret: str | Sequence[str],
    headers: Mapping[str, str],
    body: bytes | str,
    *,
    tolerance_seconds: float = 300.0,
    now: float | None = None,
) -> KnownEvent:
    """The event of a message, once its signature is known to be good and its time to be near.

    `body` must be the body as it came: parsed and written anew it is another. While a secret is being changed, give both.
    Answer 200 to 299 at once, and remember `webhook-id`: a message may come again.
    """
    given = {name.lower(): value for name, value in headers.items()}
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    message_id, timestamp, signatures = (given.get(name, "") for name in names)
    if not (message_id and timestamp and signatures):
        raise WebhookVerificationError("a header is missing")
    _refuse_untimely(timestamp, tolerance_seconds, time.time() if now is None else now)
    content = body.encode() if isinstance(body, str) else body
    message = f"{message_id}.{timestamp}.".encode() + content
    secrets = [secret] if isinstance(secret, str) else secret
    if not any([_is_signed(_key(one), signatures, message) for one in secrets]):
        raise WebhookVerificationError("no signature is good")
    event: KnownEvent = json.loads(content)
    return event


def _refuse_untimely(timestamp: str, tolerance_seconds: float, now: float) -> None:
    is_number = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 15
    if not is_number or abs(now - int(timestamp)) > tolerance_seconds:
        raise WebhookVerificationError("its time is too far from ours")


def _is_signed(key: bytes, signatures: str, message: bytes) -> bool:
    expected = base64.b64encode(hmac.new(key, message, hashlib.sha256).digest())
    good = [
        hmac.compare_digest(signature[3:].encode(), expected)
        for signature in signatures.split(" ")
        if signature.startswith("v1,")
    ]
    return any(good)


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    # An empty key would be known to everybody.
    if not key:
        raise ValueError("the secret of the webhook is not what the server gave (`whsec_…`)")
    return key
