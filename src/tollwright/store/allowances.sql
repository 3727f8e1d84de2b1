-- What calls took from the pools of their cards, and the calls of a period to go through in turn.
-- Every statement on call and charge names started_at.

-- name: check_any_use -- whether anything was ever taken from a pool
SELECT EXISTS (SELECT 1 FROM allowance_use)

-- name: sum_taken -- what stands of a period before a moment; whenever it was, what is on an issued
-- invoice (where %(issued)s says so), and what an open proposal counts as if it were accepted
SELECT u.card_id, coalesce(u.campaign_id, 0::bigint) AS campaign_id, u.pool,
       sum(u.taken)::bigint AS taken
  FROM allowance_use u
  LEFT JOIN charge ch ON ch.id = u.charge_id AND ch.started_at = u.started_at AND ch.is_current
                     AND ch.started_at >= %(first)s - interval '2 days'
                     AND ch.started_at < %(last)s + interval '1 day'
  LEFT JOIN invoice_line l ON l.id = ch.invoice_line_id
  LEFT JOIN invoice i ON i.id = l.invoice_id
  LEFT JOIN rerate_proposal_call w ON w.charge_id = u.charge_id AND w.pending
  LEFT JOIN rerate_proposal_call p ON p.new_id = u.charge_id AND p.pending
 WHERE u.customer_id = %(customer_id)s AND u.answered_at >= %(first)s AND u.answered_at < %(last)s
   AND (p.id IS NOT NULL
        OR ch.id IS NOT NULL AND w.id IS NULL
           AND (u.answered_at < %(since)s
                OR %(issued)s AND i.status NOT IN ('draft', 'void')))
 GROUP BY 1, 2, 3

-- name: copy_calls_in_order -- a customer's calls in the order in which they draw: those without a charge, and
-- those charged by %(versions)s (null: by any); with what stands on issued invoices or without
COPY (
SELECT coalesce(ch.id, 0::bigint), c.id, c.started_at, c.answered_at, c.answered_ms, c.campaign_id,
       coalesce(ch.amount_micros, 0::bigint), coalesce(ch.billed_s, 0)::bigint,
       coalesce(ch.card_version_id, 0::bigint), coalesce(ch.plan_version_id, 0::bigint),
       coalesce(ch.invoice_line_id, 0::bigint), (w.charge_id IS NOT NULL)::int::bigint,
       coalesce(array_position(%(causes)s::text[], upper(c.cause)), 0)::bigint,
       coalesce(array_position(%(causes)s::text[], upper(c.disposition)), 0)::bigint,
       coalesce(ch.rate_no, 0)::bigint, coalesce(ch.allowance_s, 0)::bigint,
       coalesce(ch.rated_at, %(at)s), coalesce(ch.revision + 1, c.revision)::bigint,
       coalesce(i.status NOT IN ('draft', 'void'), false)::int::bigint,
       coalesce(ch.currency, '   '), rpad(c.called, 16),
       CASE WHEN octet_length(c.caller) = length(c.caller) THEN rpad(c.caller, 16)
            ELSE repeat(' ', 16) END,
       rpad(coalesce(ch.prefix, ''), 16)
  FROM call c
  LEFT JOIN charge ch ON ch.call_id = c.id AND ch.started_at = c.started_at AND ch.is_current
                     AND ch.leg = 'sell' AND ch.level = 0
                     AND ch.started_at >= %(since)s - interval '2 days'
                     AND ch.started_at < %(last)s + interval '1 day'
  LEFT JOIN invoice_line l ON l.id = ch.invoice_line_id
  LEFT JOIN invoice i ON i.id = l.invoice_id
  LEFT JOIN rerate_proposal_call w ON w.charge_id = ch.id AND w.pending
 WHERE c.customer_id = %(customer_id)s AND c.is_current
   AND c.answered_at >= %(since)s AND c.answered_at < %(last)s
   AND c.started_at >= %(since)s - interval '2 days' AND c.started_at < %(last)s + interval '1 day'
   AND (ch.id IS NULL OR %(versions)s::bigint[] IS NULL
        OR ch.card_version_id = ANY(%(versions)s::bigint[]))
   AND (%(issued)s OR i.status IS NULL OR i.status IN ('draft', 'void'))
 ORDER BY c.answered_at, c.call_key COLLATE "C", c.called COLLATE "C", c.caller COLLATE "C",
          c.answered_ms, c.source_id, c.id
) TO STDOUT (FORMAT BINARY)

-- name: create_drawn -- where COPY may write: charges that calls get, and which ones they replace
CREATE TEMPORARY TABLE IF NOT EXISTS tw_drawn (
    charge_id bigint, old_id bigint, call_id bigint, started_at timestamptz, rated_at timestamptz,
    revision bigint, card_version_id bigint, plan_version_id bigint, rate_no bigint,
    billed_s bigint, allowance_s bigint, amount_micros bigint
) ON COMMIT DROP

-- name: clear_drawn -- ready for the next rows
TRUNCATE tw_drawn

-- name: copy_drawn -- rows of one width, in COPY's binary form
COPY tw_drawn FROM STDIN (FORMAT BINARY)

-- name: retire_charges -- charges that cost something else by now
UPDATE charge ch SET is_current = false
  FROM tw_drawn d
 WHERE ch.id = d.old_id AND ch.started_at = d.started_at AND ch.is_current
   AND ch.started_at >= %(first)s AND ch.started_at <= %(last)s

-- name: insert_charges -- a call's first charge, or its next revision
INSERT INTO charge (id, call_id, started_at, rated_at, amount_micros, tenant_id, customer_id,
                    campaign_id, card_version_id, plan_version_id, rate_no, billed_s, allowance_s,
                    revision, leg, currency, prefix)
SELECT d.charge_id, c.id, c.started_at, d.rated_at, d.amount_micros, c.tenant_id, c.customer_id,
       c.campaign_id, d.card_version_id, nullif(d.plan_version_id, 0), d.rate_no, d.billed_s,
       d.allowance_s, d.revision, 'sell', k.currency, coalesce(p.prefix, '')
  FROM tw_drawn d
  JOIN call c ON c.id = d.call_id AND c.started_at = d.started_at
  JOIN card_version v ON v.id = d.card_version_id
  JOIN rate_card k ON k.id = v.card_id
  LEFT JOIN rate p ON p.version_id = d.card_version_id AND p.row_no = d.rate_no
 WHERE c.started_at >= %(first)s AND c.started_at <= %(last)s

-- name: create_uses -- where COPY may write: what pools gave; `pool` is a place in a list of names
CREATE TEMPORARY TABLE IF NOT EXISTS tw_uses (
    charge_id bigint, started_at timestamptz, answered_at timestamptz, customer_id bigint,
    campaign_id bigint, card_id bigint, pool bigint, before bigint, taken bigint
) ON COMMIT DROP

-- name: clear_uses -- ready for the next rows
TRUNCATE tw_uses

-- name: copy_uses -- rows of one width, in COPY's binary form
COPY tw_uses FROM STDIN (FORMAT BINARY)

-- name: insert_uses -- from the staged rows; what a charge that stays had drawn is told anew
INSERT INTO allowance_use AS u (tenant_id, charge_id, started_at, answered_at, customer_id,
                                campaign_id, card_id, pool, before, taken)
SELECT %(tenant_id)s, charge_id, started_at, answered_at, customer_id, nullif(campaign_id, 0),
       card_id, (%(pools)s::text[])[pool], before, taken
  FROM tw_uses
    ON CONFLICT (charge_id, pool) DO UPDATE SET before = excluded.before, taken = excluded.taken
 WHERE (u.before, u.taken) <> (excluded.before, excluded.taken)

-- name: fetch_uses -- what pools had given before a charge, and what they gave it
SELECT pool, before, taken FROM allowance_use WHERE charge_id = %(charge_id)s ORDER BY pool

-- name: fetch_uses_of_charges -- what charges took of which pools, in the order of their text
SELECT charge_id, taken, card_id, coalesce(campaign_id, 0::bigint) AS campaign_id, pool
  FROM allowance_use
 WHERE charge_id = ANY(%(charges)s::bigint[]) AND taken > 0
 ORDER BY charge_id, card_id, campaign_id NULLS FIRST, pool COLLATE "C"

-- name: fetch_corrected_draws -- when calls that a batch's records took the place of had drawn on pools
SELECT u.customer_id, min(u.answered_at) AS answered_at
  FROM call c
  JOIN call o ON o.source_id = c.source_id AND o.call_key = c.call_key AND o.revision < c.revision
             AND o.started_at >= %(first)s - interval '32 days'
             AND o.started_at <= %(last)s + interval '32 days'
  JOIN charge ch ON ch.call_id = o.id AND ch.started_at = o.started_at
  JOIN allowance_use u ON u.charge_id = ch.id
 WHERE c.batch_id = %(batch_id)s AND c.revision > 0
   AND c.started_at >= %(first)s AND c.started_at <= %(last)s
 GROUP BY u.customer_id, floor(extract(epoch FROM u.answered_at) / 900)

-- name: fetch_batch_draws -- when the calls of a batch drew on pools
SELECT u.customer_id, min(u.answered_at) AS answered_at
  FROM call c
  JOIN charge ch ON ch.call_id = c.id AND ch.started_at = c.started_at
  JOIN allowance_use u ON u.charge_id = ch.id
 WHERE c.batch_id = %(batch_id)s
   AND c.started_at >= %(first)s AND c.started_at <= %(last)s
 GROUP BY u.customer_id, floor(extract(epoch FROM u.answered_at) / 900)

-- name: delete_batch_uses -- what the calls of a batch took, ahead of their charges
DELETE FROM allowance_use u USING call c, charge ch
 WHERE u.charge_id = ch.id AND ch.call_id = c.id AND ch.started_at = c.started_at
   AND c.batch_id = %(batch_id)s
   AND c.started_at >= %(first)s AND c.started_at <= %(last)s
   AND ch.started_at >= %(first)s AND ch.started_at <= %(last)s

-- name: fetch_invoice_draws -- when the charges on an invoice's usage lines drew on pools
SELECT u.customer_id, min(u.answered_at) AS answered_at
  FROM charge ch
  JOIN allowance_use u ON u.charge_id = ch.id
 WHERE ch.invoice_line_id IN (SELECT id FROM invoice_line
                               WHERE invoice_id = %(invoice_id)s AND kind = 'usage')
   AND ch.started_at < %(until)s
 GROUP BY u.customer_id, floor(extract(epoch FROM u.answered_at) / 900)

-- name: fetch_charge_draws -- when charges drew on pools, those retired among them
SELECT u.customer_id, min(u.answered_at) AS answered_at FROM allowance_use u
 WHERE u.charge_id = ANY(%(charges)s::bigint[])
 GROUP BY u.customer_id, floor(extract(epoch FROM u.answered_at) / 900)
