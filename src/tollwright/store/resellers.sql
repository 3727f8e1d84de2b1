-- A reseller's calls in its parent's books. A statement says whose tenant must be set: the child's
-- or the parent's. Every statement on call and charge names started_at.

-- name: fetch_parent -- the child's: who sells to it
SELECT parent_id FROM tenant WHERE id = tollwright_tenant()

-- name: fetch_links -- the parent's: what the reseller's calls are here
SELECT r.valid_from, r.valid_to, r.campaign_id, r.source_id, t.timezone AS zone
  FROM reseller r JOIN tenant t ON t.id = r.tenant_id
 WHERE r.reseller_id = %(reseller_id)s ORDER BY r.valid_from

-- name: create_asked -- which calls of the child's
CREATE TEMPORARY TABLE IF NOT EXISTS tw_asked (call_id bigint, started_at timestamptz)
ON COMMIT DROP

-- name: clear_asked -- ready for the next calls
TRUNCATE tw_asked

-- name: copy_asked -- ids and starts
COPY tw_asked FROM STDIN (FORMAT BINARY)

-- name: create_resold -- what a parent needs of a call to bill it
CREATE TEMPORARY TABLE IF NOT EXISTS tw_resold (
    call_id bigint, started_at timestamptz, answered_at timestamptz, ended_at timestamptz,
    answered_ms bigint, line_no bigint, call_key text, direction text, caller text, called text,
    cause text, disposition text, trunk text
) ON COMMIT DROP

-- name: clear_resold -- ready for the next calls
TRUNCATE tw_resold

-- name: stage_resold -- the child's: its calls, keyed as its parent knows them
-- One look a call, whatever the planner thinks of tables that were filled a moment ago.
INSERT INTO tw_resold
SELECT c.id, c.started_at, c.answered_at, c.ended_at, c.answered_ms, c.line_no,
       c.source_id || '/' || c.call_key, c.direction, c.caller, c.called, c.cause, c.disposition,
       c.trunk
  FROM tw_asked a
 CROSS JOIN LATERAL (
       SELECT * FROM call c WHERE c.id = a.call_id AND c.started_at = a.started_at LIMIT 1) c

-- name: fetch_known_revisions -- the parent's: the latest revision of staged calls that it has, and if it stands
SELECT u.call_id AS child_id, k.revision, k.is_current
  FROM tw_resold u
 CROSS JOIN LATERAL (
       SELECT c.revision, c.is_current FROM call c
        WHERE c.source_id = %(source_id)s AND c.call_key = u.call_key
          AND c.started_at >= ANY (ARRAY[%(first)s::timestamptz])
          AND c.started_at < ANY (ARRAY[%(last)s::timestamptz])
        ORDER BY c.revision DESC LIMIT 1) k

-- name: fetch_current_calls -- the parent's: those of the staged calls that stand, (the child's id, id, start)
SELECT u.call_id AS child_id, c.id AS call_id, c.started_at
  FROM tw_resold u
  JOIN call c ON c.source_id = %(source_id)s AND c.call_key = u.call_key AND c.is_current
             AND c.started_at = u.started_at

-- name: fetch_withdrawn_calls -- the parent's: what it had of the staged calls as they are, where none of theirs stands
SELECT DISTINCT ON (u.call_id) c.id AS call_id, c.started_at
  FROM tw_resold u
  JOIN call c ON c.source_id = %(source_id)s AND c.call_key = u.call_key
             AND c.started_at = u.started_at AND c.answered_at = u.answered_at
             AND c.answered_ms = u.answered_ms
 WHERE NOT EXISTS (
       SELECT 1 FROM call n
        WHERE n.source_id = %(source_id)s AND n.call_key = u.call_key AND n.is_current
          AND n.started_at >= u.started_at - interval '32 days'
          AND n.started_at <= u.started_at + interval '32 days')
 ORDER BY u.call_id, c.revision DESC

-- name: create_sold -- where COPY may write: what the parent's card makes of them
CREATE TEMPORARY TABLE IF NOT EXISTS tw_sold (
    call_id bigint, sold_id bigint, charge_id bigint, revision smallint, customer_id bigint,
    campaign_id bigint, card_version_id bigint, plan_version_id bigint, rate_no integer,
    billed_s integer, amount_micros bigint, currency text, prefix text
) ON COMMIT DROP

-- name: clear_sold -- ready for the next rows
TRUNCATE tw_sold

-- name: copy_sold -- a portion's sales
COPY tw_sold FROM STDIN (FORMAT BINARY)

-- name: insert_calls -- the parent's: calls of its customer, the reseller
INSERT INTO call (id, started_at, answered_at, ended_at, answered_ms, batch_id, line_no, tenant_id,
                  source_id, customer_id, campaign_id, revision, call_key, direction, caller,
                  called, cause, disposition, trunk)
SELECT s.sold_id, u.started_at, u.answered_at, u.ended_at, u.answered_ms, %(batch_id)s, u.line_no,
       %(tenant_id)s, %(source_id)s, s.customer_id, s.campaign_id, s.revision, u.call_key,
       u.direction, u.caller, u.called, u.cause, u.disposition, u.trunk
  FROM tw_sold s JOIN tw_resold u ON u.call_id = s.call_id

-- name: insert_charges -- the parent's: what the reseller pays
INSERT INTO charge (id, call_id, started_at, rated_at, amount_micros, tenant_id, customer_id,
                    campaign_id, card_version_id, plan_version_id, rate_no, billed_s, revision,
                    leg, currency, prefix)
SELECT s.charge_id, s.sold_id, u.started_at, %(at)s, s.amount_micros, %(tenant_id)s, s.customer_id,
       s.campaign_id, s.card_version_id, s.plan_version_id, s.rate_no, s.billed_s, s.revision,
       'sell', s.currency, s.prefix
  FROM tw_sold s JOIN tw_resold u ON u.call_id = s.call_id

-- name: add_usage -- the parent's: its day's sums will grow by them
INSERT INTO tw_usage
SELECT %(tenant_id)s, s.customer_id, s.campaign_id, (u.started_at AT TIME ZONE %(zone)s)::date,
       s.currency, count(*), count(*), sum(u.answered_ms), sum(s.billed_s), sum(s.amount_micros), 0, 0
  FROM tw_sold s JOIN tw_resold u ON u.call_id = s.call_id GROUP BY 2, 3, 4, 5

-- name: fetch_batch -- the parent's: its batch of a reseller's; `stands`: unless it is rolled back
SELECT b.id FROM import_batch b
 WHERE b.sha256 = %(sha256)s AND (b.status = 'done' OR NOT %(stands)s)
   AND b.source_id IN (SELECT source_id FROM reseller WHERE reseller_id = %(reseller_id)s)
 ORDER BY b.id DESC LIMIT 1

-- name: check_resold -- the parent's: whether a source brings a reseller's calls
SELECT EXISTS (SELECT 1 FROM reseller WHERE source_id = %(source_id)s)
