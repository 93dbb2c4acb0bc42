-- What came of recipients that did not simply end, by its cause; and what is sent again, carefully. Instants are milliseconds
-- since 1970; environments: 0 production, 1 sandbox, and -1 where none is known.

-- The attempts for a recipient one by one, as JSON; missing where the first ended it.
ALTER TABLE recipient ADD COLUMN trail TEXT;
-- What is wrong; missing where nothing is.
ALTER TABLE recipient ADD COLUMN problem INTEGER;

-- `stage` is the state of its recipients; status 0 and no reason stand for no answer.
CREATE TABLE problem (
    number INTEGER PRIMARY KEY,
    app_id INTEGER NOT NULL,
    environment INTEGER NOT NULL,
    status INTEGER NOT NULL,
    reason TEXT NOT NULL,
    stage INTEGER NOT NULL,
    recipients INTEGER NOT NULL DEFAULT 0,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    UNIQUE (app_id, environment, status, reason, stage)
) STRICT;
CREATE INDEX problem_by_time ON problem (last_at) WHERE recipients > 0;

-- What is known already. Without the triggers, each is counted once.
INSERT INTO problem (app_id, environment, status, reason, stage, recipients, first_at, last_at)
SELECT r.app_id, coalesce(r.environment, -1), CASE WHEN r.status <> 200 THEN r.status ELSE 0 END,
    CASE WHEN r.status <> 200 THEN coalesce(r.reason, '') ELSE '' END, r.state, count(*),
    min(coalesce(r.sent_at, n.created_at)), max(coalesce(r.sent_at, n.created_at))
FROM recipient r JOIN notification n ON n.number = r.notification
WHERE r.state NOT IN (10, 13) AND (r.state <> 0 OR r.status <> 200)
GROUP BY 1, 2, 3, 4, 5;
UPDATE recipient AS r SET problem = (
    SELECT number FROM problem p
    WHERE p.app_id = r.app_id AND p.environment = coalesce(r.environment, -1)
        AND p.status = CASE WHEN r.status <> 200 THEN r.status ELSE 0 END
        AND p.reason = CASE WHEN r.status <> 200 THEN coalesce(r.reason, '') ELSE '' END
        AND p.stage = r.state
)
WHERE r.state NOT IN (10, 13) AND (r.state <> 0 OR r.status <> 200);
CREATE INDEX recipient_of_problem ON recipient (problem) WHERE problem IS NOT NULL;

CREATE TRIGGER recipient_has_problem AFTER INSERT ON recipient WHEN NEW.problem IS NOT NULL
BEGIN
    UPDATE problem SET recipients = recipients + 1 WHERE number = NEW.problem;
END;
CREATE TRIGGER recipient_has_another_problem AFTER UPDATE OF problem ON recipient WHEN NEW.problem IS NOT OLD.problem
BEGIN
    UPDATE problem SET recipients = recipients - 1 WHERE number = OLD.problem;
    UPDATE problem SET recipients = recipients + 1 WHERE number = NEW.problem;
END;
CREATE TRIGGER recipient_is_gone AFTER DELETE ON recipient WHEN OLD.problem IS NOT NULL
BEGIN
    UPDATE problem SET recipients = recipients - 1 WHERE number = OLD.problem;
END;

-- What is to be sent again, a step at a time. `cause` is JSON; `problem` its name. The place is where planning is.
CREATE TABLE replay (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    app_id INTEGER NOT NULL,
    problem BLOB NOT NULL,
    cause TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    is_planned INTEGER NOT NULL DEFAULT 0,
    at_problem INTEGER NOT NULL DEFAULT 0,
    at_notification INTEGER NOT NULL,
    at_device INTEGER NOT NULL,
    looked_at INTEGER NOT NULL DEFAULT 0,
    recipients INTEGER NOT NULL DEFAULT 0,
    expired INTEGER NOT NULL DEFAULT 0,
    retired INTEGER NOT NULL DEFAULT 0,
    quarantined INTEGER NOT NULL DEFAULT 0,
    gone INTEGER NOT NULL DEFAULT 0,
    before INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX replay_of_problem ON replay (app_id, problem);

CREATE TABLE replay_step (
    replay INTEGER NOT NULL,
    step INTEGER NOT NULL,
    begun_at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    wanted INTEGER NOT NULL,
    taken INTEGER NOT NULL DEFAULT 0,
    is_taken INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (replay, step)
) STRICT, WITHOUT ROWID;

-- Who is to be sent to again; step 0 has not begun. Nobody is among them twice for one notification.
CREATE TABLE replay_recipient (
    notification INTEGER NOT NULL,
    device_id INTEGER NOT NULL,
    replay INTEGER NOT NULL,
    step INTEGER NOT NULL,
    PRIMARY KEY (notification, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX replay_recipient_of_step ON replay_recipient (replay, step);

-- The new notifications: of which old one each is, and how many it was made for.
CREATE TABLE replay_notification (
    notification INTEGER PRIMARY KEY,
    replayed BLOB NOT NULL,
    replay INTEGER NOT NULL,
    step INTEGER NOT NULL,
    asked INTEGER NOT NULL
) STRICT;
CREATE INDEX replay_notification_of_step ON replay_notification (replay, step);
