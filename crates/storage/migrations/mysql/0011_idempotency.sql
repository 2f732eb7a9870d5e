-- A key is unique within its event and user. Event 0 and user '' are the scope of new events,
-- event 0 and the user that of her profile.
CREATE TABLE idempotency (
    event_id BIGINT NOT NULL,
    user_id VARBINARY(64) NOT NULL,
    request_key VARBINARY(255) NOT NULL,
    body_hash BINARY(16) NOT NULL,
    reservation_id BINARY(16),
    result_event_id BIGINT,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (event_id, user_id, request_key),
    INDEX idempotency_by_age (made_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
