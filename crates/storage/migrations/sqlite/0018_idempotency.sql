-- A key is unique within its event and user. Event 0 and user '' are the scope of new events,
-- event 0 and the user that of her profile.
CREATE TABLE idempotency (
    event_id INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    request_key TEXT NOT NULL,
    body_hash BLOB NOT NULL CHECK (length(body_hash) = 16),
    reservation_id BLOB,
    result_event_id INTEGER,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (event_id, user_id, request_key)
) WITHOUT ROWID
