-- With the status in it, counts and the search for live reservations read the index alone.
CREATE INDEX reservations_by_event ON reservations (event_id, reservation_id, status)
