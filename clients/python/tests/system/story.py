"""The client and a real server: what the library promises, one thing after the other.

Run by the tests of the binary, with where everything is in the environment. Prints the name of each chapter that came true.
"""

from __future__ import annotations

import faulthandler
import os
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from tidings import (
    ProblemError,
    Tidings,
    TidingsConnectionError,
    WebhookVerificationError,
    types,
    verify_webhook,
)

APP = os.environ["APP"]
TOMORROW = (datetime.now(timezone.utc) + timedelta(days=1)).isoformat()
TOKEN = os.environ["TOKEN"]
KEY = os.environ["TIDINGS_API_KEY"]

tidings = Tidings(os.environ["TIDINGS_URL"], KEY)
# Between this one and the server, the first answer to each request is lost, and each stream breaks after one event.
losing = Tidings(os.environ["TIDINGS_LOSING_URL"], KEY, pause=lambda _: None)

LATER: types.Notification = {
    "to": {"users": ["grace"]},
    "aps": {"alert": "Once"},
    "send_at": TOMORROW,
}


def refused(ask: Callable[[], object]) -> ProblemError:
    try:
        ask()
    except ProblemError as problem:
        return problem
    raise AssertionError("it was not refused")


def the_outcome_of_a_notification_is_awaited() -> None:
    p8 = Path(os.environ["P8"]).read_text()
    credential = tidings.upload_credential(
        APP, {"p8": p8, "key_id": os.environ["KEY_ID"], "team_id": os.environ["TEAM_ID"]}
    )
    assert credential["form"] == "signing_key"
    device = tidings.register_device(APP, TOKEN, {"user_id": "ada", "environment": "sandbox", "tags": ["tea"]})
    assert device["action"] == "ok"
    assert tidings.describe_app(APP)["bundle_id"] == APP
    with tidings.stream_events() as events:
        sent = tidings.send_notification(APP, {"to": {"users": ["ada"]}, "aps": {"alert": "Tea"}})
        for event in events:
            if event["type"] == "notification.finished" and event["subject"] == sent["id"]:
                assert event["data"]["counts"]["delivered"] == 1
                break
    assert tidings.describe_notification(APP, sent["id"])["state"] == "finished"


def the_devices_of_a_stream_are_imported_and_listed_page_by_page() -> None:
    def lines() -> Iterator[types.ImportedDevice]:
        for number in range(2500):
            yield {"token": f"aa{number:06x}", "tags": ["many"]}
        yield {"token": "no token"}

    answer = tidings.import_devices(APP, lines())
    line, end = answer
    assert "line" in line and line["line"] == 2501
    assert line["problem"]["type"] == "urn:tidings:problem:invalid-device-token"
    assert "summary" in end and end["summary"]["created"] == 2500
    tokens = {device["token"] for device in tidings.iterate_devices(APP, tag="many", limit=1000)}
    assert len(tokens) == 2500
    page = tidings.list_devices(APP, tag="many", limit=10)
    assert len(page["devices"]) == 10 and page.get("next_cursor")


def the_lines_of_a_batch_are_accepted_or_refused_by_themselves() -> None:
    answer = tidings.send_notifications(APP, [LATER, {"to": {}, "aps": {"alert": "Tea"}}, LATER])
    assert [("id" in line, line["line"]) for line in answer] == [(True, 1), (False, 2), (True, 3)]


def the_lost_answer_is_asked_for_again_and_nothing_happens_twice() -> None:
    losing.register_device(APP, "bb01", {"user_id": "grace"})
    sent = losing.send_notification(APP, LATER)
    lines = losing.send_notifications(APP, [LATER, LATER])
    assert [line.get("replayed") for line in lines] == [True, True]
    ids = [notification["id"] for notification in losing.iterate_notifications(APP, limit=2)]
    assert sent["id"] in ids
    assert len(ids) == len(set(ids)) == 1 + 2 + 3, "nothing was sent twice"
    losing.forget_device(APP, "bb01")
    assert refused(lambda: losing.describe_device(APP, "bb01")).status == 404


def the_request_that_might_happen_twice_is_not_repeated() -> None:
    try:
        losing.create_api_key({"name": "made once", "scopes": ["read"]})
    except TidingsConnectionError as error:
        assert error.may_have_been_sent
    else:
        raise AssertionError("the answer was not lost")
    keys = tidings.list_api_keys()["api_keys"]
    assert [key["name"] for key in keys].count("made once") == 1


def the_event_stream_that_breaks_goes_on_where_it_was() -> None:
    with losing.stream_events(after=0) as stream:
        through = [next(stream)["id"] for _ in range(3)]
    with tidings.stream_events(after=0) as stream:
        direct = [next(stream)["id"] for _ in range(3)]
    assert through == direct


def the_stream_that_begins_now_misses_nothing_before_its_first_event() -> None:
    with losing.stream_events(app=APP) as stream:
        tidings.register_device(APP, "cc01")
        tidings.forget_device(APP, "cc01")
        assert next(stream)["type"] == "device.forgotten"


def the_problem_says_what_is_wrong_and_what_to_do() -> None:
    problem = refused(lambda: tidings.register_device(APP, "xyz"))
    assert (problem.type, problem.status) == ("urn:tidings:problem:invalid-device-token", 422)
    assert "hexadecimal" in problem.hint
    assert refused(lambda: tidings.describe_app("com.example.unknown")).type.endswith(":app-not-found")
    stranger = Tidings(os.environ["TIDINGS_URL"], "tid_wrong_key")
    problem = refused(stranger.list_apps)
    assert problem.status == 401
    assert "tid_wrong_key" not in repr(problem) + str(problem)


def the_key_is_not_shown() -> None:
    shown = repr(tidings) + str(vars(tidings)) + str(vars(tidings._settings)) + str(vars(tidings._http))
    assert KEY not in shown


def the_message_of_a_webhook_is_verified_and_a_changed_one_is_not() -> None:
    messages: list[tuple[dict[str, str], bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            messages.append((dict(self.headers), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        webhook = tidings.create_webhook({"url": f"http://127.0.0.1:{server.server_port}/"})
        assert tidings.test_webhook(webhook["id"])["delivered"]
        tidings.remove_webhook(webhook["id"])
        server.shutdown()
    headers, body = messages[0]
    secret = webhook["secret"]
    assert str(verify_webhook(secret, headers, body)["type"]) == "webhook.test"
    assert str(verify_webhook(["whsec_AAAA", secret], headers, body.decode())["type"]) == "webhook.test"
    for arguments in [(secret, headers, body.replace(b"webhook", b"Webhook")), ("whsec_AAAA", headers, body)]:
        try:
            verify_webhook(*arguments)
        except WebhookVerificationError:
            continue
        raise AssertionError("it was verified")


if __name__ == "__main__":
    faulthandler.dump_traceback_later(90, exit=True)
    for name, chapter in list(globals().items()):
        if name.startswith("the_"):
            chapter()
            print(name)
