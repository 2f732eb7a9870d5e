UPDATE tickets SET used_event_id =
    (SELECT r.event_id FROM reservations r WHERE r.reservation_id = tickets.reservation_id)
    WHERE state = 'USED'
