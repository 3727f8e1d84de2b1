-- What a call costs the provider: the legs of carriers and of a parent, beside the customer's.
-- Every statement on call and charge names started_at.

-- name: check_costs_wanted -- whether calls of the tenant may cost it anything
SELECT EXISTS (SELECT 1 FROM trunk) OR EXISTS (
       SELECT 1 FROM tenant WHERE id = tollwright_tenant() AND parent_id IS NOT NULL)

-- name: create_legs -- where COPY may write
CREATE TEMPORARY TABLE IF NOT EXISTS tw_legs (
    charge_id bigint, call_id bigint, started_at timestamptz, customer_id bigint, campaign_id bigint,
    card_version_id bigint, rate_no integer, billed_s integer, amount_micros bigint,
    level smallint, leg text, currency text, prefix text
) ON COMMIT DROP

-- name: clear_legs -- ready for the next rows
TRUNCATE tw_legs

-- name: copy_legs -- a portion's legs
COPY tw_legs FROM STDIN (FORMAT BINARY)

-- name: insert_charges -- from the staged rows
INSERT INTO charge (id, call_id, started_at, rated_at, amount_micros, tenant_id, customer_id,
                    campaign_id, card_version_id, rate_no, billed_s, level, leg, currency, prefix)
SELECT l.charge_id, l.call_id, l.started_at, %(at)s, l.amount_micros, %(tenant_id)s, l.customer_id, l.campaign_id,
       l.card_version_id, l.rate_no, l.billed_s, l.level, l.leg, l.currency, l.prefix
  FROM tw_legs l

-- name: add_costs -- the day's costs will grow by the staged rows
INSERT INTO tw_usage
SELECT %(tenant_id)s, customer_id, campaign_id,
       (l.started_at AT TIME ZONE %(zone)s)::date, currency, 0, 0, 0, 0, 0, sum(amount_micros), count(*)
  FROM tw_legs l GROUP BY 2, 3, 4, 5

-- name: sum_costs -- the costs of some campaigns' days, from the rows that stand
INSERT INTO usage_day (tenant_id, customer_id, campaign_id, day, currency, calls, answered,
                       answered_ms, billed_s, sell_micros, buy_micros, bought)
SELECT %(tenant_id)s, c.customer_id, c.campaign_id, r.day, ch.currency, 0, 0, 0, 0, 0,
       sum(ch.amount_micros), count(*)
  FROM unnest(%(campaigns)s::bigint[], %(days)s::date[]) r (campaign_id, day)
  JOIN campaign ca ON ca.id = r.campaign_id
  JOIN call c ON c.customer_id = ca.customer_id AND c.campaign_id = r.campaign_id AND c.is_current
             AND c.started_at >= r.day::timestamp AT TIME ZONE %(zone)s
             AND c.started_at < (r.day + 1)::timestamp AT TIME ZONE %(zone)s
             AND c.started_at >= %(first)s AND c.started_at < %(last)s
  JOIN charge ch ON ch.call_id = c.id AND ch.started_at = c.started_at
                AND ch.is_current AND ch.leg IN ('buy', 'parent')
                AND ch.started_at >= %(first)s AND ch.started_at < %(last)s
 GROUP BY c.customer_id, c.campaign_id, r.day, ch.currency
    ON CONFLICT (tenant_id, campaign_id, day, currency) DO UPDATE SET
       buy_micros = excluded.buy_micros, bought = excluded.bought

-- name: fetch_batches_without_cost -- batches with answered calls that cost the provider nothing yet
SELECT DISTINCT c.batch_id, c.source_id
  FROM call c
 WHERE c.is_current AND c.answered_at IS NOT NULL AND c.tenant_id = tollwright_tenant()
   AND c.started_at >= %(first)s AND c.started_at < %(last)s
   AND NOT EXISTS (SELECT 1 FROM charge ch
                    WHERE ch.call_id = c.id AND ch.started_at = c.started_at AND ch.is_current
                      AND ch.leg IN ('buy', 'parent')
                      AND ch.started_at >= %(first)s AND ch.started_at < %(last)s)
 ORDER BY 1

-- name: fetch_calls_without_cost -- those calls of one batch, as legs are priced from
SELECT c.id AS call_id, (extract(epoch FROM c.started_at) * 1000000)::bigint AS started_us,
       (extract(epoch FROM c.answered_at) * 1000000)::bigint AS answered_us, c.answered_ms,
       c.customer_id, c.campaign_id, c.caller, c.called, c.trunk, c.cause, c.disposition
  FROM call c
 WHERE c.batch_id = %(batch_id)s AND c.is_current AND c.answered_at IS NOT NULL
   AND c.started_at >= %(first)s AND c.started_at < %(last)s
   AND NOT EXISTS (SELECT 1 FROM charge ch
                    WHERE ch.call_id = c.id AND ch.started_at = c.started_at AND ch.is_current
                      AND ch.leg IN ('buy', 'parent')
                      AND ch.started_at >= %(first)s AND ch.started_at < %(last)s)
 ORDER BY c.started_at, c.id
