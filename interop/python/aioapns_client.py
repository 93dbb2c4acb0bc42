"""Sends by aioapns, which knows Apple's host names and port 443 only: its connections are led elsewhere."""

import asyncio
import logging
import ssl
import tempfile

from aioapns import APNs, NotificationRequest, PushType

from job import job, report, tokens_of

CLIENT = "aioapns"

# How long to wait for one answer; the library itself waits for ever.
SECONDS = 20


async def main(wanted):
    detour(asyncio.get_running_loop(), wanted.url)
    log = Log()
    logging.getLogger("aioapns").addHandler(log)
    client = APNs(
        **credential(wanted),
        topic=wanted.topic,
        use_sandbox=wanted.environment == "sandbox",
        ssl_context=ssl.create_default_context(cafile=wanted.ca),
        max_connection_attempts=2,
    )
    async for token in tokens_of(wanted):
        await send(client, token, wanted, log)


async def send(client, token, wanted, log):
    request = NotificationRequest(
        device_token=token,
        message=wanted.payload,
        priority=wanted.priority,
        push_type=PushType(wanted.push_type),
    )
    try:
        result = await asyncio.wait_for(client.send_notification(request), SECONDS)
    except Exception as error:  # Whatever it is, the line tells it.
        report(CLIENT, token, error="; ".join([repr(error), *log.terminations]))
        return
    report(
        CLIENT,
        token,
        status=int(result.status),
        apns_id=result.notification_id,
        reason=result.description,
        timestamp=result.timestamp,
    )


def credential(wanted):
    if wanted.key:
        with open(wanted.key, encoding="ascii") as key:
            return {"key": key.read(), "key_id": wanted.key_id, "team_id": wanted.team_id}
    return {"client_cert": one_file(wanted.cert, wanted.cert_key)}


def one_file(*paths):
    """The library wants the certificate and its key in one file."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as together:
        for path in paths:
            with open(path, encoding="ascii") as part:
                together.write(part.read())
    return together.name


def detour(loop, url):
    """Leads every connection of the loop to this URL; the server name stays the one asked for."""
    create_connection = loop.create_connection

    def elsewhere(protocol_factory, host=None, port=None, **options):
        options.setdefault("server_hostname", host)
        return create_connection(protocol_factory, url.hostname, url.port, **options)

    loop.create_connection = elsewhere


class Log(logging.Handler):
    """The library tells of a GOAWAY only by its log."""

    def __init__(self):
        super().__init__()
        self.terminations = []

    def emit(self, record):
        message = record.getMessage()
        if "terminated" in message:
            self.terminations.append(message)


if __name__ == "__main__":
    asyncio.run(main(job("Send by aioapns and print one JSON line for every device token")))
