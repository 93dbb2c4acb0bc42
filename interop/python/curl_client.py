"""Sends by curl, as Apple shows it for the command line; one curl, and so one connection, for every device token."""

import asyncio
import json
import subprocess
import tempfile

from job import job, report, tokens_of
from provider_token import headers

CLIENT = "curl"


async def main(wanted):
    options = [option for header in headers(wanted) for option in ("--header", header)]
    if wanted.cert:
        options += ["--cert", wanted.cert, "--key", wanted.cert_key]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as payload:
        json.dump(wanted.payload, payload)
        payload.flush()
        async for token in tokens_of(wanted):
            send(token, wanted, [*options, "--data-binary", f"@{payload.name}"])


def send(token, wanted, options):
    url = f"{wanted.url.geturl()}/3/device/{token}"
    always = ["--http2", "--silent", "--show-error", "--max-time", "20", "--cacert", wanted.ca]
    # The body, and behind it a line of what else is of interest.
    told = ["--write-out", "\n%{json}\n%header{apns-id}"]
    done = subprocess.run(["curl", *always, *options, *told, url], capture_output=True, text=True)
    if done.returncode != 0:
        report(CLIENT, token, error=done.stderr.strip() or f"curl: exit code {done.returncode}")
        return
    body, facts, apns_id = done.stdout.rsplit("\n", 2)
    facts = json.loads(facts)
    if facts["http_version"] != "2":
        report(CLIENT, token, error=f"curl spoke HTTP/{facts['http_version']}")
        return
    answer = json.loads(body) if body else {}
    report(
        CLIENT,
        token,
        status=facts["response_code"],
        apns_id=apns_id,
        reason=answer.get("reason"),
        timestamp=answer.get("timestamp"),
    )


if __name__ == "__main__":
    asyncio.run(main(job("Send by curl and print one JSON line for every device token")))
