-- One row that the writer touches every second where there is a reader: it tells how far the
-- reader lags.
CREATE TABLE beats (
    id BIGINT NOT NULL PRIMARY KEY,
    beat_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
