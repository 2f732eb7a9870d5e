-- Only claimed seats; the map itself follows from the grade's rows.
CREATE TABLE seat_claims (
    event_id INTEGER NOT NULL,
    seat TEXT NOT NULL,
    reservation_id BLOB NOT NULL,
    PRIMARY KEY (event_id, seat)
) WITHOUT ROWID
