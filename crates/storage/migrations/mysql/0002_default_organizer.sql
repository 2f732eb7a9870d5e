INSERT INTO organizers (id, name) VALUES (1, 'default')
