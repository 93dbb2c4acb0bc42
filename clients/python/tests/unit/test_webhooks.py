"""Messages of webhooks: the example of Standard Webhooks, and what is wrong with others."""

from __future__ import annotations

import unittest

from tidings import WebhookVerificationError, verify_webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
NOW = 1614265330.0
HEADERS = {
    "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


class Webhooks(unittest.TestCase):
    def assert_refused(self, headers: dict[str, str], body: bytes, now: float = NOW) -> None:
        with self.assertRaises(WebhookVerificationError):
            verify_webhook(SECRET, headers, body, now=now)

    def test_the_example_of_the_specification_is_good(self) -> None:
        for body in (BODY, BODY.decode()):
            self.assertEqual(verify_webhook(SECRET, HEADERS, body, now=NOW), {"test": 2432232314})

    def test_one_good_signature_among_others_is_enough(self) -> None:
        good = HEADERS["webhook-signature"]
        signatures = f"v1,AAAA v1a,{good[3:]} v1,é {good}"
        verify_webhook(SECRET, {**HEADERS, "webhook-signature": signatures}, BODY, now=NOW)

    def test_no_bit_may_be_another(self) -> None:
        for bit in range(len(BODY) * 8):
            changed = bytearray(BODY)
            changed[bit >> 3] ^= 1 << (bit & 7)
            self.assert_refused(HEADERS, bytes(changed))
        others = [("Webhook-Id", "msg"), ("webhook-timestamp", "1614265331"), ("webhook-signature", "v1,")]
        for name, value in [*others, ("webhook-signature", "")]:
            self.assert_refused({**HEADERS, name: value}, BODY)

    def test_its_time_must_be_near(self) -> None:
        for seconds in (300, -300):
            verify_webhook(SECRET, HEADERS, BODY, now=NOW + seconds)
        for seconds in (301, -301):
            self.assert_refused(HEADERS, BODY, NOW + seconds)
        self.assert_refused({**HEADERS, "webhook-timestamp": "inf"}, BODY)

    def test_a_secret_that_is_none_is_a_mistake_of_ours(self) -> None:
        for secret in ("", "whsec_", "whsec_%"):
            with self.assertRaises(ValueError):
                verify_webhook(secret, HEADERS, BODY, now=NOW)
