-- name: create_staged -- where COPY may write: row-level security forbids it on the tables themselves
CREATE TEMPORARY TABLE IF NOT EXISTS tw_staged (
    call_id bigint, started_at timestamptz, answered_at timestamptz, ended_at timestamptz,
    answered_ms bigint, line_no bigint,
    customer_id bigint, campaign_id bigint, card_version_id bigint, plan_version_id bigint,
    charge_id bigint, rate_no integer, billed_s integer, allowance_s integer, amount_micros bigint,
    call_key text, group_key text, direction text, caller text, called text, dialled text,
    cause text, disposition text, trunk text, agent text, currency text, prefix text,
    revision smallint DEFAULT 0
) ON COMMIT DROP

-- name: clear_staged -- ready for the next rows
TRUNCATE tw_staged

-- name: copy_staged -- a batch's rows, call and charge side by side
COPY tw_staged (
    call_id, started_at, answered_at, ended_at, answered_ms, line_no,
    customer_id, campaign_id, card_version_id, plan_version_id,
    charge_id, rate_no, billed_s, allowance_s, amount_micros,
    call_key, group_key, direction, caller, called, dialled,
    cause, disposition, trunk, agent, currency, prefix
) FROM STDIN (FORMAT BINARY)

-- name: claim_ids -- the first of so many ids of calls and of charges, one after the other
SELECT tollwright_claim_ids('call', %(count)s) AS call_id,
       tollwright_claim_ids('charge', %(count)s) AS charge_id

-- name: claim_charge_ids -- the first of so many ids of charges, one after the other
SELECT tollwright_claim_ids('charge', %(count)s)

-- name: check_month -- whether a month's partitions are there
SELECT count(*) = 2
  FROM (SELECT to_char(%(first)s::timestamptz AT TIME ZONE 'UTC', '_YYYY_MM') AS month) m
  JOIN pg_class c ON c.relname IN ('call' || m.month, 'charge' || m.month)
 WHERE c.relnamespace = 'public'::regnamespace

-- name: set_lock_timeout -- how long the months may wait for others that make some
SET LOCAL lock_timeout = '2s'

-- name: ensure_months -- the partitions of the months of two moments and of those between
SELECT tollwright_ensure_months(%(first)s, %(last)s)

-- name: fetch_known_calls -- staged calls whose key is known: its latest revision, and whether they say
-- anything new: what an earlier revision said already is an old record that came again
-- In a month without statistics "from ... to" counts as a two-hundredth: one row, as the key does,
-- and the planner would walk all of a tenant's calls of the span for each staged one. Bounds in
-- arrays are not taken for a span; they still name the months.
SELECT s.call_id AS staged_id, known.id AS known_id, known.started_at, known.revision,
       (s.started_at,
        s.answered_at,
        s.ended_at, s.answered_ms, s.caller, s.called, s.dialled,
        s.direction, s.cause, s.disposition, s.trunk, s.agent)
       IS NOT DISTINCT FROM
       (known.started_at, known.answered_at, known.ended_at, known.answered_ms, known.caller,
        known.called, known.dialled, known.direction, known.cause, known.disposition, known.trunk,
        known.agent)
       OR known.revision > 0 AND EXISTS (
       SELECT 1 FROM call c
        WHERE c.source_id = %(source_id)s AND c.call_key = s.call_key
          AND c.started_at >= ANY (ARRAY[%(first)s::timestamptz])
          AND c.started_at < ANY (ARRAY[%(last)s::timestamptz])
          AND c.revision < known.revision
          AND (s.started_at,
               s.answered_at,
               s.ended_at, s.answered_ms,
               s.caller, s.called, s.dialled, s.direction, s.cause, s.disposition, s.trunk, s.agent)
              IS NOT DISTINCT FROM
              (c.started_at, c.answered_at, c.ended_at, c.answered_ms, c.caller, c.called,
               c.dialled, c.direction, c.cause, c.disposition, c.trunk, c.agent)) AS unchanged
  FROM tw_staged s
 CROSS JOIN LATERAL (
       SELECT c.* FROM call c
        WHERE c.source_id = %(source_id)s AND c.call_key = s.call_key
          AND c.started_at >= ANY (ARRAY[%(first)s::timestamptz])
          AND c.started_at < ANY (ARRAY[%(last)s::timestamptz])
        ORDER BY c.revision DESC LIMIT 1) known

-- name: fetch_line_rows -- whether calls are known on the lines of staged ones: a line is what their keys
-- begin with, up to "/" (the sign before "0") and a row's number or print; the first releases had
-- "~" and a hash for rows without a number. Bounds come in arrays, and many times over: to the planner
-- an index by time costs so many searches more than the one by key (see fetch_known_calls).
SELECT s.call_id AS staged_id, c.is_current AND c.call_key <> s.call_key AS is_other
  FROM (SELECT call_id, call_key, split_part(call_key, '/', 1) AS line,
               length(split_part(call_key, '/', 2)) AS digits FROM tw_staged) s
 CROSS JOIN LATERAL (
       SELECT c.call_key, c.is_current FROM call c
        WHERE c.source_id = %(source_id)s
          AND c.call_key >= CASE WHEN s.digits = 0 THEN s.call_key ELSE s.line || '/' END
          AND c.call_key < CASE WHEN s.digits = 0 THEN s.call_key || E'\x01' ELSE s.line || '0' END
          AND c.started_at >= ANY (%(firsts)s::timestamptz[])
          AND c.started_at < ANY (%(lasts)s::timestamptz[])
        UNION ALL
       SELECT c.call_key, c.is_current FROM call c
        WHERE s.digits >= 8 AND c.source_id = %(source_id)s
          AND c.call_key >= s.line || '~' AND c.call_key < s.line || E'\x7f'
          AND c.started_at >= ANY (%(firsts)s::timestamptz[])
          AND c.started_at < ANY (%(lasts)s::timestamptz[])) c

-- name: fetch_line_calls -- the calls that stand on some lines
SELECT c.id AS call_id, c.started_at, c.answered_at, c.ended_at, c.answered_ms, c.call_key,
       c.batch_id, c.line_no, c.revision
  FROM unnest(%(lines)s::text[]) l (line)
 CROSS JOIN unnest(ARRAY['/', '~'], ARRAY['0', E'\x7f']) sign (low, high)
 CROSS JOIN LATERAL (
       SELECT c.* FROM call c
        WHERE c.source_id = %(source_id)s
          AND c.call_key >= l.line || sign.low AND c.call_key < l.line || sign.high
          AND c.started_at >= ANY (%(firsts)s::timestamptz[])
          AND c.started_at < ANY (%(lasts)s::timestamptz[])
          AND c.is_current) c
 ORDER BY c.answered_at, c.id

-- name: void_calls -- the next revision of calls that are no calls any more: nothing, standing nowhere
INSERT INTO call (id, started_at, ended_at, answered_ms, batch_id, line_no, tenant_id, source_id,
                  customer_id, campaign_id, revision, is_current, call_key, group_key, direction,
                  caller, called, dialled, cause, disposition, trunk, agent)
SELECT %(first_id)s + row_number() OVER (ORDER BY c.id) - 1, c.started_at, c.ended_at, 0,
       %(batch_id)s, 0, c.tenant_id, c.source_id, c.customer_id, c.campaign_id, c.revision + 1,
       false, c.call_key, c.group_key, c.direction, c.caller, c.called, c.dialled, c.cause,
       c.disposition, c.trunk, c.agent
  FROM call c
  JOIN unnest(%(call_ids)s::bigint[], %(moments)s::timestamptz[]) r (id, started_at)
    ON c.id = r.id AND c.started_at = r.started_at

-- name: count_ignored -- calls that a later file made part of others are ignored in their batches
UPDATE import_batch b SET rated = b.rated - n.rated, unanswered = b.unanswered - n.unanswered,
                          ignored = b.ignored + n.rated + n.unanswered
  FROM (SELECT c.batch_id, count(c.answered_at)::int AS rated,
               count(*) FILTER (WHERE c.answered_at IS NULL)::int AS unanswered
          FROM call c
          JOIN unnest(%(call_ids)s::bigint[], %(moments)s::timestamptz[]) r (id, started_at)
            ON c.id = r.id AND c.started_at = r.started_at
         GROUP BY c.batch_id) n
 WHERE b.id = n.batch_id AND b.rated >= n.rated AND b.unanswered >= n.unanswered

-- name: lock_charges -- of calls to be corrected: billing, finalising and re-rating wait from here on
SELECT ch.id
  FROM charge ch
  JOIN unnest(%(call_ids)s::bigint[], %(moments)s::timestamptz[]) r (id, started_at)
    ON ch.call_id = r.id AND ch.started_at = r.started_at
 WHERE ch.is_current ORDER BY ch.id FOR UPDATE OF ch

-- name: fetch_issued_calls -- those of the calls that an issued invoice or note carries
SELECT DISTINCT ch.call_id
  FROM charge ch
  JOIN unnest(%(call_ids)s::bigint[], %(moments)s::timestamptz[]) r (id, started_at)
    ON ch.call_id = r.id AND ch.started_at = r.started_at
  JOIN invoice_line l ON l.id = ch.invoice_line_id
  JOIN invoice i ON i.id = l.invoice_id
 WHERE ch.is_current AND i.status NOT IN ('draft', 'void')

-- name: delete_staged -- leave these out
DELETE FROM tw_staged WHERE call_id = ANY(%(call_ids)s)

-- name: revise_staged -- staged calls become the next revision of the ones they correct
UPDATE tw_staged s SET revision = r.revision
  FROM unnest(%(call_ids)s::bigint[], %(revisions)s::smallint[]) r (call_id, revision)
 WHERE s.call_id = r.call_id

-- name: retire_calls -- a corrected call stands no longer
UPDATE call c SET is_current = false
  FROM unnest(%(call_ids)s::bigint[], %(moments)s::timestamptz[]) r (id, started_at)
 WHERE c.id = r.id AND c.started_at = r.started_at

-- name: retire_charges -- nor does its charge
UPDATE charge ch SET is_current = false
  FROM unnest(%(call_ids)s::bigint[], %(moments)s::timestamptz[]) r (id, started_at)
 WHERE ch.call_id = r.id AND ch.started_at = r.started_at AND ch.is_current

-- name: insert_calls -- from the staged rows
INSERT INTO call (id, started_at, answered_at, ended_at, answered_ms, batch_id, line_no, tenant_id,
                  source_id, customer_id, campaign_id, revision, call_key, group_key, direction,
                  caller, called, dialled, cause, disposition, trunk, agent)
SELECT call_id, s.started_at,
       s.answered_at,
       s.ended_at, answered_ms,
       %(batch_id)s, line_no, %(tenant_id)s, %(source_id)s, customer_id, campaign_id, revision,
       call_key, group_key, direction, caller, called, dialled, cause, disposition, trunk, agent
  FROM tw_staged s

-- name: insert_charges -- from the staged rows that have one
INSERT INTO charge (id, call_id, started_at, rated_at, amount_micros, tenant_id, customer_id,
                    campaign_id, card_version_id, plan_version_id, rate_no, billed_s, allowance_s,
                    revision, leg, currency, prefix)
SELECT charge_id, call_id, s.started_at, %(at)s,
       amount_micros, %(tenant_id)s, customer_id,
       campaign_id, card_version_id, plan_version_id, rate_no, billed_s, allowance_s, revision,
       'sell', currency, prefix
  FROM tw_staged s WHERE charge_id IS NOT NULL

-- name: add_usage -- the day's sums will grow by the staged rows
INSERT INTO tw_usage
SELECT %(tenant_id)s, customer_id, campaign_id,
       ((s.started_at) AT TIME ZONE %(zone)s)::date,
       currency, count(*), count(answered_at), sum(answered_ms), coalesce(sum(billed_s), 0),
       coalesce(sum(amount_micros), 0), 0, 0
  FROM tw_staged s GROUP BY 2, 3, 4, 5

-- name: fetch_touched_days -- campaigns and days of the tenant's zone on which these calls lie
SELECT DISTINCT c.campaign_id, (c.started_at AT TIME ZONE %(zone)s)::date AS day
  FROM call c
  JOIN unnest(%(call_ids)s::bigint[], %(moments)s::timestamptz[]) r (id, started_at)
    ON c.id = r.id AND c.started_at = r.started_at

-- name: delete_usage -- the sums of some campaigns' days, to be made again
DELETE FROM usage_day u
 USING unnest(%(campaigns)s::bigint[], %(days)s::date[]) r (campaign_id, day)
 WHERE u.campaign_id = r.campaign_id AND u.day = r.day

-- name: sum_usage -- the sums of some campaigns' days, from the rows that stand
INSERT INTO usage_day (tenant_id, customer_id, campaign_id, day, currency, calls, answered,
                       answered_ms, billed_s, sell_micros, buy_micros)
SELECT %(tenant_id)s, c.customer_id, c.campaign_id, r.day,
       coalesce(ch.currency, cu.currency), count(*), count(c.answered_at), sum(c.answered_ms),
       coalesce(sum(ch.billed_s), 0), coalesce(sum(ch.amount_micros), 0), 0
  FROM unnest(%(campaigns)s::bigint[], %(days)s::date[]) r (campaign_id, day)
  JOIN campaign ca ON ca.id = r.campaign_id
  JOIN customer cu ON cu.id = ca.customer_id
  JOIN call c ON c.customer_id = ca.customer_id AND c.campaign_id = r.campaign_id AND c.is_current
             AND c.started_at >= r.day::timestamp AT TIME ZONE %(zone)s
             AND c.started_at < (r.day + 1)::timestamp AT TIME ZONE %(zone)s
             AND c.started_at >= %(first)s AND c.started_at < %(last)s
  LEFT JOIN charge ch ON ch.call_id = c.id AND ch.started_at = c.started_at
                     AND ch.is_current AND ch.leg = 'sell' AND ch.level = 0
                     AND ch.started_at >= %(first)s AND ch.started_at < %(last)s
 GROUP BY c.customer_id, c.campaign_id, r.day, coalesce(ch.currency, cu.currency)
    ON CONFLICT (tenant_id, campaign_id, day, currency) DO UPDATE SET
       calls = excluded.calls, answered = excluded.answered, answered_ms = excluded.answered_ms,
       billed_s = excluded.billed_s, sell_micros = excluded.sell_micros

