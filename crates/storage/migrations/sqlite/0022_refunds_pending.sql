-- Refunds still to go back are looked for by whoever is alive.
CREATE INDEX refunds_pending ON refunds (payment_id) WHERE state = 'PENDING'
