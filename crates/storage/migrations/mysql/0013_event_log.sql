-- The chain. Its primary key is what makes two groups of one version impossible.
CREATE TABLE event_log (
    event_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    group_id BINARY(16) NOT NULL,
    actor VARBINARY(128) NOT NULL,
    logged_at BIGINT NOT NULL,
    brief MEDIUMTEXT NOT NULL,
    PRIMARY KEY (event_id, version)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
