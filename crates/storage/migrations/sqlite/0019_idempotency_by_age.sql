CREATE INDEX idempotency_by_age ON idempotency (made_at)
