-- What calls took from the pools of their cards, and the calls of a period to go through in turn.
-- Every statement on call and charge names started_at.

-- name: lock_customers -- one transaction at a time draws on a customer's pools
SELECT pg_advisory_xact_lock(hashtextextended('allowances/' || id, 0))
  FROM (SELECT unnest(%(customers)s::bigint[]) AS id ORDER BY 1) c

-- name: any_use -- whether anything was ever taken from a pool
SELECT EXISTS (SELECT 1 FROM allowance_use)

-- name: taken -- what stands of a period before a moment, or on an issued invoice whenever it was
SELECT u.card_id, coalesce(u.campaign_id, 0::bigint), u.pool, sum(u.taken)::bigint
  FROM allowance_use u
  JOIN charge ch ON ch.id = u.charge_id AND ch.started_at = u.started_at
  LEFT JOIN invoice_line l ON l.id = ch.invoice_line_id
  LEFT JOIN invoice i ON i.id = l.invoice_id
 WHERE u.customer_id = %(customer_id)s AND u.answered_at >= %(first)s AND u.answered_at < %(last)s
   AND (u.answered_at < %(since)s OR i.status NOT IN ('draft', 'void'))
   AND ch.is_current
   AND ch.started_at >= %(first)s - interval '2 days' AND ch.started_at < %(last)s + interval '1 day'
 GROUP BY 1, 2, 3

-- name: calls_in_turn -- the calls of a customer that have no charge yet, or one by such a card
SELECT c.id, c.started_at, c.campaign_id, c.answered_at, c.answered_ms, c.call_key, c.caller,
       c.called, c.cause, c.disposition, c.revision,
       ch.id, ch.revision, ch.card_version_id, ch.plan_version_id, ch.rate_no, ch.billed_s,
       ch.allowance_s, ch.amount_micros, ch.rated_at,
       coalesce(i.status NOT IN ('draft', 'void'), false), u.pools, u.befores, u.takens
  FROM call c
  LEFT JOIN charge ch ON ch.call_id = c.id AND ch.started_at = c.started_at AND ch.is_current
                     AND ch.leg = 'sell' AND ch.level = 0
                     AND ch.started_at >= %(since)s - interval '2 days'
                     AND ch.started_at < %(last)s + interval '1 day'
  LEFT JOIN invoice_line l ON l.id = ch.invoice_line_id
  LEFT JOIN invoice i ON i.id = l.invoice_id
  LEFT JOIN LATERAL (
       SELECT array_agg(x.pool ORDER BY x.pool) AS pools,
              array_agg(x.before ORDER BY x.pool) AS befores,
              array_agg(x.taken ORDER BY x.pool) AS takens
         FROM allowance_use x WHERE x.charge_id = ch.id) u ON true
 WHERE c.customer_id = %(customer_id)s AND c.is_current
   AND c.answered_at >= %(since)s AND c.answered_at < %(last)s
   AND c.started_at >= %(since)s - interval '2 days' AND c.started_at < %(last)s + interval '1 day'
   AND (ch.id IS NULL OR ch.card_version_id = ANY(%(versions)s::bigint[]))
 ORDER BY c.answered_at, c.call_key COLLATE "C", c.called COLLATE "C", c.caller COLLATE "C",
          c.answered_ms, c.source_id, c.id

-- name: charge_ids -- the first of 65 536 ids of charges
SELECT nextval('charge_id_block')

-- name: make_drawn -- where COPY may write: charges that calls get, and which ones they replace
CREATE TEMPORARY TABLE IF NOT EXISTS tw_drawn (
    charge_id bigint, old_id bigint, call_id bigint, started_us bigint, rated_us bigint,
    revision smallint, card_version_id bigint, plan_version_id bigint, rate_no integer,
    billed_s integer, allowance_s integer, amount_micros bigint, prefix text, currency text
) ON COMMIT DROP

-- name: empty_drawn -- ready for the next rows
TRUNCATE tw_drawn

-- name: copy_drawn -- a portion's charges
COPY tw_drawn FROM STDIN

-- name: retire -- charges that cost something else by now
UPDATE charge ch SET is_current = false
  FROM tw_drawn d
 WHERE ch.id = d.old_id
   AND ch.started_at = 'epoch'::timestamptz + d.started_us * '1 microsecond'::interval
   AND ch.is_current

-- name: insert_charges -- a call's first charge, or its next revision
INSERT INTO charge (id, call_id, started_at, rated_at, amount_micros, tenant_id, customer_id,
                    campaign_id, card_version_id, plan_version_id, rate_no, billed_s, allowance_s,
                    revision, leg, currency, prefix)
SELECT d.charge_id, c.id, c.started_at,
       'epoch'::timestamptz + d.rated_us * '1 microsecond'::interval, d.amount_micros, c.tenant_id,
       c.customer_id, c.campaign_id, d.card_version_id, d.plan_version_id, d.rate_no, d.billed_s,
       d.allowance_s, d.revision, 'sell', d.currency, d.prefix
  FROM tw_drawn d
  JOIN call c ON c.id = d.call_id
             AND c.started_at = 'epoch'::timestamptz + d.started_us * '1 microsecond'::interval

-- name: make_uses -- where COPY may write: what pools gave
CREATE TEMPORARY TABLE IF NOT EXISTS tw_uses (
    charge_id bigint, started_us bigint, answered_us bigint, customer_id bigint,
    campaign_id bigint, card_id bigint, pool text, before bigint, taken bigint
) ON COMMIT DROP

-- name: empty_uses -- ready for the next rows
TRUNCATE tw_uses

-- name: copy_uses -- a portion's uses
COPY tw_uses FROM STDIN

-- name: forget_uses -- of charges whose uses are told anew
DELETE FROM allowance_use WHERE charge_id = ANY(%(charges)s::bigint[])

-- name: insert_uses -- from the staged rows
INSERT INTO allowance_use (tenant_id, charge_id, started_at, answered_at, customer_id, campaign_id,
                           card_id, pool, before, taken)
SELECT %(tenant_id)s, charge_id, 'epoch'::timestamptz + started_us * '1 microsecond'::interval,
       'epoch'::timestamptz + answered_us * '1 microsecond'::interval, customer_id, campaign_id,
       card_id, pool, before, taken
  FROM tw_uses

-- name: uses -- what pools had given before a charge, and what they gave it
SELECT pool, before, taken FROM allowance_use WHERE charge_id = %(charge_id)s ORDER BY pool

-- name: corrected -- when calls that a batch's records took the place of had drawn on pools
SELECT u.customer_id, min(u.answered_at)
  FROM call c
  JOIN call o ON o.source_id = c.source_id AND o.call_key = c.call_key AND o.revision < c.revision
             AND o.started_at >= %(first)s - interval '32 days'
             AND o.started_at <= %(last)s + interval '32 days'
  JOIN charge ch ON ch.call_id = o.id AND ch.started_at = o.started_at
  JOIN allowance_use u ON u.charge_id = ch.id
 WHERE c.batch_id = %(batch_id)s AND c.revision > 0
   AND c.started_at >= %(first)s AND c.started_at <= %(last)s
 GROUP BY u.customer_id, floor(extract(epoch FROM u.answered_at) / 900)

-- name: of_batch -- when the calls of a batch drew on pools
SELECT u.customer_id, min(u.answered_at)
  FROM call c
  JOIN charge ch ON ch.call_id = c.id AND ch.started_at = c.started_at
  JOIN allowance_use u ON u.charge_id = ch.id
 WHERE c.batch_id = %(batch_id)s
   AND c.started_at >= %(first)s AND c.started_at <= %(last)s
 GROUP BY u.customer_id, floor(extract(epoch FROM u.answered_at) / 900)

-- name: forget_batch -- what the calls of a batch took, ahead of their charges
DELETE FROM allowance_use u USING call c, charge ch
 WHERE u.charge_id = ch.id AND ch.call_id = c.id AND ch.started_at = c.started_at
   AND c.batch_id = %(batch_id)s
   AND c.started_at >= %(first)s AND c.started_at <= %(last)s
   AND ch.started_at >= %(first)s AND ch.started_at <= %(last)s

-- name: of_charges -- when charges drew on pools, those retired among them
SELECT u.customer_id, min(u.answered_at) FROM allowance_use u
 WHERE u.charge_id = ANY(%(charges)s::bigint[])
 GROUP BY u.customer_id, floor(extract(epoch FROM u.answered_at) / 900)
