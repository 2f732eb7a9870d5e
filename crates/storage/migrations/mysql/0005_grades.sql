-- The checks are the second wall: no group that breaks the stock can be written.
CREATE TABLE grades (
    event_id BIGINT NOT NULL,
    seat_type VARBINARY(32) NOT NULL,
    ordering BIGINT NOT NULL,
    price BIGINT NOT NULL,
    seating VARBINARY(16) NOT NULL,
    seat_rows BIGINT,
    seats_per_row BIGINT,
    total BIGINT NOT NULL,
    available BIGINT NOT NULL,
    held BIGINT NOT NULL,
    sold BIGINT NOT NULL,
    PRIMARY KEY (event_id, seat_type),
    CONSTRAINT grades_event FOREIGN KEY (event_id) REFERENCES events (id),
    CONSTRAINT grades_price CHECK (price >= 0),
    CONSTRAINT grades_seating CHECK (seating IN ('GENERAL', 'ASSIGNED')),
    CONSTRAINT grades_counts CHECK (total >= 0 AND available >= 0 AND held >= 0 AND sold >= 0),
    CONSTRAINT grades_sum CHECK (available + held + sold = total)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
