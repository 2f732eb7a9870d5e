INSERT INTO beats (id, beat_at) VALUES (1, 0)
