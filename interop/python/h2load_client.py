"""Sends by h2load, which tells no more than the class of a status; one h2load for every device token."""

import asyncio
import json
import re
import subprocess
import tempfile

from job import job, report, tokens_of
from provider_token import headers

CLIENT = "h2load"


async def main(wanted):
    options = [option for header in headers(wanted) for option in ("--header", header)]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as payload:
        json.dump(wanted.payload, payload)
        payload.flush()
        async for token in tokens_of(wanted):
            send(token, wanted, [*options, "--data", payload.name])


def send(token, wanted, options):
    url = f"{wanted.url.geturl()}/3/device/{token}"
    once = ["--requests=1", "--clients=1", "--connection-inactivity-timeout=20"]
    done = subprocess.run(["h2load", *once, *options, url], capture_output=True, text=True)
    counts = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", done.stdout)
    classes = [f"{place + 2}xx" for place, count in enumerate(counts.groups() if counts else []) if int(count)]
    if len(classes) == 1:
        report(CLIENT, token, status_class=classes[0])
    else:
        report(CLIENT, token, error=done.stderr.strip() or done.stdout.strip())


if __name__ == "__main__":
    asyncio.run(main(job("Send by h2load and print one JSON line for every device token")))
