-- The differences that a file makes to the sums of days, until it is whole.

-- name: lock_usage -- one transaction at a time moves the tenant's sums of days, in any order of days
SELECT pg_advisory_xact_lock(hashtextextended('usage/' || %(tenant_id)s, 0))

-- name: create_usage -- where differences wait; they go with the transaction
CREATE TEMPORARY TABLE IF NOT EXISTS tw_usage (
    tenant_id bigint NOT NULL, customer_id bigint NOT NULL, campaign_id bigint NOT NULL,
    day date NOT NULL, currency text NOT NULL, calls bigint NOT NULL, answered bigint NOT NULL,
    answered_ms bigint NOT NULL, billed_s bigint NOT NULL, sell_micros bigint NOT NULL,
    buy_micros bigint NOT NULL, bought bigint NOT NULL
) ON COMMIT DROP

-- name: delete_staged_usage -- of days that are summed again from the rows that stand
DELETE FROM tw_usage u
 USING unnest(%(campaigns)s::bigint[], %(days)s::date[]) r (campaign_id, day)
 WHERE u.campaign_id = r.campaign_id AND u.day = r.day

-- name: fetch_usage_tenants -- whose differences wait
SELECT DISTINCT tenant_id FROM tw_usage

-- name: add_staged_usage -- the tenant's days grow by its differences
INSERT INTO usage_day (tenant_id, customer_id, campaign_id, day, currency, calls, answered,
                       answered_ms, billed_s, sell_micros, buy_micros, bought)
SELECT tenant_id, customer_id, campaign_id, day, currency, sum(calls), sum(answered),
       sum(answered_ms), sum(billed_s), sum(sell_micros), sum(buy_micros), sum(bought)
  FROM tw_usage WHERE tenant_id = %(tenant_id)s GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (tenant_id, campaign_id, day, currency) DO UPDATE SET
       calls = usage_day.calls + excluded.calls,
       answered = usage_day.answered + excluded.answered,
       answered_ms = usage_day.answered_ms + excluded.answered_ms,
       billed_s = usage_day.billed_s + excluded.billed_s,
       sell_micros = usage_day.sell_micros + excluded.sell_micros,
       buy_micros = usage_day.buy_micros + excluded.buy_micros,
       bought = usage_day.bought + excluded.bought

-- name: clear_usage -- they are folded
DELETE FROM tw_usage WHERE tenant_id = %(tenant_id)s
