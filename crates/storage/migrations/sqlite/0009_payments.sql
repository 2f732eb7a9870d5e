CREATE TABLE payments (
    payment_id BLOB NOT NULL PRIMARY KEY,
    event_id INTEGER NOT NULL,
    reservation_id BLOB NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    method TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('PENDING', 'PAID', 'DECLINED', 'REFUNDED')),
    settled_at INTEGER
) WITHOUT ROWID
