CREATE TABLE users (
    user_id VARBINARY(64) NOT NULL PRIMARY KEY,
    username VARCHAR(1000) NOT NULL,
    email VARCHAR(1000),
    phone_number VARCHAR(255),
    created_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
