-- How often something was asked for in a minute; each count is its own transaction, so that no
-- request waits for another's end.

-- name: count_request -- one more of the subject in this minute; how many that makes
INSERT INTO request_count AS held (subject, minute, requests)
VALUES (%(subject)s, %(minute)s, 1)
ON CONFLICT (subject) DO UPDATE
   SET requests = CASE WHEN held.minute = excluded.minute THEN held.requests + 1 ELSE 1 END,
       minute = excluded.minute
RETURNING requests;
