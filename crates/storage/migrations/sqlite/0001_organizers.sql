CREATE TABLE organizers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
)
