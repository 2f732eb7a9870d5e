-- The id is a UUIDv7, so rows and index entries are appended in the order of time. `due_at` is
-- `expires_at` while the reservation is HELD, and null otherwise. `seats` are joined by commas.
-- The hot tables refer to each other without foreign keys: one more lookup a row is what a sale
-- under load cannot spare, and the audit finds what they would have refused.
CREATE TABLE reservations (
    reservation_id BINARY(16) NOT NULL PRIMARY KEY,
    event_id BIGINT NOT NULL,
    user_id VARBINARY(64) NOT NULL,
    seat_type VARBINARY(32) NOT NULL,
    quantity BIGINT NOT NULL,
    seats VARBINARY(1000),
    total_price BIGINT NOT NULL,
    reserved_at BIGINT NOT NULL,
    status VARBINARY(16) NOT NULL,
    expires_at BIGINT,
    extended BIGINT NOT NULL,
    payment_id BINARY(16),
    ended_at BIGINT,
    due_at BIGINT,
    INDEX reservations_by_user (user_id, reservation_id),
    INDEX reservations_by_event (event_id, reservation_id, status),
    INDEX reservations_due (event_id, due_at, reservation_id),
    INDEX reservations_first_due (due_at, event_id),
    INDEX reservations_by_status (status, reservation_id),
    CONSTRAINT reservations_status
        CHECK (status IN ('HELD', 'PAYING', 'CONFIRMED', 'CANCELLED', 'EXPIRED'))
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
