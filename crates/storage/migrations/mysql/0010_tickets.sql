CREATE TABLE tickets (
    reservation_id BINARY(16) NOT NULL,
    number BIGINT NOT NULL,
    seat VARBINARY(64),
    state VARBINARY(16) NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (reservation_id, number),
    CONSTRAINT tickets_state CHECK (state IN ('VALID', 'USED', 'CANCELLED'))
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
