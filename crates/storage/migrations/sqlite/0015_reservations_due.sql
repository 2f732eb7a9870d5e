CREATE INDEX reservations_due ON reservations (event_id, due_at) WHERE due_at IS NOT NULL
