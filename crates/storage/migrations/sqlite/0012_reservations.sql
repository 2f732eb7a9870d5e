-- The id is a UUIDv7, so rows and index entries are appended in the order of time. `due_at` is
-- `expires_at` while the reservation is HELD, and null otherwise. `seats` are joined by commas.
-- The hot tables refer to each other without foreign keys: one more lookup a row is what a sale
-- under load cannot spare, and the audit finds what they would have refused.
CREATE TABLE reservations (
    reservation_id BLOB NOT NULL PRIMARY KEY CHECK (length(reservation_id) = 16),
    event_id INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    seat_type TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    seats TEXT,
    total_price INTEGER NOT NULL,
    reserved_at INTEGER NOT NULL,
    status TEXT NOT NULL
        CHECK (status IN ('HELD', 'PAYING', 'CONFIRMED', 'CANCELLED', 'EXPIRED')),
    expires_at INTEGER,
    extended INTEGER NOT NULL,
    payment_id BLOB,
    ended_at INTEGER,
    due_at INTEGER
) WITHOUT ROWID
