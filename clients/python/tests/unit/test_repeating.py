"""When the library asks again, and when it does not."""

from __future__ import annotations

import asyncio
import unittest
from collections.abc import Callable, Sequence
from typing import Any, Union

import httpx

from tidings import AsyncTidings, ProblemError, Tidings, TidingsConnectionError, TidingsError, TidingsTimeoutError, types

NOTIFICATION: types.Notification = {"to": {"users": ["ada"]}, "aps": {"alert": "Tea"}}
BASE = "https://push.example.com/tidings/"
Answer = Union[httpx.Response, type[httpx.TransportError]]


def problem(status: int, slug: str, **headers: str) -> httpx.Response:
    body = {"type": f"urn:tidings:problem:{slug}", "title": "No", "detail": "It is so.", "hint": "Wait."}
    return httpx.Response(status, json=body, headers={"content-type": "application/problem+json", **headers})


def overloaded() -> httpx.Response:
    return problem(503, "overloaded", **{"retry-after": "3"})


def proxy(status: int) -> httpx.Response:
    return httpx.Response(status, html="<h1>Bad</h1>")


def accepted() -> httpx.Response:
    return httpx.Response(202, json={"id": "one"})


class Server:
    """A server that answers so, one after the other; with what was asked, and how long was waited."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.waited: list[float] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, httpx.Response):
            return answer
        raise answer("no")

    async def answer_async(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self.answer(request)

    def client(self, **options: Any) -> Tidings:
        transport = httpx.MockTransport(self.answer)
        return Tidings(BASE, "tid_1_secret", transport=transport, pause=self.waited.append, **options)

    def async_client(self) -> AsyncTidings:
        async def pause(seconds: float) -> None:
            self.waited.append(seconds)

        return AsyncTidings(BASE, "tid_1_secret", transport=httpx.MockTransport(self.answer_async), pause=pause)


class Repeating(unittest.TestCase):
    def refused(self, kind: type[TidingsError], ask: Callable[[], object]) -> Any:
        with self.assertRaises(kind) as caught:
            ask()
        self.assertNotIn("tid_1_secret", repr(caught.exception) + str(caught.exception))
        return caught.exception

    def assert_one_key(self, asked: Sequence[httpx.Request]) -> None:
        keys = {request.headers["idempotency-key"] for request in asked}
        self.assertEqual((len(asked), len(keys)), (3, 1))
        self.assertEqual(str(asked[0].url), f"{BASE}v1/apps/com.example.app/notifications")

    def test_a_notification_is_repeated_under_one_key(self) -> None:
        server = Server(httpx.ReadError, proxy(502), accepted())
        self.assertEqual(server.client().send_notification("com.example.app", NOTIFICATION)["id"], "one")
        self.assert_one_key(server.asked)

    def test_a_notification_is_repeated_under_one_key_when_awaited(self) -> None:
        server = Server(httpx.ReadError, proxy(502), accepted())
        asyncio.run(server.async_client().send_notification("com.example.app", NOTIFICATION))
        self.assert_one_key(server.asked)

    def test_each_call_has_a_key_of_its_own_or_the_one_that_it_is_given(self) -> None:
        server = Server(accepted(), accepted(), accepted())
        tidings = server.client()
        tidings.send_notification("app", NOTIFICATION)
        tidings.send_notification("app", NOTIFICATION)
        tidings.send_notification("app", NOTIFICATION, idempotency_key="order-1")
        one, other, own = (request.headers["idempotency-key"] for request in server.asked)
        self.assertNotEqual(one, other)
        self.assertEqual(own, "order-1")

    def test_a_request_without_a_key_is_repeated_only_when_the_server_has_kept_nothing_of_it(self) -> None:
        failures: list[tuple[Answer, type[TidingsError]]] = [
            (httpx.ReadError, TidingsConnectionError),
            (httpx.ReadTimeout, TidingsTimeoutError),
            (proxy(503), ProblemError),
            (proxy(502), ProblemError),
        ]
        for answer, error in failures:
            server = Server(answer, httpx.Response(201, json={}))
            tidings = server.client()
            self.refused(error, lambda: tidings.create_api_key({"name": "ci", "scopes": ["read"]}))
            self.assertEqual(len(server.asked), 1)
        invitations: list[Answer] = [overloaded(), proxy(429), httpx.ConnectError]
        for answer in invitations:
            server = Server(answer, httpx.Response(201, json={}))
            server.client().create_api_key({"name": "ci", "scopes": ["read"]})
            self.assertEqual(len(server.asked), 2)

    def test_what_is_refused_is_not_asked_again(self) -> None:
        for answer in [problem(422, "invalid-field"), proxy(500), problem(502, "apns-refused")]:
            server = Server(answer)
            self.refused(ProblemError, server.client().list_apps)
            self.assertEqual(len(server.asked), 1)

    def test_a_pause_is_at_least_what_the_server_asks_for_and_random_above_it(self) -> None:
        server = Server(overloaded(), overloaded(), httpx.ReadError, httpx.Response(200, json={"apps": []}))
        server.client().list_apps()
        one, two, three = server.waited
        self.assertTrue(3 <= one <= 3.25 and 3 <= two <= 3.5 and 0 <= three <= 1, server.waited)

    def test_a_pause_that_is_too_long_is_the_problem_that_it_is(self) -> None:
        server = Server(problem(429, "overloaded", **{"retry-after": "3600"}))
        refused = self.refused(ProblemError, server.client().list_apps)
        self.assertEqual((refused.status, refused.retry_after_seconds), (429, 3600))

    def test_it_gives_up_after_as_many_attempts_as_it_is_told(self) -> None:
        server = Server(*[httpx.ReadError] * 9)
        self.refused(TidingsConnectionError, server.client(retries=2).list_apps)
        self.assertEqual(len(server.asked), 3)

    def test_what_an_attempt_had_deleted_already_is_deleted(self) -> None:
        Server(httpx.ReadError, problem(404, "device-not-found")).client().forget_device("app", "00ff")
        alone = Server(problem(404, "device-not-found")).client()
        self.refused(ProblemError, lambda: alone.forget_device("app", "00ff"))

    def test_lines_that_can_be_read_only_once_are_sent_only_once(self) -> None:
        lines: list[types.ImportedDevice] = [{"token": "00"}, {"token": "01"}]
        once = Server(overloaded())
        self.refused(ProblemError, lambda: once.client().import_devices("app", iter(lines)))
        self.assertEqual(once.asked[0].content, b'{"token": "00"}\n{"token": "01"}\n')
        again = Server(overloaded(), httpx.Response(200, text='{"summary": {}}\n'))
        self.assertEqual(again.client().import_devices("app", lines), [{"summary": {}}])
        self.assertEqual([request.content for request in again.asked], [once.asked[0].content] * 2)

    def test_a_value_cannot_lead_to_another_place(self) -> None:
        server = Server(httpx.Response(200, json={}))
        tidings = server.client()
        tidings.describe_device("app", "a/b?c#d{0}")
        path = server.asked[0].url.raw_path
        self.assertEqual(path, b"/tidings/v1/apps/app/devices/a%2Fb%3Fc%23d%7B0%7D")
        for name in ["..", ".", ""]:
            with self.assertRaises(ValueError):
                tidings.describe_app(name)

    def test_a_key_or_an_address_that_cannot_be_is_refused_at_once(self) -> None:
        for key in ["", "a b", "a\r\nb", "é"]:
            with self.assertRaises(ValueError):
                Tidings(BASE, key)
        with self.assertRaises(ValueError):
            Tidings("file:///etc", "tid_1")
