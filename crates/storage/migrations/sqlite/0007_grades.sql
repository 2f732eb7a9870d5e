-- The checks are the second wall: no group that breaks the stock can be written.
CREATE TABLE grades (
    event_id INTEGER NOT NULL REFERENCES events (id),
    seat_type TEXT NOT NULL,
    ordering INTEGER NOT NULL,
    price INTEGER NOT NULL CHECK (price >= 0),
    seating TEXT NOT NULL CHECK (seating IN ('GENERAL', 'ASSIGNED')),
    seat_rows INTEGER,
    seats_per_row INTEGER,
    total INTEGER NOT NULL CHECK (total >= 0),
    available INTEGER NOT NULL CHECK (available >= 0),
    held INTEGER NOT NULL CHECK (held >= 0),
    sold INTEGER NOT NULL CHECK (sold >= 0),
    PRIMARY KEY (event_id, seat_type),
    CHECK (available + held + sold = total)
) WITHOUT ROWID
