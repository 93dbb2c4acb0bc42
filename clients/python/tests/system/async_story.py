"""The same promises as in `story.py`, kept by the client that is awaited."""

from __future__ import annotations

import asyncio
import faulthandler
import os
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

from tidings import AsyncTidings, ProblemError, TidingsConnectionError, types

APP = os.environ["APP"]
TOMORROW = (datetime.now(timezone.utc) + timedelta(days=1)).isoformat()


async def no_pause(_: float) -> None:
    pass


async def the_outcome_of_a_notification_is_awaited(tidings: AsyncTidings, losing: AsyncTidings) -> None:
    p8 = Path(os.environ["P8"]).read_text()
    await tidings.upload_credential(
        APP, {"p8": p8, "key_id": os.environ["KEY_ID"], "team_id": os.environ["TEAM_ID"]}
    )
    await tidings.register_device(APP, os.environ["TOKEN"], {"user_id": "ada", "environment": "sandbox"})
    async with await tidings.stream_events() as events:
        sent = await tidings.send_notification(APP, {"to": {"users": ["ada"]}, "aps": {"alert": "Tea"}})
        async for event in events:
            if event["type"] == "notification.finished" and event["subject"] == sent["id"]:
                assert event["data"]["counts"]["delivered"] == 1
                break


async def the_devices_of_a_stream_are_imported_and_listed_page_by_page(
    tidings: AsyncTidings, losing: AsyncTidings
) -> None:
    async def lines() -> AsyncIterator[types.ImportedDevice]:
        for number in range(2500):
            yield {"token": f"aa{number:06x}", "tags": ["many"]}

    (end,) = await tidings.import_devices(APP, lines())
    assert "summary" in end and end["summary"]["created"] == 2500
    tokens = {device["token"] async for device in tidings.iterate_devices(APP, tag="many", limit=1000)}
    assert len(tokens) == 2500


async def the_lost_answer_is_asked_for_again_and_nothing_happens_twice(
    tidings: AsyncTidings, losing: AsyncTidings
) -> None:
    later: types.Notification = {
        "to": {"users": ["grace"]},
        "aps": {"alert": "Once"},
        "send_at": TOMORROW,
    }
    await losing.register_device(APP, "bb01", {"user_id": "grace"})
    await losing.send_notification(APP, later)
    lines = await losing.send_notifications(APP, [later, later])
    assert [line.get("replayed") for line in lines] == [True, True]
    ids = [notification["id"] async for notification in losing.iterate_notifications(APP, limit=2)]
    assert len(ids) == len(set(ids)) == 1 + 3, "nothing was sent twice"
    await losing.forget_device(APP, "bb01")


async def the_request_that_might_happen_twice_is_not_repeated(
    tidings: AsyncTidings, losing: AsyncTidings
) -> None:
    try:
        await losing.create_api_key({"name": "made once", "scopes": ["read"]})
    except TidingsConnectionError as error:
        assert error.may_have_been_sent
    else:
        raise AssertionError("the answer was not lost")
    keys = (await tidings.list_api_keys())["api_keys"]
    assert [key["name"] for key in keys].count("made once") == 1


async def the_event_stream_that_breaks_goes_on_where_it_was(
    tidings: AsyncTidings, losing: AsyncTidings
) -> None:
    async with await losing.stream_events(after=0) as stream:
        through = [(await anext(stream))["id"] for _ in range(3)]
    async with await tidings.stream_events(after=0) as stream:
        direct = [(await anext(stream))["id"] for _ in range(3)]
    assert through == direct


async def the_problem_says_what_is_wrong_and_what_to_do(tidings: AsyncTidings, losing: AsyncTidings) -> None:
    try:
        await tidings.register_device(APP, "xyz")
    except ProblemError as problem:
        assert problem.type == "urn:tidings:problem:invalid-device-token"
        assert "hexadecimal" in problem.hint
    else:
        raise AssertionError("it was not refused")


async def tell() -> None:
    key = os.environ["TIDINGS_API_KEY"]
    async with (
        AsyncTidings(os.environ["TIDINGS_URL"], key) as tidings,
        AsyncTidings(os.environ["TIDINGS_LOSING_URL"], key, pause=no_pause) as losing,
    ):
        assert key not in repr(tidings) + str(vars(tidings)) + str(vars(tidings._settings))
        for name, chapter in list(globals().items()):
            if name.startswith("the_"):
                await chapter(tidings, losing)
                print(name)


if __name__ == "__main__":
    faulthandler.dump_traceback_later(90, exit=True)
    asyncio.run(tell())
