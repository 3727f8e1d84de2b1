-- Jobs, where a lock or a connection of its own is needed. What is queued is procrastinate's.

-- name: lock_job -- one worker at a time does a job, until its transaction ends
SELECT pg_advisory_xact_lock(hashtextextended('job/' || %(job_id)s, 0));

-- name: set_tenant -- whose rows this transaction sees
SELECT set_config('tollwright.tenant_id', %(tenant_id)s, true);

-- name: set_progress -- how far a running job is
UPDATE job SET done = %(done)s, total = %(total)s
 WHERE tenant_id = %(tenant_id)s AND id = %(job_id)s AND status = 'running';
