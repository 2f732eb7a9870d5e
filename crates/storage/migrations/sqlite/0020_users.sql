CREATE TABLE users (
    user_id TEXT NOT NULL PRIMARY KEY,
    username TEXT NOT NULL,
    email TEXT,
    phone_number TEXT,
    created_at INTEGER NOT NULL
) WITHOUT ROWID
