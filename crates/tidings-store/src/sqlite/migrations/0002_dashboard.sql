-- Who may see the dashboard. Of links and sessions only hashes of their secrets are kept.

CREATE TABLE dashboard_link (
    secret_hash BLOB PRIMARY KEY,
    role INTEGER NOT NULL,
    name TEXT NOT NULL,
    made_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dashboard_session (
    secret_hash BLOB PRIMARY KEY,
    role INTEGER NOT NULL,
    name TEXT NOT NULL,
    made_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
