CREATE INDEX tickets_used ON tickets (used_event_id)
