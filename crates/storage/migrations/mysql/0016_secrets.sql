-- What every node must know and nobody else: made once, by the first to ask.
CREATE TABLE secrets (
    name VARBINARY(64) NOT NULL PRIMARY KEY,
    secret BINARY(32) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
