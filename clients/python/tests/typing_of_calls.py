"""What mypy must take, and what it must not: an error that is ignored and does not occur is one."""

from __future__ import annotations

from tidings import AsyncTidings, Tidings, types


def good(tidings: Tidings) -> list[types.Device]:
    notification: types.Notification = {"to": {"tags": {"any": ["tea"]}}, "aps": {"alert": "Tea"}, "priority": 10}
    name: str = tidings.send_notification("app", notification)["id"]
    for line in tidings.send_notifications("app", [notification]):
        print(line["id"] if "id" in line else line["problem"]["hint"])
    return list(tidings.iterate_devices(name, state="active"))


async def good_when_awaited(tidings: AsyncTidings) -> list[types.Device]:
    return [device async for device in tidings.iterate_devices("app", state="active")]


def told(event: types.KnownEvent) -> int:
    if event["type"] == "notification.finished":
        return event["data"]["counts"]["delivered"]
    return event["data"]["counts"]["delivered"]  # type: ignore[typeddict-item, no-any-return]


def bad(tidings: Tidings) -> None:
    tidings.send_notification("app", {"to": {}, "asp": {"alert": "Tea"}})  # type: ignore[typeddict-unknown-key]
    tidings.send_notification("app", {"aps": {"alert": "Tea"}})  # type: ignore[typeddict-item]
    tidings.send_notification("app", {"to": {}, "push_type": "loud"})  # type: ignore[typeddict-item]
    tidings.list_devices("app", state="happy")  # type: ignore[arg-type]
    tidings.register_device("app", "00", idempotency_key="one")  # type: ignore[call-arg]
    environment: str = tidings.describe_device("app", "00")["environment"]  # type: ignore[assignment]
    print(environment)
