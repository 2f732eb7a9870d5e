CREATE TABLE refunds (
    payment_id BINARY(16) NOT NULL PRIMARY KEY,
    amount BIGINT NOT NULL,
    method VARBINARY(32) NOT NULL,
    expected_at BIGINT NOT NULL,
    state VARBINARY(16) NOT NULL,
    done_at BIGINT,
    INDEX refunds_by_state (state, payment_id),
    CONSTRAINT refunds_payment FOREIGN KEY (payment_id) REFERENCES payments (payment_id),
    CONSTRAINT refunds_amount CHECK (amount >= 0),
    CONSTRAINT refunds_state CHECK (state IN ('PENDING', 'DONE'))
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
