-- Only claimed seats; the map itself follows from the grade's rows.
CREATE TABLE seat_claims (
    event_id BIGINT NOT NULL,
    seat VARBINARY(64) NOT NULL,
    reservation_id BINARY(16) NOT NULL,
    PRIMARY KEY (event_id, seat)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
