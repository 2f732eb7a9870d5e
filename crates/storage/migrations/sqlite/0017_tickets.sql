CREATE TABLE tickets (
    reservation_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    seat TEXT,
    state TEXT NOT NULL CHECK (state IN ('VALID', 'USED', 'CANCELLED')),
    used_at INTEGER,
    PRIMARY KEY (reservation_id, number)
) WITHOUT ROWID
