"""What schemathesis cannot know from the OpenAPI document: what must not be done to the server that is tried, and what no
schema can say of a request that makes sense."""

import datetime
import itertools
import json
import os

import jsonschema_rs
import schemathesis

FOLDER = os.environ["TIDINGS_BACKUPS"]
OWN_KEY = os.environ["TIDINGS_API_KEY"].split("_")[1]
NAME_LENGTH = 256
LINES = "application/x-ndjson"
numbers = itertools.count()
validators = {}


@schemathesis.serializer(LINES)
def lines(context, value):
    """One object on one line."""
    return value if isinstance(value, bytes) else json.dumps(value).encode() + b"\n"


@schemathesis.check
def every_line_is_what_the_document_says(context, response, case):
    """An answer of many lines has a schema for one line, which schemathesis does not know to be meant so."""
    if LINES not in response.headers.get("content-type", []):
        return
    operation = case.operation
    name = operation.definition.raw["operationId"]
    if name not in validators:
        told = operation.definition.raw["responses"]["200"]["content"][LINES]["schema"]
        components = operation.schema.raw_schema["components"]
        validators[name] = jsonschema_rs.Draft202012Validator({**told, "components": components})
    for line in response.content.splitlines():
        found = list(validators[name].iter_errors(json.loads(line)))
        assert not found, f"{line}: {found[0]}"
    with open(os.path.join(FOLDER, "answers-of-lines"), "a") as answers:
        answers.write(f"{name}\n")


UNKNOWN_HEADER = "x-schemathesis-unknown-property"


@schemathesis.hook
def filter_case(context, case):
    """A header that nobody asked for is no mistake: HTTP says to ignore it."""
    return UNKNOWN_HEADER not in (case.headers or {})


@schemathesis.hook
def before_call(context, case, kwargs):
    """Changes a case before it is sent."""
    name = case.operation.definition.raw.get("operationId")
    if name in ALWAYS:
        ALWAYS[name](case)
    if is_valid(case):
        cursor(case)
        if isinstance(case.body, dict):
            case.body = plain(case.body)
        if name in WHERE_VALID:
            WHERE_VALID[name](case)


def is_valid(case):
    """Whether the case is meant to be as the document wants it."""
    return case.meta is not None and case.meta.generation.mode.is_positive


def backup(case):
    """Backups go where they can be thrown away, whatever path was made up."""
    body = case.body
    if isinstance(body, dict) and isinstance(body.get("path"), str) and body["path"].startswith("/"):
        body["path"] = os.path.join(FOLDER, f"backup-{next(numbers)}")


def revoke(case):
    """The key that all of this is done with stays good."""
    if case.path_parameters.get("id") == OWN_KEY:
        case.path_parameters["id"] = "another"


def webhook(case):
    """Nobody's machine is sent anything: this name leads nowhere (RFC 2606), and no schema says what a URL is."""
    body = case.body
    if isinstance(body, dict) and isinstance(body.get("url"), str):
        if is_valid(case) or body["url"].startswith("http"):
            body["url"] = f"https://{next(numbers)}.tidings.invalid/"


def replay(case):
    """It says one of three things, and `failed` says nothing by `false`."""
    if not isinstance(case.body, dict):
        return
    said = [name for name in ("after", "deliveries", "failed") if case.body.get(name) is not None]
    case.body = {said[0]: case.body[said[0]] if said[0] != "failed" else True} if said else {"failed": True}


def plain(value):
    """Names are measured in bytes, which no schema can say, and a whole number is written without a point."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and len(value) <= NAME_LENGTH:
        return value.encode()[:NAME_LENGTH].decode(errors="ignore") or value
    return value


def cursor(case):
    """A cursor has a checksum and belongs to one list: none that is made up can be good."""
    if case.query:
        case.query.pop("cursor", None)


def expiry(case):
    """A key ends in the future."""
    if isinstance(case.body, dict) and case.body.get("expires_at"):
        later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
        case.body["expires_at"] = later.isoformat().replace("+00:00", "Z")


ALWAYS = {
    "make_backup": backup,
    "revoke_api_key": revoke,
    "create_webhook": webhook,
    "change_webhook": webhook,
}
WHERE_VALID = {
    "create_api_key": expiry,
    "replay_webhook": replay,
}
