-- The event of a ticket while it is USED, and null otherwise, so that those who were let in are
-- counted along an index.
ALTER TABLE tickets ADD COLUMN used_event_id BIGINT,
    ADD CONSTRAINT tickets_used_event CHECK (used_event_id IS NULL OR state = 'USED')
