-- People who may see the dashboard, and each attempt to bring an event to a webhook. Instants are milliseconds since 1970.

-- `password` is a hash in the PHC format, missing where there is none.
CREATE TABLE person (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    role INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    password TEXT,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;

-- Whose a session is, and when they looked last. Those that an API key has begun are nobody's.
ALTER TABLE dashboard_session ADD COLUMN person_id INTEGER;
ALTER TABLE dashboard_session ADD COLUMN seen_at INTEGER;

-- `answer` is the beginning of what was answered, where that was no success.
CREATE TABLE webhook_attempt (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    status INTEGER,
    problem TEXT,
    took INTEGER NOT NULL,
    answer TEXT
) STRICT;
CREATE INDEX webhook_attempt_of ON webhook_attempt (delivery_id, id);
CREATE TRIGGER webhook_attempt_goes AFTER DELETE ON webhook_delivery BEGIN
    DELETE FROM webhook_attempt WHERE delivery_id = old.id;
END;
