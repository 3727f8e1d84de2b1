-- Records that change a call on an issued invoice: what the call cost, and its revision once the
-- note is issued. Few at a time. Every statement on call and charge names started_at.

-- name: lock_charged_calls -- the latest revisions of calls, and their sell charge on issued paper, held
SELECT r.place, c.id AS call_id, c.started_at, c.revision, c.campaign_id, ch.id AS charge_id,
       ch.amount_micros, ch.billed_s, ch.card_version_id AS version_id,
       coalesce(ch.plan_version_id, 0) AS plan_id, ch.invoice_line_id AS line_id, ch.currency,
       ch.prefix, ca.code AS campaign
  FROM unnest(%(places)s::int[], %(sources)s::bigint[], %(keys)s::text[])
       r (place, source_id, call_key)
 CROSS JOIN LATERAL (
       SELECT x.* FROM call x
        WHERE x.source_id = r.source_id AND x.call_key = r.call_key
          AND x.started_at >= %(first)s AND x.started_at < %(last)s
        ORDER BY x.revision DESC LIMIT 1) c
  JOIN campaign ca ON ca.id = c.campaign_id
  JOIN charge ch ON ch.call_id = c.id AND ch.started_at = c.started_at AND ch.is_current
                AND ch.leg = 'sell' AND ch.level = 0
                AND ch.started_at >= %(first)s AND ch.started_at < %(last)s
  JOIN invoice_line l ON l.id = ch.invoice_line_id
  JOIN invoice i ON i.id = l.invoice_id AND i.status NOT IN ('draft', 'void')
 ORDER BY ch.id FOR UPDATE OF ch

-- name: fetch_open_proposals -- (charge, its open proposal, the record that is proposed there)
SELECT w.charge_id, l.proposal_id, coalesce(w.quarantine_id, 0) AS record_id
  FROM rerate_proposal_call w JOIN rerate_proposal_line l ON l.id = w.line_id
 WHERE w.charge_id = ANY(%(charges)s::bigint[]) AND w.pending

-- name: update_details -- why records wait, in today's words
UPDATE quarantine q SET detail = r.detail
  FROM unnest(%(ids)s::bigint[], %(details)s::text[]) r (id, detail)
 WHERE q.id = r.id AND q.status = 'open'

-- name: fetch_unchanged -- a proposal line's corrections whose call, charge and record are as they were
SELECT w.id AS waiting_id, w.quarantine_id AS record_id, q.source_id, q.batch_id,
       ch.amount_micros, c.id AS call_id, w.started_at, (w.record ->> 'id')::bigint AS new_id,
       (w.record ->> 'started_at')::timestamptz AS new_start,
       w.record ->> 'answered_at' IS NOT NULL AS answered
  FROM rerate_proposal_call w
  JOIN charge ch ON ch.id = w.charge_id AND ch.started_at = w.started_at AND ch.is_current
  JOIN call c ON c.id = w.call_id AND c.started_at = w.started_at AND c.is_current
  JOIN quarantine q ON q.id = w.quarantine_id AND q.status = 'open'
 WHERE w.line_id = %(line_id)s AND w.pending
   AND ch.started_at >= %(first)s AND ch.started_at <= %(last)s
   AND c.started_at >= %(first)s AND c.started_at <= %(last)s
 ORDER BY ch.id FOR UPDATE OF ch, q

-- name: retire_charges -- they and what the calls cost stand no longer, but stay on their invoice
UPDATE charge SET is_current = false
 WHERE call_id = ANY(%(calls)s::bigint[]) AND is_current
   AND started_at >= %(first)s AND started_at <= %(last)s

-- name: insert_calls -- the next revision of each call, as its record tells it
INSERT INTO call (id, started_at, answered_at, ended_at, answered_ms, batch_id, line_no, tenant_id,
                  source_id, customer_id, campaign_id, revision, call_key, group_key, direction,
                  caller, called, dialled, cause, disposition, trunk, agent)
SELECT n.id, n.started_at, n.answered_at, n.ended_at, n.answered_ms, q.batch_id, q.line_no,
       c.tenant_id, c.source_id, c.customer_id, c.campaign_id, c.revision + 1, c.call_key,
       n.group_key, n.direction, n.caller, n.called, n.dialled, n.cause, n.disposition, n.trunk,
       n.agent
  FROM rerate_proposal_call w
  JOIN call c ON c.id = w.call_id AND c.started_at = w.started_at
  JOIN quarantine q ON q.id = w.quarantine_id
 CROSS JOIN LATERAL jsonb_to_record(w.record) n (
       id bigint, started_at timestamptz, answered_at timestamptz, ended_at timestamptz,
       answered_ms bigint, group_key text, direction text, caller text, called text, dialled text,
       cause text, disposition text, trunk text, agent text)
 WHERE w.id = ANY(%(waiting)s::bigint[])
   AND c.started_at >= %(first)s AND c.started_at <= %(last)s

-- name: retire_calls -- what they were
UPDATE call SET is_current = false
 WHERE id = ANY(%(calls)s::bigint[])
   AND started_at >= %(first)s AND started_at <= %(last)s

-- name: insert_charges -- what an answered revision costs, on the line of its note
INSERT INTO charge (id, call_id, started_at, rated_at, amount_micros, tenant_id, customer_id,
                    campaign_id, card_version_id, plan_version_id, invoice_line_id, rate_no,
                    billed_s, allowance_s, level, revision, leg, currency, prefix)
SELECT w.new_id, (w.record ->> 'id')::bigint,
       (w.record ->> 'started_at')::timestamptz, %(at)s, w.amount_micros, ch.tenant_id,
       ch.customer_id, ch.campaign_id, w.card_version_id, w.plan_version_id,
       CASE WHEN w.amount_micros > ch.amount_micros THEN %(up_line_id)s ELSE %(down_line_id)s END,
       w.rate_no, w.billed_s, w.allowance_s, ch.level, ch.revision + 1, ch.leg, ch.currency,
       coalesce(p.prefix, '')
  FROM rerate_proposal_call w
  JOIN charge ch ON ch.id = w.charge_id AND ch.started_at = w.started_at
  LEFT JOIN rate p ON p.version_id = w.card_version_id AND p.row_no = w.rate_no
 WHERE w.id = ANY(%(waiting)s::bigint[]) AND w.record ->> 'answered_at' IS NOT NULL
   AND ch.started_at >= %(first)s AND ch.started_at <= %(last)s

-- name: fetch_answered_calls -- as what a call costs is priced from: micros since 1970, milliseconds
SELECT c.id AS call_id, (extract(epoch FROM c.started_at) * 1000000)::bigint AS started_us,
       (extract(epoch FROM c.answered_at) * 1000000)::bigint AS answered_us, c.answered_ms,
       c.customer_id, c.campaign_id, c.caller, c.called, c.trunk, c.cause, c.disposition
  FROM call c
  JOIN unnest(%(calls)s::bigint[], %(moments)s::timestamptz[]) r (id, started_at)
    ON c.id = r.id AND c.started_at = r.started_at
 WHERE c.answered_at IS NOT NULL
 ORDER BY c.started_at, c.id
