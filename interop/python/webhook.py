"""A receiver of webhooks that verifies them by the library `standardwebhooks`, which nobody here wrote.

Prints {"event":"ready","url":…}; each line of its input is a secret, which it verifies by from then on, and answers
{"event":"secret"}. Prints a line for each message: {"event":"message","verified":…,"type":…,"error":…,"mutations":…}.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

# guide: begin
from standardwebhooks.webhooks import Webhook


def verified(secret, headers, body):
    """Raises when the signature is wrong, or older than five minutes."""
    return Webhook(secret).verify(body, headers)
# guide: end


SECRET = {"text": ""}
LOCK = threading.Lock()


def tell(line):
    with LOCK:
        print(json.dumps(line), flush=True)


def is_refused(headers, body):
    try:
        verified(SECRET["text"], headers, body)
        return False
    except Exception:  # noqa: BLE001 - whatever it raises, it does not pass
        return True


def mutations(headers, body):
    """Every bit of the body changed, one at a time, and each header: none must pass. How many did not."""
    refused = 0
    for bit in range(len(body) * 8):
        changed = bytearray(body)
        changed[bit // 8] ^= 1 << bit % 8
        refused += is_refused(headers, changed.decode("latin-1"))
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        refused += is_refused({**headers, name: headers[name].replace("v1,", "v1,0") + "0"}, body)
    return {"tried": len(body) * 8 + 3, "refused": refused}


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):  # noqa: N802 - the library's name
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        line = {"event": "message", "id": headers.get("webhook-id")}
        try:
            event = verified(SECRET["text"], headers, body)
            line |= {"verified": True, "type": event["type"], "mutations": mutations(headers, body)}
        except Exception as error:  # noqa: BLE001 - it is told
            line |= {"verified": False, "error": repr(error)}
        self.send_response(204)
        self.end_headers()
        tell(line)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
tell({"event": "ready", "url": f"http://127.0.0.1:{server.server_address[1]}/"})
for text in sys.stdin:
    SECRET["text"] = text.strip()
    tell({"event": "secret"})
