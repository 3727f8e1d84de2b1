-- A parent charged a reseller's calls anew: the reseller's cost repeats it, in the same transaction.
-- A statement says whose tenant must be set. Every statement on call and charge names started_at.

-- name: create_resold_charges -- where charges of resellers' calls are kept meanwhile
CREATE TEMPORARY TABLE IF NOT EXISTS tw_resold_charges (
    reseller_id bigint, source_id bigint, call_key text, started_at timestamptz,
    card_version_id bigint, rate_no integer, billed_s integer, amount_micros bigint, prefix text
) ON COMMIT DROP

-- name: clear_resold_charges -- ready for the next charges
TRUNCATE tw_resold_charges

-- name: check_resellers -- the parent's: whether anybody buys from it
SELECT EXISTS (SELECT 1 FROM reseller)

-- name: insert_resold_charges -- the parent's: of these new charges, those of resellers' calls
INSERT INTO tw_resold_charges
SELECT s.reseller_id, split_part(c.call_key, '/', 1)::bigint,
       substr(c.call_key, strpos(c.call_key, '/') + 1), c.started_at, n.card_version_id,
       n.rate_no, n.billed_s, n.amount_micros, n.prefix
  FROM charge n
  JOIN call c ON c.id = n.call_id AND c.started_at = n.started_at
  JOIN (SELECT DISTINCT source_id, reseller_id FROM reseller) s ON s.source_id = c.source_id
 WHERE n.id = ANY(%(charges)s::bigint[]) AND n.leg = 'sell' AND n.level = 0
   AND n.started_at >= %(first)s AND n.started_at <= %(last)s
   AND c.started_at >= %(first)s AND c.started_at <= %(last)s

-- name: fetch_resellers -- whose calls those are
SELECT DISTINCT reseller_id FROM tw_resold_charges ORDER BY reseller_id

-- name: create_revised_costs -- where a reseller's costs are kept that follow
CREATE TEMPORARY TABLE IF NOT EXISTS tw_revised_costs (
    old_id bigint, new_id bigint, started_at timestamptz, card_version_id bigint, rate_no integer,
    billed_s integer, amount_micros bigint, prefix text
) ON COMMIT DROP

-- name: clear_revised_costs -- ready for the next reseller's
TRUNCATE tw_revised_costs

-- name: insert_revised_costs -- the child's: the costs that stand for those calls
WITH found AS MATERIALIZED (
    SELECT ch.id, ch.started_at, f.card_version_id, f.rate_no, f.billed_s, f.amount_micros,
           f.prefix, row_number() OVER (ORDER BY ch.id) - 1 AS place
      FROM tw_resold_charges f
      JOIN call c ON c.source_id = f.source_id AND c.call_key = f.call_key
                 AND c.started_at = f.started_at AND c.is_current
      JOIN charge ch ON ch.call_id = c.id AND ch.started_at = c.started_at
                    AND ch.leg = 'parent' AND ch.is_current
     WHERE f.reseller_id = tollwright_tenant()
       AND c.started_at >= %(first)s AND c.started_at <= %(last)s
       AND ch.started_at >= %(first)s AND ch.started_at <= %(last)s),
claimed AS MATERIALIZED (
    SELECT tollwright_claim_ids('charge', count(*)) AS first FROM found)
INSERT INTO tw_revised_costs
SELECT f.id, n.first + f.place, f.started_at, f.card_version_id, f.rate_no, f.billed_s,
       f.amount_micros, f.prefix
  FROM found f CROSS JOIN claimed n

-- name: retire_costs -- the child's: those as they were
UPDATE charge ch SET is_current = false FROM tw_revised_costs m
 WHERE ch.id = m.old_id AND ch.started_at = m.started_at
   AND ch.started_at >= %(first)s AND ch.started_at <= %(last)s

-- name: insert_costs -- the child's: what the parent charges now
INSERT INTO charge (id, call_id, started_at, rated_at, amount_micros, tenant_id, customer_id,
                    campaign_id, card_version_id, rate_no, billed_s, level, revision, leg, currency,
                    prefix)
SELECT m.new_id, ch.call_id, ch.started_at, %(at)s, m.amount_micros, ch.tenant_id, ch.customer_id,
       ch.campaign_id, m.card_version_id, m.rate_no, m.billed_s, ch.level, ch.revision + 1, ch.leg,
       ch.currency, m.prefix
  FROM tw_revised_costs m JOIN charge ch ON ch.id = m.old_id AND ch.started_at = m.started_at
 WHERE ch.started_at >= %(first)s AND ch.started_at <= %(last)s

-- name: add_cost_changes -- the child's: the costs of its days follow
UPDATE usage_day u SET buy_micros = u.buy_micros + d.micros
  FROM (SELECT ch.campaign_id, (ch.started_at AT TIME ZONE t.timezone)::date AS day, ch.currency,
               sum(m.amount_micros - ch.amount_micros)::bigint AS micros
          FROM tw_revised_costs m
          JOIN charge ch ON ch.id = m.old_id AND ch.started_at = m.started_at
          JOIN tenant t ON t.id = ch.tenant_id
         WHERE ch.started_at >= %(first)s AND ch.started_at <= %(last)s
         GROUP BY 1, 2, 3) d
 WHERE (u.campaign_id, u.day, u.currency) = (d.campaign_id, d.day, d.currency)

-- name: sum_changes -- the child's: what the costs came to and come to, by currency
SELECT ch.currency, count(*) AS calls, sum(ch.amount_micros)::bigint AS old_micros,
       sum(m.amount_micros)::bigint AS new_micros
  FROM tw_revised_costs m JOIN charge ch ON ch.id = m.old_id AND ch.started_at = m.started_at
 WHERE ch.started_at >= %(first)s AND ch.started_at <= %(last)s
 GROUP BY 1 ORDER BY 1

-- name: fetch_parent_charge -- the parent's: the charge that a reseller's cost repeats, the latest that says the same
SELECT ch.id AS charge_id, ch.started_at
  FROM call c
  JOIN charge ch ON ch.call_id = c.id AND ch.started_at = c.started_at
 WHERE c.call_key = %(call_key)s AND c.started_at = %(started_at)s
   AND c.source_id IN (SELECT source_id FROM reseller WHERE reseller_id = %(reseller_id)s)
   AND ch.leg = 'sell' AND ch.level = 0 AND ch.rated_at <= %(rated_at)s
   AND ch.started_at = %(started_at)s
 ORDER BY (ch.amount_micros = %(amount_micros)s AND ch.card_version_id = %(card_version_id)s
           AND ch.rate_no = %(rate_no)s AND ch.billed_s = %(billed_s)s) DESC,
          ch.rated_at DESC, ch.revision DESC LIMIT 1
