CREATE INDEX reservations_by_user ON reservations (user_id, reservation_id)
