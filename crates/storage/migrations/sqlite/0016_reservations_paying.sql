-- Payments under way are looked for by whoever is alive.
CREATE INDEX reservations_paying ON reservations (reservation_id) WHERE status = 'PAYING'
