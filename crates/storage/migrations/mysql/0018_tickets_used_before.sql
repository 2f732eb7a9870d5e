UPDATE tickets t JOIN reservations r ON r.reservation_id = t.reservation_id
    SET t.used_event_id = r.event_id WHERE t.state = 'USED'
