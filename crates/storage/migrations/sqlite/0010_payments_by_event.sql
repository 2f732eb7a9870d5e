CREATE INDEX payments_by_event ON payments (event_id, payment_id)
