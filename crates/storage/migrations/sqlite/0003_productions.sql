CREATE TABLE productions (
    id INTEGER PRIMARY KEY,
    organizer_id INTEGER NOT NULL REFERENCES organizers (id),
    name TEXT NOT NULL
)
