CREATE TABLE payments (
    payment_id BINARY(16) NOT NULL PRIMARY KEY,
    event_id BIGINT NOT NULL,
    reservation_id BINARY(16) NOT NULL,
    amount BIGINT NOT NULL,
    method VARBINARY(32) NOT NULL,
    started_at BIGINT NOT NULL,
    state VARBINARY(16) NOT NULL,
    settled_at BIGINT,
    INDEX payments_by_event (event_id, payment_id),
    CONSTRAINT payments_amount CHECK (amount >= 0),
    CONSTRAINT payments_state CHECK (state IN ('PENDING', 'PAID', 'DECLINED', 'REFUNDED'))
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
