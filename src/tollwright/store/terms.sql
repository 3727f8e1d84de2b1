-- name: fetch_identifiers -- how calls find their campaign
SELECT kind, value, valid_from, valid_to, campaign_id
  FROM identifier ORDER BY kind, value, valid_from

-- name: fetch_campaigns -- whose they are, and what their customer pays in
SELECT ca.id, ca.customer_id, ca.code, cu.code AS customer_code, cu.currency, cu.timezone AS zone,
       cu.created_at AS customer_since, cu.billing_anchor
  FROM campaign ca JOIN customer cu ON cu.id = ca.customer_id

-- name: fetch_rules -- the platform's and this tenant's rows of the settings that rating asks for
SELECT id, tenant_id, customer_id, campaign_id, setting, value::text AS value, locked,
       effective_from, set_at, set_by
  FROM rule WHERE setting = ANY(%(settings)s) ORDER BY id

-- name: fetch_subscriptions -- who is on which plan version, from the first to the last day
SELECT s.customer_id, s.campaign_id, v.id AS plan_version_id, v.card_id, s.starts_on, s.ends_on,
       v.pricing, v.markup_ppm, v.fixed_micros, v.floor_micros, v.cap_micros
  FROM subscription s
  JOIN plan_version v ON v.id = s.version_id
 ORDER BY s.starts_on, s.id

-- name: fetch_issued_periods -- periods of these customers' invoices that stand, in all currencies
SELECT customer_id, period_from AS since, period_to AS until, period_zone AS zone,
       coalesce(period_first, (period_from AT TIME ZONE period_zone)::date) AS first,
       coalesce(period_last + 1, (period_to AT TIME ZONE period_zone)::date) AS "end"
  FROM invoice
 WHERE customer_id = ANY(%(customers)s) AND document_type = 'invoice'
   AND NOT at_start AND status NOT IN ('draft', 'void')
 ORDER BY customer_id, period_from, id

-- name: fetch_cards -- published versions of every sell card, in the order in which they hold
SELECT c.id AS card_id, c.code, c.currency, v.id AS version_id, v.number, v.effective_from,
       v.content_hash, v.published_at,
       v.options ? 'allowances' AND v.options -> 'allowances' <> '[]' AS has_allowances
  FROM rate_card c
  LEFT JOIN card_version v ON v.card_id = c.id AND v.status = 'published'
 WHERE c.side = 'sell'
 ORDER BY c.id, v.effective_from, v.number

-- name: fetch_card_options -- a version's settings: the card file without its rates
SELECT v.options::text AS options, c.side, c.currency
  FROM card_version v JOIN rate_card c ON c.id = v.card_id WHERE v.id = %(version_id)s

-- name: fetch_charge -- a charge with its call, its card and what it was rated by; a parent's card is
-- not seen here
SELECT ch.id, ch.started_at, ch.leg, ch.level, ch.revision, ch.is_current, ch.campaign_id,
       ch.card_version_id, ch.plan_version_id, ch.rate_no, ch.billed_s, ch.amount_micros,
       ch.currency, ch.rated_at, c.id AS call_id, c.call_key, c.answered_at, c.answered_ms,
       c.caller, c.called, c.cause, c.disposition, coalesce(k.code, '') AS card_code,
       coalesce(v.number, 0) AS version_number, coalesce(v.content_hash, '') AS content_hash,
       c.source_id, c.trunk, ch.tenant_id
  FROM charge ch
  JOIN call c ON c.id = ch.call_id AND c.started_at = ch.started_at
  LEFT JOIN card_version v ON v.id = ch.card_version_id
  LEFT JOIN rate_card k ON k.id = v.card_id
 WHERE ch.id = %(charge_id)s AND ch.started_at >= %(first)s AND ch.started_at < %(last)s

-- name: fetch_cost_plus -- how a plan version prices from the cost; no row where it prices by its card
SELECT markup_ppm, fixed_micros, floor_micros, cap_micros
  FROM plan_version WHERE id = %(plan_version_id)s AND pricing = 'cost_plus'

-- name: fetch_costs -- what a call cost the provider, by every revision, in the order of their rating
SELECT ch.id, ch.leg, ch.amount_micros, ch.currency, ch.rated_at,
       coalesce(k.code, '') AS card_code, coalesce(v.number, 0) AS version_number
  FROM charge ch
  LEFT JOIN card_version v ON v.id = ch.card_version_id
  LEFT JOIN rate_card k ON k.id = v.card_id
 WHERE ch.call_id = %(call_id)s AND ch.started_at = %(started_at)s AND ch.leg IN ('buy', 'parent')
 ORDER BY ch.rated_at, ch.id
