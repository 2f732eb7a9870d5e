CREATE TABLE refunds (
    payment_id BLOB NOT NULL PRIMARY KEY REFERENCES payments (payment_id),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    method TEXT NOT NULL,
    expected_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('PENDING', 'DONE')),
    done_at INTEGER
) WITHOUT ROWID
