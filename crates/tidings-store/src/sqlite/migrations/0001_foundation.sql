-- Everything that the first version keeps. Instants are milliseconds since 1970; environments: 0 production, 1 sandbox,
-- and -1 where none is known.

CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE app (
    id INTEGER PRIMARY KEY,
    bundle_id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    reach INTEGER NOT NULL DEFAULT 0,
    next_device INTEGER NOT NULL
) STRICT;

CREATE TABLE credential (
    id BLOB PRIMARY KEY,
    app_id INTEGER NOT NULL,
    form INTEGER NOT NULL,
    environments INTEGER NOT NULL,
    key_id TEXT,
    team_id TEXT,
    topics TEXT NOT NULL,
    not_after INTEGER,
    fingerprint TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    secret BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX credential_of_app ON credential (app_id, created_at);

-- A device's id begins with its app's: (app_id << 40) + number. So the table is clustered by app and device, and paging
-- through an app is a scan of neighbours. It is narrow on purpose, with what a broadcast reads first: `marks` holds the
-- generation and where the token is proven and claimed, all that decides where nothing unusual is known.
CREATE TABLE device (
    id INTEGER PRIMARY KEY,
    token BLOB NOT NULL,
    kind INTEGER NOT NULL,
    marks INTEGER NOT NULL,
    -- Until when an acceptance changes nothing.
    settled_until INTEGER NOT NULL,
    -- Where something unusual is known; else 0, and `marks` say it.
    state INTEGER NOT NULL,
    registered_at INTEGER NOT NULL,
    first_registered_at INTEGER NOT NULL,
    registered_generation INTEGER NOT NULL,
    -- How it was judged, where something unusual is known: code of sending, under which reach, and since when it is so.
    sending INTEGER,
    not_before INTEGER,
    reach INTEGER,
    since INTEGER,
    production_first_at INTEGER,
    production_last_generation INTEGER,
    production_last_at INTEGER,
    sandbox_first_at INTEGER,
    sandbox_last_generation INTEGER,
    sandbox_last_at INTEGER
) STRICT;
CREATE INDEX device_by_state ON device (state, id) WHERE state >= 2;
CREATE INDEX device_ended ON device (since) WHERE state >= 3;
CREATE INDEX device_by_kind ON device (kind, id) WHERE kind <> 0;
-- Tokens that update a Live Activity (kind 9) end by age.
CREATE INDEX device_ageing ON device (registered_at) WHERE kind = 9 AND state < 3;

-- What devices are found by: the first bytes of SHA-256 of the app and of what is looked for.
CREATE TABLE device_by_token (
    key INTEGER NOT NULL,
    device_id INTEGER NOT NULL,
    PRIMARY KEY (key, device_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE device_by_installation (
    key INTEGER NOT NULL,
    device_id INTEGER NOT NULL,
    PRIMARY KEY (key, device_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE device_by_user (
    key INTEGER NOT NULL,
    device_id INTEGER NOT NULL,
    PRIMARY KEY (key, device_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE device_by_tag (
    key INTEGER NOT NULL,
    device_id INTEGER NOT NULL,
    PRIMARY KEY (key, device_id)
) STRICT, WITHOUT ROWID;

-- The devices of which names may not be in these tables yet.
CREATE TABLE device_unindexed (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    device_id INTEGER NOT NULL
) STRICT;

-- What sending does not need. `tags` is a JSON array.
CREATE TABLE device_detail (
    id INTEGER PRIMARY KEY,
    installation_id TEXT,
    user_id TEXT,
    tags TEXT,
    locale TEXT,
    app_version TEXT,
    os_version TEXT,
    device_model TEXT
) STRICT;

-- Unusual evidence, as JSON; and when the last request was sent whose answer spoke against the token.
CREATE TABLE device_evidence (
    id INTEGER PRIMARY KEY,
    damned_at INTEGER NOT NULL,
    evidence TEXT NOT NULL
) STRICT;

-- Whose answers an incident casts doubt on.
CREATE TABLE device_doubt (
    incident_id BLOB NOT NULL,
    device_id INTEGER NOT NULL,
    PRIMARY KEY (incident_id, device_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE device_count (
    app_id INTEGER NOT NULL,
    state INTEGER NOT NULL,
    environment INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (app_id, state, environment)
) STRICT, WITHOUT ROWID;

-- What is to be done to many devices, some at a time.
CREATE TABLE sweep (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    what TEXT NOT NULL,
    phase INTEGER NOT NULL DEFAULT 0,
    after INTEGER NOT NULL DEFAULT 0
) STRICT;

-- `due_at` is 0 where nothing is scheduled: such ones are due whatever the clock says.
CREATE TABLE notification (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    app_id INTEGER NOT NULL,
    state INTEGER NOT NULL,
    is_planned INTEGER NOT NULL,
    urgency INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    planned_after INTEGER NOT NULL,
    planned_upto INTEGER,
    open_pages INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    recipients INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    expired INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    undeliverable INTEGER NOT NULL DEFAULT 0,
    unknown_dropped INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    push_type TEXT NOT NULL,
    kind INTEGER NOT NULL,
    priority INTEGER,
    collapse_id TEXT,
    expires_at INTEGER,
    deadline INTEGER,
    send_at INTEGER,
    environment INTEGER,
    on_unknown INTEGER NOT NULL,
    audience TEXT NOT NULL,
    payload TEXT NOT NULL
) STRICT;
CREATE INDEX notification_ready ON notification (urgency, app_id, due_at) WHERE is_planned = 0;
CREATE INDEX notification_of_app ON notification (app_id);
CREATE INDEX notification_finished ON notification (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE page (
    notification INTEGER NOT NULL,
    after INTEGER NOT NULL,
    last INTEGER NOT NULL,
    recipients INTEGER NOT NULL,
    begun_at INTEGER NOT NULL,
    PRIMARY KEY (notification, after)
) STRICT, WITHOUT ROWID;

-- state: 0 waiting, 1 held, 2 parked, 10 + outcome when it has ended. `next_at` is when it is to be looked at again; of one
-- that is held or parked, when it will be too late. `lane` is the environment that it waits for.
CREATE TABLE recipient (
    notification INTEGER NOT NULL,
    device_id INTEGER NOT NULL,
    app_id INTEGER NOT NULL,
    state INTEGER NOT NULL,
    lane INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    status INTEGER,
    reason TEXT,
    attempts INTEGER NOT NULL,
    environment INTEGER,
    sent_at INTEGER,
    PRIMARY KEY (notification, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipient_pending ON recipient (state, app_id, lane, next_at) WHERE state < 10;
CREATE INDEX recipient_of_device ON recipient (device_id) WHERE state < 2;

CREATE TABLE tally (name TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO tally VALUES ('accepted', 0), ('terminal', 0);

-- `answer` is missing while the request is in flight.
CREATE TABLE idempotency (
    id BLOB PRIMARY KEY,
    body_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    answer TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE epoch (id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, begun_at INTEGER NOT NULL) STRICT;

CREATE TABLE incident (
    id BLOB PRIMARY KEY,
    app_id INTEGER NOT NULL,
    environment INTEGER NOT NULL,
    credential_id BLOB,
    opened_at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    incident TEXT NOT NULL,
    ending TEXT,
    ended_at INTEGER,
    details TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_of_app ON incident (app_id, opened_at);
CREATE INDEX incident_open ON incident (app_id, environment) WHERE ended_at IS NULL;

CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    app_id INTEGER,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    data TEXT NOT NULL
) STRICT;
CREATE INDEX event_of_app ON event (app_id, id) WHERE app_id IS NOT NULL;

CREATE TABLE api_key (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    app_ids TEXT,
    secret_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    app_id INTEGER,
    subject TEXT NOT NULL,
    data TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX audit_of_app ON audit (app_id, number) WHERE app_id IS NOT NULL;
