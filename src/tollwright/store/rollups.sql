-- Whether the sums of days still equal the rows that they sum.

-- name: fetch_differences -- days on which a sum differs from its charges, the first of them
WITH counted AS (
    SELECT campaign_id, (started_at AT TIME ZONE %(zone)s)::date AS day, currency,
           coalesce(sum(amount_micros) FILTER (WHERE leg = 'sell'), 0)::bigint AS sell_micros,
           coalesce(sum(amount_micros) FILTER (WHERE leg <> 'sell'), 0)::bigint AS buy_micros
      FROM charge
     WHERE tenant_id = %(tenant_id)s AND is_current AND campaign_id IS NOT NULL
       AND started_at >= %(first)s AND started_at < %(last)s
     GROUP BY 1, 2, 3
), kept AS (
    SELECT campaign_id, day, currency, sell_micros, buy_micros
      FROM usage_day
     WHERE tenant_id = %(tenant_id)s
       AND day >= (%(first)s AT TIME ZONE %(zone)s)::date
       AND day < (%(last)s AT TIME ZONE %(zone)s)::date
)
SELECT campaign_id, day, currency,
       coalesce(k.sell_micros, 0) AS kept_sell_micros, coalesce(c.sell_micros, 0) AS sell_micros,
       coalesce(k.buy_micros, 0) AS kept_buy_micros, coalesce(c.buy_micros, 0) AS buy_micros
  FROM counted c FULL JOIN kept k USING (campaign_id, day, currency)
 WHERE coalesce(k.sell_micros, 0) <> coalesce(c.sell_micros, 0)
    OR coalesce(k.buy_micros, 0) <> coalesce(c.buy_micros, 0)
 ORDER BY day, campaign_id, currency LIMIT %(most)s
