-- Reading the charges of a scope by columns, and writing what they come to now. %(versions)s,
-- %(plans)s null: whatever card or plan version. Every statement on call and charge names started_at.

-- name: fetch_campaigns -- whose calls the scope may hold, and from when to when
SELECT campaign_id, min(started_at) AS first, max(started_at) AS last FROM charge
 WHERE leg = 'sell' AND level = 0 AND is_current
   AND started_at >= %(first)s AND started_at < %(last)s
   AND (%(customer_id)s::bigint IS NULL OR customer_id = %(customer_id)s::bigint)
   AND (%(campaign_id)s::bigint IS NULL OR campaign_id = %(campaign_id)s::bigint)
   AND (%(versions)s::bigint[] IS NULL OR card_version_id = ANY(%(versions)s::bigint[]))
   AND (%(plans)s::bigint[] IS NULL OR plan_version_id = ANY(%(plans)s::bigint[]))
 GROUP BY campaign_id ORDER BY campaign_id

-- name: copy_charges -- current sell charges with their calls, and where %(costs)s says so what the
-- calls cost; every field of one width, none null
COPY (
SELECT ch.id, ch.call_id, c.started_at, c.answered_at, c.answered_ms, ch.campaign_id,
       ch.amount_micros, ch.billed_s::bigint, ch.card_version_id,
       coalesce(ch.plan_version_id, 0::bigint), coalesce(ch.invoice_line_id, 0::bigint),
       (w.charge_id IS NOT NULL)::int::bigint,
       coalesce(array_position(%(causes)s::text[], upper(c.cause)), 0)::bigint,
       coalesce(array_position(%(causes)s::text[], upper(c.disposition)), 0)::bigint,
       coalesce(b.amount_micros, 0::bigint), ch.currency, rpad(c.called, 16),
       CASE WHEN octet_length(c.caller) = length(c.caller) THEN rpad(c.caller, 16)
            ELSE repeat(' ', 16) END,
       rpad(ch.prefix, 16), coalesce(b.currency, '   ')
  FROM charge ch
  JOIN call c ON c.id = ch.call_id AND c.started_at = ch.started_at
  LEFT JOIN rerate_proposal_call w ON w.charge_id = ch.id AND w.pending
  LEFT JOIN charge b ON %(costs)s AND b.call_id = ch.call_id AND b.started_at = ch.started_at
                    AND b.is_current AND b.leg IN ('buy', 'parent')
                    AND b.started_at >= %(first)s AND b.started_at < %(last)s
 WHERE ch.leg = 'sell' AND ch.level = 0 AND ch.is_current AND c.answered_at IS NOT NULL
   AND ch.started_at >= %(first)s AND ch.started_at < %(last)s
   AND c.started_at >= %(first)s AND c.started_at < %(last)s
   AND (%(customer_id)s::bigint IS NULL OR ch.customer_id = %(customer_id)s::bigint)
   AND (%(campaign_id)s::bigint IS NULL OR ch.campaign_id = %(campaign_id)s::bigint)
   AND (%(versions)s::bigint[] IS NULL OR ch.card_version_id = ANY(%(versions)s::bigint[]))
   AND (%(plans)s::bigint[] IS NULL OR ch.plan_version_id = ANY(%(plans)s::bigint[]))
   AND (%(batch_id)s::bigint IS NULL OR c.batch_id = %(batch_id)s::bigint)
   AND (%(prefix)s::text = '' OR starts_with(c.called, %(prefix)s::text))
) TO STDOUT (FORMAT BINARY)

-- name: fetch_trunks -- over which trunks the scope's calls went, and from when to when
SELECT trunk, min(started_at) AS first, max(started_at) AS last FROM call
 WHERE is_current AND answered_at IS NOT NULL
   AND started_at >= %(first)s AND started_at < %(last)s
   AND (%(customer_id)s::bigint IS NULL OR customer_id = %(customer_id)s::bigint)
   AND (%(campaign_id)s::bigint IS NULL OR campaign_id = %(campaign_id)s::bigint)
   AND (%(batch_id)s::bigint IS NULL OR batch_id = %(batch_id)s::bigint)
 GROUP BY trunk ORDER BY trunk

-- name: copy_costs -- as copy_charges, what carriers take for calls over some trunks
COPY (
SELECT ch.id, ch.call_id, c.started_at, c.answered_at, c.answered_ms, ch.campaign_id,
       ch.amount_micros, ch.billed_s::bigint, ch.card_version_id, 0::bigint, 0::bigint, 0::bigint,
       0::bigint, 0::bigint, t.place, ch.currency, rpad(c.called, 16),
       CASE WHEN octet_length(c.caller) = length(c.caller) THEN rpad(c.caller, 16)
            ELSE repeat(' ', 16) END,
       rpad(ch.prefix, 16)
  FROM charge ch
  JOIN call c ON c.id = ch.call_id AND c.started_at = ch.started_at
  JOIN unnest(%(trunks)s::text[]) WITH ORDINALITY t (trunk, place) ON t.trunk = c.trunk
 WHERE ch.leg = 'buy' AND ch.is_current AND c.answered_at IS NOT NULL
   AND ch.started_at >= %(first)s AND ch.started_at < %(last)s
   AND c.started_at >= %(first)s AND c.started_at < %(last)s
   AND (%(customer_id)s::bigint IS NULL OR ch.customer_id = %(customer_id)s::bigint)
   AND (%(campaign_id)s::bigint IS NULL OR ch.campaign_id = %(campaign_id)s::bigint)
   AND (%(versions)s::bigint[] IS NULL OR ch.card_version_id = ANY(%(versions)s::bigint[]))
   AND (%(batch_id)s::bigint IS NULL OR c.batch_id = %(batch_id)s::bigint)
   AND (%(prefix)s::text = '' OR starts_with(c.called, %(prefix)s::text))
) TO STDOUT (FORMAT BINARY)

-- name: count_without_cost -- how many answered calls cost the provider nothing yet
SELECT count(*) FROM call c
 WHERE c.is_current AND c.answered_at IS NOT NULL
   AND c.started_at >= %(first)s AND c.started_at < %(last)s
   AND (%(customer_id)s::bigint IS NULL OR c.customer_id = %(customer_id)s::bigint)
   AND (%(campaign_id)s::bigint IS NULL OR c.campaign_id = %(campaign_id)s::bigint)
   AND (%(batch_id)s::bigint IS NULL OR c.batch_id = %(batch_id)s::bigint)
   AND (%(prefix)s::text = '' OR starts_with(c.called, %(prefix)s::text))
   AND NOT EXISTS (SELECT 1 FROM charge ch
                    WHERE ch.call_id = c.id AND ch.started_at = c.started_at AND ch.is_current
                      AND ch.leg IN ('buy', 'parent')
                      AND ch.started_at >= %(first)s AND ch.started_at < %(last)s)

-- name: sum_costs -- what carriers or a parent took for the calls of a scope, per customer and currency
SELECT ch.customer_id, b.currency, count(*) AS calls,
       sum(b.amount_micros)::bigint AS amount_micros
  FROM charge ch
  JOIN call c ON c.id = ch.call_id AND c.started_at = ch.started_at
  JOIN charge b ON b.call_id = ch.call_id AND b.started_at = ch.started_at
 WHERE ch.leg = 'sell' AND ch.level = 0 AND ch.is_current AND b.leg IN ('buy', 'parent') AND b.is_current
   AND ch.started_at >= %(first)s AND ch.started_at < %(last)s
   AND c.started_at >= %(first)s AND c.started_at < %(last)s
   AND b.started_at >= %(first)s AND b.started_at < %(last)s
   AND (%(customer_id)s::bigint IS NULL OR ch.customer_id = %(customer_id)s::bigint)
   AND (%(campaign_id)s::bigint IS NULL OR ch.campaign_id = %(campaign_id)s::bigint)
   AND (%(versions)s::bigint[] IS NULL OR ch.card_version_id = ANY(%(versions)s::bigint[]))
   AND (%(plans)s::bigint[] IS NULL OR ch.plan_version_id = ANY(%(plans)s::bigint[]))
   AND (%(batch_id)s::bigint IS NULL OR c.batch_id = %(batch_id)s::bigint)
   AND (%(prefix)s::text = '' OR starts_with(c.called, %(prefix)s::text))
 GROUP BY ch.customer_id, b.currency ORDER BY ch.customer_id, b.currency

-- name: check_costs -- whether carriers' or a parent's charges are known at all in a time
SELECT EXISTS (SELECT 1 FROM charge WHERE leg IN ('buy', 'parent') AND started_at >= %(first)s
                  AND started_at < %(last)s)

-- name: lock_rerating -- one re-rating of a tenant writes at a time
SELECT pg_advisory_xact_lock(hashtextextended('rerating/' || %(tenant_id)s, 0))

-- name: lock_usage -- the sums of days before any charge, in the order in which files take them: of
-- those who buy from here first, since their costs may follow
SELECT pg_advisory_xact_lock(hashtextextended('usage/' || t.id, 0))
  FROM (SELECT DISTINCT reseller_id AS id, 0 AS above FROM reseller
        UNION ALL SELECT tollwright_tenant(), 1 ORDER BY above, id) t

-- name: fetch_lines -- where charges stand: (line, its usage line, that line's invoice, still a draft)
WITH RECURSIVE up (line_id, at_id, corrects_id, invoice_id) AS (
    SELECT l.id, l.id, l.corrects_id, l.invoice_id FROM invoice_line l
     WHERE l.id = ANY(%(lines)s::bigint[])
    UNION ALL
    SELECT up.line_id, l.id, l.corrects_id, l.invoice_id
      FROM up JOIN invoice_line l ON l.id = up.corrects_id)
SELECT up.line_id, up.at_id AS usage_line_id, up.invoice_id, i.status = 'draft' AS is_draft
  FROM up JOIN invoice i ON i.id = up.invoice_id
 WHERE up.corrects_id IS NULL
 ORDER BY up.line_id

-- name: create_revised -- where COPY may write: what charges come to now
CREATE TEMPORARY TABLE IF NOT EXISTS tw_revised (
    charge_id bigint, new_id bigint, call_id bigint, started_at timestamptz,
    card_version_id bigint, plan_version_id bigint, rate_no bigint, billed_s bigint,
    allowance_s bigint, amount_micros bigint, line_id bigint, rated_at timestamptz
) ON COMMIT DROP

-- name: clear_revised -- ready for the next rows
TRUNCATE tw_revised

-- name: copy_revised -- rows of one width, in COPY's binary form
COPY tw_revised FROM STDIN (FORMAT BINARY)

-- name: retire_charges -- the charges as they were stand no longer
UPDATE charge ch SET is_current = false
  FROM tw_revised r
 WHERE ch.id = r.charge_id AND ch.started_at = r.started_at AND ch.is_current
   AND ch.started_at >= %(first)s AND ch.started_at <= %(last)s

-- name: count_issued -- retired charges that stand on an issued invoice by now
SELECT count(*) FROM tw_revised r
  JOIN charge ch ON ch.id = r.charge_id AND ch.started_at = r.started_at
  JOIN invoice_line l ON l.id = ch.invoice_line_id
  JOIN invoice i ON i.id = l.invoice_id
 WHERE i.status NOT IN ('draft', 'void')
   AND ch.started_at >= %(first)s AND ch.started_at <= %(last)s

-- name: insert_revisions -- each gets its next revision; line_id 0: billing takes it up
INSERT INTO charge (id, call_id, started_at, rated_at, amount_micros, tenant_id, customer_id,
                    campaign_id, card_version_id, plan_version_id, invoice_line_id, rate_no,
                    billed_s, allowance_s, level, revision, leg, currency, prefix)
SELECT r.new_id, ch.call_id, ch.started_at, coalesce(nullif(r.rated_at, 'epoch'), %(at)s), r.amount_micros, ch.tenant_id, ch.customer_id,
       ch.campaign_id, r.card_version_id, nullif(r.plan_version_id, 0), nullif(r.line_id, 0),
       r.rate_no, r.billed_s, r.allowance_s, ch.level, ch.revision + 1, ch.leg, ch.currency,
       coalesce(p.prefix, '')
  FROM tw_revised r
  JOIN charge ch ON ch.id = r.charge_id AND ch.started_at = r.started_at
  LEFT JOIN rate p ON p.version_id = r.card_version_id AND p.row_no = r.rate_no
 WHERE ch.started_at >= %(first)s AND ch.started_at <= %(last)s

-- name: add_usage_changes -- the days' sums follow: seconds and amount of the charges that were revised
UPDATE usage_day u
   SET billed_s = u.billed_s + coalesce(d.billed_s, 0),
       sell_micros = u.sell_micros + coalesce(d.sell_micros, 0),
       buy_micros = u.buy_micros + coalesce(d.buy_micros, 0)
  FROM (SELECT ch.campaign_id, (ch.started_at AT TIME ZONE t.timezone)::date AS day, ch.currency,
               sum(r.billed_s - ch.billed_s) FILTER (WHERE ch.leg = 'sell')::bigint AS billed_s,
               sum(r.amount_micros - ch.amount_micros) FILTER (WHERE ch.leg = 'sell')::bigint
               AS sell_micros,
               sum(r.amount_micros - ch.amount_micros) FILTER (WHERE ch.leg <> 'sell')::bigint
               AS buy_micros
          FROM tw_revised r
          JOIN charge ch ON ch.id = r.charge_id AND ch.started_at = r.started_at
          JOIN tenant t ON t.id = ch.tenant_id
         WHERE ch.started_at >= %(first)s AND ch.started_at <= %(last)s
         GROUP BY 1, 2, 3) d
 WHERE (u.campaign_id, u.day, u.currency) = (d.campaign_id, d.day, d.currency)

-- name: insert_waiting -- what is on an issued invoice waits in its proposal; line_id is the proposal's line
INSERT INTO rerate_proposal_call (tenant_id, line_id, charge_id, call_id, started_at,
                                  card_version_id, plan_version_id, rate_no, billed_s,
                                  allowance_s, amount_micros, new_id, rated_at, pending)
SELECT %(tenant_id)s, line_id, charge_id, call_id, started_at, card_version_id,
       nullif(plan_version_id, 0), rate_no, billed_s, allowance_s, amount_micros, new_id,
       nullif(rated_at, 'epoch'), true
  FROM tw_revised

-- name: stage_waiting -- the charges of an accepted proposal line, on the line of its note
INSERT INTO tw_revised
SELECT w.charge_id, w.new_id, w.call_id, w.started_at, w.card_version_id,
       coalesce(w.plan_version_id, 0), w.rate_no, w.billed_s, w.allowance_s, w.amount_micros,
       CASE WHEN w.amount_micros > ch.amount_micros THEN %(up_line_id)s ELSE %(down_line_id)s END,
       coalesce(w.rated_at, 'epoch')
  FROM rerate_proposal_call w
  JOIN charge ch ON ch.id = w.charge_id AND ch.started_at = w.started_at
 WHERE w.line_id = %(line_id)s AND w.pending
   AND ch.started_at >= %(first)s AND ch.started_at <= %(last)s

-- name: count_waiting -- how many charges a proposal's line holds, and when their calls are
SELECT count(*) AS calls, min(started_at) AS first, max(started_at) AS last
  FROM rerate_proposal_call
 WHERE line_id = %(line_id)s AND pending HAVING count(*) > 0

-- name: count_unchanged -- how many of a proposal's charges stand as they did
SELECT count(*) AS calls, coalesce(sum(ch.amount_micros), 0)::bigint AS amount_micros
  FROM tw_revised r
  JOIN charge ch ON ch.id = r.charge_id AND ch.started_at = r.started_at AND ch.is_current
 WHERE ch.started_at >= %(first)s AND ch.started_at <= %(last)s

-- name: fetch_revised_ids -- the new charges
SELECT new_id FROM tw_revised

-- name: close_waiting -- a decided proposal's charges wait no longer
UPDATE rerate_proposal_call SET pending = false
 WHERE pending AND line_id IN (SELECT id FROM rerate_proposal_line
                                WHERE proposal_id = %(proposal_id)s)

-- name: fetch_waiting_draws -- whose pools an open proposal's charges draw on, as billed and as proposed
SELECT u.customer_id, min(u.answered_at) AS answered_at
  FROM rerate_proposal_line l
  JOIN rerate_proposal_call w ON w.line_id = l.id AND w.pending
  JOIN allowance_use u ON u.charge_id IN (w.charge_id, w.new_id)
 WHERE l.proposal_id = %(proposal_id)s
 GROUP BY u.customer_id, floor(extract(epoch FROM u.answered_at) / 900)

-- name: delete_proposed_uses -- what an open proposal's charges were to draw
DELETE FROM allowance_use u USING rerate_proposal_line l, rerate_proposal_call w
 WHERE l.proposal_id = %(proposal_id)s AND w.line_id = l.id AND w.pending
   AND u.charge_id = w.new_id

-- name: set_join_memory -- for one transaction: memory for joining millions of rows
SELECT set_config('work_mem', '128MB', true), set_config('enable_partitionwise_join', 'on', true)
