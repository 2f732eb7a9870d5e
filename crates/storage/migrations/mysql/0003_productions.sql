CREATE TABLE productions (
    id BIGINT NOT NULL PRIMARY KEY,
    organizer_id BIGINT NOT NULL,
    name VARCHAR(255) NOT NULL,
    CONSTRAINT productions_organizer FOREIGN KEY (organizer_id) REFERENCES organizers (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
