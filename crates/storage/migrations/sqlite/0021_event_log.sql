-- The chain. Its primary key is what makes two groups of one version impossible.
CREATE TABLE event_log (
    event_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    group_id BLOB NOT NULL CHECK (length(group_id) = 16),
    actor TEXT NOT NULL,
    logged_at INTEGER NOT NULL,
    brief TEXT NOT NULL,
    PRIMARY KEY (event_id, version)
)
