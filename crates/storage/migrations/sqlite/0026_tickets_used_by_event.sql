CREATE INDEX tickets_used ON tickets (used_event_id) WHERE used_event_id IS NOT NULL
