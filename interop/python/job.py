"""What the clients of this folder have in common: their arguments, and the lines that they print.

The arguments are the same as those of the clients in JavaScript and Rust (see ../README.md).
"""

import argparse
import asyncio
import json
import sys
from urllib.parse import urlsplit


def job(description):
    """The arguments: what to send, to whom, and as whom."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--url", type=urlsplit, required=True)
    parser.add_argument("--environment", choices=["production", "sandbox"], default="production")
    parser.add_argument("--ca", required=True)
    parser.add_argument("--key")
    parser.add_argument("--key-id")
    parser.add_argument("--team-id")
    parser.add_argument("--cert")
    parser.add_argument("--cert-key")
    parser.add_argument("--topic", required=True)
    parser.add_argument("--token", action="append", required=True)
    parser.add_argument("--push-type", default="alert")
    parser.add_argument("--priority", type=int, default=10)
    parser.add_argument("--payload", type=json.loads, default={"aps": {"alert": "Hello"}})
    parser.add_argument("--step", action="store_true")
    return parser.parse_args()


async def tokens_of(wanted):
    """The device tokens one by one; with --step, each but the first after a line (or the end) of the standard input."""
    for number, token in enumerate(wanted.token):
        if wanted.step and number > 0:
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        yield token


def report(client, token, *, status=None, apns_id=None, reason=None, timestamp=None, error=None, status_class=None):
    """Prints the line for one device token."""
    line = {
        "client": client,
        "token": token,
        "status": status,
        "apns_id": apns_id,
        "reason": reason,
        "timestamp": timestamp,
        "error": error,
    }
    if status_class:
        line["status_class"] = status_class
    print(json.dumps(line), flush=True)
