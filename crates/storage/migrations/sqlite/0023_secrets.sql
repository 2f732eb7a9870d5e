-- What every node must know and nobody else: made once, by the first to ask.
CREATE TABLE secrets (
    name TEXT NOT NULL PRIMARY KEY,
    secret BLOB NOT NULL CHECK (length(secret) = 32)
) WITHOUT ROWID
