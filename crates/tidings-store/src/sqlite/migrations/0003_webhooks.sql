-- Webhooks, and what is to be told beside them. Instants are milliseconds since 1970.

-- `kinds` and `app_ids` are JSON arrays, missing for all. Events up to `cursor` have been planned.
CREATE TABLE webhook (
    id BLOB PRIMARY KEY,
    url TEXT NOT NULL,
    host TEXT NOT NULL,
    name TEXT,
    kinds TEXT,
    app_ids TEXT,
    format INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    delivered_at INTEGER,
    failing_since INTEGER,
    disabled_at INTEGER,
    disabled_cause INTEGER,
    secret BLOB NOT NULL,
    previous_secret BLOB,
    previous_until INTEGER
) STRICT, WITHOUT ROWID;

-- state: 0 waiting, 1 delivered, 2 failed. What is being sent is leased, under an epoch, until `leased_until`.
CREATE TABLE webhook_delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id BLOB NOT NULL,
    event_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    first_at INTEGER,
    epoch INTEGER NOT NULL,
    leased_until INTEGER NOT NULL,
    last_at INTEGER,
    last_status INTEGER,
    last_problem TEXT,
    last_took INTEGER
) STRICT;
CREATE INDEX webhook_delivery_of ON webhook_delivery (webhook_id, id);
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (webhook_id, next_at) WHERE state = 0;
CREATE INDEX webhook_delivery_order ON webhook_delivery (webhook_id, subject, event_id) WHERE state = 0;

-- How urgently the end of a credential was told last.
CREATE TABLE credential_warning (
    credential_id BLOB PRIMARY KEY,
    days_left INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Reports of unregistered device tokens, by the hour.
CREATE TABLE unregistered_wave (
    app_id INTEGER PRIMARY KEY,
    since INTEGER NOT NULL,
    count INTEGER NOT NULL,
    usual REAL,
    told_at INTEGER
) STRICT;

-- What was told as one kind is told as three.
UPDATE event SET kind = CASE json_extract(data, '$.after')
    WHEN 'quarantined' THEN 'device.quarantined'
    WHEN 'active' THEN 'device.restored'
    WHEN 'unproven' THEN 'device.restored'
    ELSE 'device.retired'
END
WHERE kind = 'device.state_changed';
