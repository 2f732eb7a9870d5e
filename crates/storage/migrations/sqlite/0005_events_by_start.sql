CREATE INDEX events_by_start ON events (starts_at, id)
