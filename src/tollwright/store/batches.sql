-- name: lock_source -- one file of a source at a time
SELECT pg_advisory_xact_lock(hashtextextended('tollwright_source', %(source_id)s))

-- name: set_tenant -- whose rows this transaction sees and writes
SELECT set_config('tollwright.tenant_id', %(tenant_id)s, true)

-- name: fetch_source -- a source by its code, with its tenant's zone and region
SELECT s.id, s.code, s.format, s.timezone AS zone,
       coalesce(nullif(s.region, ''), t.region) AS region, s.options::text AS options,
       t.timezone AS tenant_zone
  FROM source s JOIN tenant t ON t.id = s.tenant_id WHERE s.code = %(code)s

-- name: fetch_source_codes -- the sources there are
SELECT code FROM source ORDER BY code

-- name: fetch_source_code -- the code of a source
SELECT code FROM source WHERE id = %(source_id)s

-- name: fetch_done_batch -- the batch that brought this file
SELECT id, records, rated, unanswered, duplicates, ignored, quarantined, filename, received_at
  FROM import_batch
 WHERE source_id = %(source_id)s AND sha256 = %(sha256)s AND status = 'done'

-- name: insert_batch -- a new batch; its counts come when it is whole
INSERT INTO import_batch (tenant_id, source_id, filename, sha256, size, status, records, rated,
                          unanswered, duplicates, ignored, quarantined, unused_columns, received_at,
                          received_by, rolled_back_by)
VALUES (%(tenant_id)s, %(source_id)s, %(filename)s, %(sha256)s, %(size)s, 'done', 0, 0, 0, 0, 0, 0,
        '{}', %(at)s, %(by)s, '')
RETURNING id

-- name: add_counts -- what became of the records
UPDATE import_batch
   SET records = records + %(records)s, rated = rated + %(rated)s,
       unanswered = unanswered + %(unanswered)s, duplicates = duplicates + %(duplicates)s,
       ignored = ignored + %(ignored)s, quarantined = quarantined + %(quarantined)s
 WHERE id = %(batch_id)s

-- name: update_unused_columns -- which columns of its file nobody reads
UPDATE import_batch SET unused_columns = %(columns)s WHERE id = %(batch_id)s

-- name: insert_chunk -- a piece of the file as it came
INSERT INTO raw_chunk (tenant_id, batch_id, seq, first_line, content)
VALUES (%(tenant_id)s, %(batch_id)s, %(seq)s, %(first_line)s, %(content)s)

-- name: fetch_chunks -- the pieces of a batch's file
SELECT first_line, content FROM raw_chunk WHERE batch_id = %(batch_id)s ORDER BY seq

-- name: fetch_chunk_places -- where the pieces of a batch's file begin
SELECT seq, first_line FROM raw_chunk WHERE batch_id = %(batch_id)s ORDER BY seq

-- name: fetch_chunk -- a piece of a batch's file
SELECT content FROM raw_chunk WHERE batch_id = %(batch_id)s AND seq = %(seq)s

-- name: fetch_chunks_at_line -- the piece that holds a line, and the one after it
SELECT first_line, content FROM raw_chunk
 WHERE batch_id = %(batch_id)s AND seq >= (
       SELECT max(seq) FROM raw_chunk
        WHERE batch_id = %(batch_id)s AND first_line <= %(line_no)s)
 ORDER BY seq LIMIT 2

-- name: create_refused -- where COPY may write what goes to quarantine
CREATE TEMPORARY TABLE IF NOT EXISTS tw_refused (
    line_no bigint, call_key text, reason text, detail text, raw text, record jsonb
) ON COMMIT DROP

-- name: clear_refused -- ready for the next rows
TRUNCATE tw_refused

-- name: copy_refused -- what could not be parsed, attributed or rated
COPY tw_refused FROM STDIN

-- name: insert_quarantined -- refused rows wait, but the same row of the same source only once; one that
-- corrected a call without a difference is told once and for all
INSERT INTO quarantine (tenant_id, batch_id, source_id, line_no, call_key, reason, detail, raw,
                        record, status, created_at, resolved_by)
SELECT DISTINCT ON (md5(r.raw), r.call_key) %(tenant_id)s, %(batch_id)s, %(source_id)s, r.line_no,
       r.call_key, r.reason, r.detail, r.raw, r.record, 'open', %(at)s, ''
  FROM tw_refused r
 WHERE NOT EXISTS (
       SELECT 1 FROM quarantine q
        WHERE q.source_id = %(source_id)s AND md5(q.raw) = md5(r.raw) AND q.raw = r.raw
          AND q.call_key = r.call_key AND q.status IN ('open', 'corrected'))
 ORDER BY md5(r.raw), r.call_key, r.line_no
RETURNING reason

-- name: lock_batch -- one batch, locked against another hand
SELECT b.id, b.source_id, b.filename, b.status, b.received_at, b.sha256, s.code AS source_code,
       t.timezone AS tenant_zone
  FROM import_batch b JOIN source s ON s.id = b.source_id JOIN tenant t ON t.id = b.tenant_id
 WHERE b.id = %(batch_id)s FOR UPDATE OF b

-- name: fetch_batch_span -- from when to when a batch's calls are
-- By the index of batches, which knows the pages that a file was written to in each month. Without
-- OFFSET the ends would be looked for in order of time: past all calls that came since.
SELECT min(started_at) AS first, max(started_at) AS last, count(*) AS calls
  FROM (SELECT started_at FROM call WHERE batch_id = %(batch_id)s OFFSET 0) batch
HAVING count(*) > 0

-- name: count_invoiced -- charges of a batch that stand on an invoice
SELECT count(*) AS charges, coalesce(min(i.number), 'a draft') AS invoice
  FROM call c
  JOIN charge ch ON ch.call_id = c.id AND ch.started_at = c.started_at
  JOIN invoice_line l ON l.id = ch.invoice_line_id
  JOIN invoice i ON i.id = l.invoice_id
 WHERE c.batch_id = %(batch_id)s AND c.started_at BETWEEN %(first)s AND %(last)s
   AND ch.started_at BETWEEN %(first)s AND %(last)s

-- name: fetch_batch_days -- campaigns and days whose sums a batch is part of
SELECT DISTINCT campaign_id, (started_at AT TIME ZONE %(zone)s)::date AS day
  FROM call WHERE batch_id = %(batch_id)s AND started_at BETWEEN %(first)s AND %(last)s

-- name: fetch_corrected_calls -- calls that a batch's standing calls took the place of
SELECT DISTINCT ON (c.call_key) o.id AS call_id, o.started_at
  FROM call c
  JOIN call o ON o.source_id = c.source_id AND o.call_key = c.call_key
             AND o.revision < c.revision AND o.batch_id <> c.batch_id
             AND o.started_at BETWEEN %(first)s - interval '32 days'
                                  AND %(last)s + interval '32 days'
 WHERE c.batch_id = %(batch_id)s AND c.revision > 0
   AND (c.is_current OR c.line_no = 0 AND NOT EXISTS (  -- what was made nothing, and is so still
        SELECT 1 FROM call n
         WHERE n.source_id = c.source_id AND n.call_key = c.call_key AND n.revision > c.revision
           AND n.started_at BETWEEN %(first)s - interval '32 days'
                                AND %(last)s + interval '32 days'))
   AND c.started_at BETWEEN %(first)s AND %(last)s
 ORDER BY c.call_key, o.revision DESC

-- name: delete_charges -- of a batch that is rolled back; `keep`: what other batches corrected stays
DELETE FROM charge ch USING call c
 WHERE ch.call_id = c.id AND ch.started_at = c.started_at AND c.batch_id = %(batch_id)s
   AND c.started_at BETWEEN %(first)s AND %(last)s
   AND ch.started_at BETWEEN %(first)s AND %(last)s
   AND NOT (%(keep)s AND NOT c.is_current AND EXISTS (
       SELECT 1 FROM call n
        WHERE n.source_id = c.source_id AND n.call_key = c.call_key AND n.revision > c.revision
          AND n.batch_id <> c.batch_id
          AND n.started_at BETWEEN %(first)s - interval '32 days'
                               AND %(last)s + interval '32 days'))

-- name: delete_calls -- of a batch that is rolled back; the same ones
DELETE FROM call c
 WHERE c.batch_id = %(batch_id)s AND c.started_at BETWEEN %(first)s AND %(last)s
   AND NOT (%(keep)s AND NOT c.is_current AND EXISTS (
       SELECT 1 FROM call n
        WHERE n.source_id = c.source_id AND n.call_key = c.call_key AND n.revision > c.revision
          AND n.batch_id <> c.batch_id
          AND n.started_at BETWEEN %(first)s - interval '32 days'
                               AND %(last)s + interval '32 days'))

-- name: move_calls -- calls that were kept are those of the batch that brought the file again
UPDATE call SET batch_id = %(batch_id)s WHERE batch_id = %(old_id)s

-- name: restore_calls -- what a rolled-back correction had taken the place of stands again
UPDATE call c SET is_current = true
  FROM unnest(%(call_ids)s::bigint[], %(moments)s::timestamptz[]) r (id, started_at)
 WHERE c.id = r.id AND c.started_at = r.started_at

-- name: restore_charges -- its charge too, as a new revision: one that fell never rises
WITH found AS MATERIALIZED (
    SELECT ch.*, row_number() OVER (ORDER BY ch.id) - 1 AS place
      FROM charge ch
      JOIN unnest(%(call_ids)s::bigint[], %(moments)s::timestamptz[]) r (id, started_at)
        ON ch.call_id = r.id AND ch.started_at = r.started_at
     WHERE ch.revision = (SELECT max(x.revision) FROM charge x
                           WHERE x.call_id = ch.call_id AND x.started_at = ch.started_at
                             AND x.leg = ch.leg AND x.level = ch.level)),
claimed AS MATERIALIZED (
    SELECT tollwright_claim_ids('charge', count(*)) AS first FROM found)
INSERT INTO charge (id, call_id, started_at, rated_at, amount_micros, tenant_id, customer_id,
                    campaign_id, card_version_id, plan_version_id, rate_no, billed_s, allowance_s,
                    level, revision, leg, currency, prefix)
SELECT n.first + f.place, f.call_id, f.started_at, f.rated_at, f.amount_micros, f.tenant_id,
       f.customer_id, f.campaign_id, f.card_version_id, f.plan_version_id, f.rate_no, f.billed_s,
       f.allowance_s, f.level, f.revision + 1, f.leg, f.currency, f.prefix
  FROM found f CROSS JOIN claimed n

-- name: close_quarantine -- nothing of a rolled-back batch waits any longer
UPDATE quarantine SET status = 'rolled_back', resolved_at = %(at)s, resolved_by = %(by)s
 WHERE batch_id = %(batch_id)s AND status = 'open'

-- name: mark_rolled_back -- marked; its file is kept
UPDATE import_batch SET status = 'rolled_back', rolled_back_at = %(at)s, rolled_back_by = %(by)s
 WHERE id = %(batch_id)s

-- name: lock_quarantined -- open quarantine rows by id, locked, batch by batch
SELECT id, batch_id, source_id, line_no, call_key, reason, raw, record::text AS record
  FROM quarantine WHERE id = ANY(%(ids)s) AND status = 'open' ORDER BY batch_id, id FOR UPDATE

-- name: resolve_quarantined -- a row left the quarantine
UPDATE quarantine SET status = %(status)s, resolved_at = %(at)s, resolved_by = %(by)s
 WHERE id = ANY(%(ids)s) AND status = 'open'

-- name: update_quarantined -- a row that re-entered was refused again, perhaps for another reason
UPDATE quarantine q SET reason = r.reason, detail = r.detail, record = r.record::jsonb,
       call_key = r.call_key
  FROM unnest(%(ids)s::bigint[], %(reasons)s::text[], %(details)s::text[], %(records)s::text[],
              %(keys)s::text[]) r (id, reason, detail, record, call_key)
 WHERE q.id = r.id

-- name: insert_halves -- sides of channels that rows of a file told
INSERT INTO channel_half (tenant_id, source_id, batch_id, meet, far, call_key, stays, at)
SELECT %(tenant_id)s, %(source_id)s, %(batch_id)s, h.*
  FROM unnest(%(meets)s::text[], %(fars)s::bool[], %(keys)s::text[], %(stays)s::bool[],
              %(moments)s::timestamptz[]) h
    ON CONFLICT (source_id, meet, far, call_key)
    DO UPDATE SET batch_id = excluded.batch_id, stays = excluded.stays, at = excluded.at

-- name: check_halves -- whether a source has such channels at all
SELECT EXISTS (SELECT FROM channel_half WHERE source_id = %(source_id)s)

-- name: delete_halves -- what a file told of channels goes with its calls
DELETE FROM channel_half WHERE batch_id = %(batch_id)s

-- name: fetch_met_halves -- calls that stand and are none, since the other side of their channel was
-- answered; of what a file told, or of whose calls it brought one
WITH pair AS (
    SELECT CASE WHEN n.stays THEN f.call_key ELSE n.call_key END AS none,
           CASE WHEN n.stays THEN n.call_key ELSE f.call_key END AS call, n.at,
           %(batch_id)s IN (n.batch_id, f.batch_id) AS is_new
      FROM channel_half n
      JOIN channel_half f ON f.source_id = n.source_id AND f.meet = n.meet AND f.far
                         AND f.at BETWEEN n.at - interval '1 day' AND n.at + interval '1 day'
     WHERE n.source_id = %(source_id)s AND NOT n.far AND NOT (n.stays AND f.stays)
)
SELECT DISTINCT c.id AS call_id, c.started_at, c.call_key, c.batch_id, c.answered_at IS NOT NULL
       AS answered
  FROM pair p
 CROSS JOIN LATERAL (
       SELECT c.* FROM call c
        WHERE c.source_id = %(source_id)s AND c.call_key = p.none AND c.is_current
          AND c.started_at >= p.at - interval '1 day' AND c.started_at < p.at + interval '1 day'
          AND (p.is_new OR c.batch_id = %(batch_id)s)) c
 WHERE EXISTS (SELECT FROM call o
                WHERE o.source_id = %(source_id)s AND o.call_key = p.call
                  AND o.started_at >= p.at - interval '1 day'
                  AND o.started_at < p.at + interval '1 day')
    OR EXISTS (SELECT FROM pair o WHERE o.none = p.call)
