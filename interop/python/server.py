"""A server on the h2 library for the tests of the client; see ../README.md for what it can be told to do."""

import argparse
import asyncio
import json
import signal
import ssl
import sys

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    RequestReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import ProtocolError, StreamClosedError
from h2.settings import SettingCodes
from hyperframe.frame import GoAwayFrame


class Tally:
    """What happened, over all connections."""

    def __init__(self, record):
        self.connections = 0
        self.received = 0
        self.processed = 0
        self.duplicates = 0
        self.refused = 0
        self.goaways = 0
        self.bytes = 0
        self.seen = set()
        self.record = open(record, "w", encoding="ascii") if record else None

    def process(self, apns_id):
        self.processed += 1
        self.duplicates += apns_id in self.seen
        self.seen.add(apns_id)
        if self.record:
            self.record.write(f"{apns_id}\n")

    def summary(self):
        if self.record:
            self.record.close()
        names = ["connections", "processed", "duplicates", "refused", "goaways", "bytes"]
        return {"event": "summary", **{name: getattr(self, name) for name in names}}


class Request:
    def __init__(self, headers):
        self.apns_id = dict(headers).get(b"apns-id", b"").decode("ascii", "replace")


class Server(asyncio.Protocol):
    """One connection."""

    def __init__(self, options, tally):
        self.options = options
        self.tally = tally
        self.http = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self.transport = None
        self.requests = {}
        self.unanswered = 0
        self.accepted = 0
        self.last_stream = None
        # Receive credit of the connection that has not been given back yet.
        self.owed = 0

    def connection_made(self, transport):
        self.tally.connections += 1
        self.transport = transport
        self.http.initiate_connection()
        self.http.update_settings(
            {
                SettingCodes.INITIAL_WINDOW_SIZE: self.options.window,
                SettingCodes.MAX_CONCURRENT_STREAMS: self.options.max_streams[0],
            }
        )
        self.flush()

    def data_received(self, data):
        try:
            for event in self.http.receive_data(data):
                self.handle(event)
        except ProtocolError as error:
            print(f"server.py: {error!r}", file=sys.stderr)
            self.flush()
            self.transport.close()
            return
        self.give_credit()
        self.flush()

    def handle(self, event):
        if isinstance(event, RequestReceived):
            self.on_request(event)
        elif isinstance(event, DataReceived):
            self.on_data(event)
        elif isinstance(event, StreamEnded):
            self.on_end(event.stream_id)
        elif isinstance(event, StreamReset):
            self.requests.pop(event.stream_id, None)
        elif isinstance(event, ConnectionTerminated):
            self.transport.close()

    def on_request(self, event):
        if self.last_stream is not None and event.stream_id > self.last_stream:
            return
        self.accepted += 1
        self.change_limit()
        if self.accepted == self.options.goaway_after:
            self.go_away(event.stream_id)
        self.tally.received += 1
        if is_turn(self.tally.received, self.options.refuse_every):
            self.tally.refused += 1
            self.http.reset_stream(event.stream_id, ErrorCodes.REFUSED_STREAM)
            return
        self.requests[event.stream_id] = Request(event.headers)

    def on_data(self, event):
        length = event.flow_controlled_length
        self.owed += length
        if event.stream_id in self.requests:
            self.tally.bytes += len(event.data)
            if event.stream_ended is None and length > 0:
                self.http.increment_flow_control_window(length, event.stream_id)

    def on_end(self, stream_id):
        request = self.requests.pop(stream_id, None)
        if request is None:
            return
        self.tally.process(request.apns_id)
        rejected = is_turn(self.tally.processed, self.options.reject_every)
        self.unanswered += 1
        if self.options.delay_ms:
            delay = self.options.delay_ms / 1000
            asyncio.get_running_loop().call_later(delay, self.answer_later, stream_id, request, rejected)
        else:
            self.answer(stream_id, request, rejected)

    def answer_later(self, *arguments):
        self.answer(*arguments)
        self.flush()

    def answer(self, stream_id, request, rejected):
        self.unanswered -= 1
        headers = [(":status", "410" if rejected else "200"), ("apns-id", request.apns_id)]
        try:
            self.http.send_headers(stream_id, headers, end_stream=not rejected)
            if rejected:
                body = b'{"reason":"Unregistered","timestamp":1700000000000}'
                self.http.send_data(stream_id, body, end_stream=True)
        except StreamClosedError:
            pass  # The client has given it up.
        self.close_when_done()

    def change_limit(self):
        """The limits follow each other on every connection, each for `--change-every` requests."""
        limits, every = self.options.max_streams, self.options.change_every
        if len(limits) > 1 and self.accepted % every == 0:
            limit = limits[self.accepted // every % len(limits)]
            self.http.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: limit})

    def give_credit(self):
        """Gives the connection's window back, in pieces of `--credit` bytes when that was asked for."""
        while self.owed > 0:
            piece = min(self.owed, self.options.credit or self.owed)
            self.http.increment_flow_control_window(piece)
            self.owed -= piece

    def go_away(self, last_stream):
        """Answers what came up to this stream, and looks at nothing after it.

        The library would take its own GOAWAY for the end of the connection, so the frame is written here.
        """
        self.tally.goaways += 1
        self.last_stream = last_stream
        self.flush()
        frame = GoAwayFrame(0, last_stream_id=last_stream, additional_data=b'{"reason":"Shutdown"}')
        self.transport.write(frame.serialize())

    def close_when_done(self):
        if self.last_stream is not None and not self.requests and not self.unanswered:
            self.flush()
            self.transport.close()

    def flush(self):
        data = self.http.data_to_send()
        if data and not self.transport.is_closing():
            self.transport.write(data)


def is_turn(number, every):
    return every > 0 and number % every == 0


def arguments():
    parser = argparse.ArgumentParser(description="Answer 200 to every notification, and misbehave as told")
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--goaway-after", type=int, default=0)
    parser.add_argument("--refuse-every", type=int, default=0)
    parser.add_argument("--reject-every", type=int, default=0)
    parser.add_argument("--max-streams", type=lambda text: [int(part) for part in text.split(",")], default=[100])
    parser.add_argument("--change-every", type=int, default=500)
    parser.add_argument("--window", type=int, default=65_535)
    parser.add_argument("--credit", type=int, default=0)
    parser.add_argument("--delay-ms", type=int, default=0)
    parser.add_argument("--record")
    return parser.parse_args()


async def main(options):
    tally = Tally(options.record)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(options.cert, options.key)
    tls.set_alpn_protocols(["h2"])

    loop = asyncio.get_running_loop()
    terminated = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, terminated.set)
    server = await loop.create_server(lambda: Server(options, tally), "127.0.0.1", options.port, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"event": "ready", "url": f"https://127.0.0.1:{port}"}), flush=True)
    await terminated.wait()
    print(json.dumps(tally.summary()), flush=True)


if __name__ == "__main__":
    asyncio.run(main(arguments()))
