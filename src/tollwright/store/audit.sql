-- The audit chain. Hashes are reckoned by core.audit; a trigger refuses a row that does not follow.

-- name: lock_chain -- one writer at a time per tenant, until its transaction ends
SELECT pg_advisory_xact_lock(hashtextextended('audit/' || %(tenant_id)s, 0));

-- name: fetch_last_link -- what the next row follows; no row back: it is the first
SELECT seq, hash FROM audit_entry WHERE tenant_id = %(tenant_id)s ORDER BY seq DESC LIMIT 1;

-- name: insert_link -- write one link
INSERT INTO audit_entry (tenant_id, seq, at, actor, address, action, subject, subject_id,
                         before, after, previous_hash, hash)
VALUES (%(tenant_id)s, %(seq)s, %(at)s, %(actor)s, %(address)s, %(action)s, %(subject)s,
        %(subject_id)s, %(before)s::jsonb, %(after)s::jsonb, %(previous_hash)s, %(hash)s);
