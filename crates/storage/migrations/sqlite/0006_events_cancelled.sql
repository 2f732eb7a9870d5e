CREATE INDEX events_cancelled ON events (id) WHERE state = 'CANCELLED'
