"""A provider token as Apple's shell recipe makes it (*Sending push notifications using command-line tools*).

Its signature is DER, not the raw one that RFC 7515 asks for; APNs takes both.
"""

import base64
import json
import subprocess
import time


def provider_token(wanted):
    """Signed by `openssl`, issued now."""
    header = encode(json.dumps({"alg": "ES256", "kid": wanted.key_id}).encode())
    claims = encode(json.dumps({"iss": wanted.team_id, "iat": int(time.time())}).encode())
    signed = header + b"." + claims
    sign = ["openssl", "dgst", "-binary", "-sha256", "-sign", wanted.key]
    signature = subprocess.run(sign, input=signed, stdout=subprocess.PIPE, check=True).stdout
    return (signed + b"." + encode(signature)).decode()


def headers(wanted):
    """The headers of the notification, the provider token among them where there is a key."""
    fields = {
        "apns-topic": wanted.topic,
        "apns-push-type": wanted.push_type,
        "apns-priority": str(wanted.priority),
    }
    if wanted.key:
        fields["authorization"] = f"bearer {provider_token(wanted)}"
    return [f"{name}: {value}" for name, value in fields.items()]


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")
