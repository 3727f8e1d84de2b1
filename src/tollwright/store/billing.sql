-- Charges and the invoice lines that they stand on. Sets, never rows one by one: an invoice may
-- stand on millions of calls. Every statement on charge names started_at, its partition key, and takes
-- the ids of lines first: joined, lines without statistics make the planner read whole months.

-- name: fetch_unbilled_since -- per currency the first call that costs something and that no invoice
-- carries yet
SELECT currency, min(started_at) AS since FROM charge
 WHERE customer_id = %(customer_id)s AND leg = 'sell' AND is_current AND invoice_line_id IS NULL
   AND amount_micros <> 0 AND started_at < %(until)s
 GROUP BY currency ORDER BY currency;

-- name: fetch_unbilled_campaigns -- the campaigns with calls for this draft, in order of their names; one
-- walk over the charges, not one for each campaign
SELECT k.id AS campaign_id, k.name
  FROM (SELECT DISTINCT c.campaign_id FROM charge c
         WHERE c.customer_id = %(customer_id)s AND c.leg = 'sell' AND c.is_current
           AND c.invoice_line_id IS NULL AND c.currency = %(currency)s
           AND NOT c.campaign_id = ANY(%(held)s)
           AND c.started_at >= %(since)s AND c.started_at < %(until)s
           AND (c.amount_micros <> 0 OR c.started_at >= %(own_since)s)) found
  JOIN campaign k ON k.id = found.campaign_id AND k.customer_id = %(customer_id)s
 ORDER BY k.name, k.id;

-- name: release_stale_charges -- let go of charges that were re-rated, or do not belong to the period;
-- one of an earlier period that costs nothing does not either
UPDATE charge SET invoice_line_id = NULL
 WHERE invoice_line_id = ANY (ARRAY(SELECT id FROM invoice_line
                                     WHERE invoice_id = %(invoice_id)s AND kind = 'usage'))
   AND (NOT is_current OR campaign_id = ANY(%(held)s)
        OR started_at < %(since)s OR started_at >= %(until)s
        OR (amount_micros = 0 AND started_at < %(own_since)s));

-- name: release_taxed_otherwise -- let go of charges on lines of another tax than they have
UPDATE charge SET invoice_line_id = NULL
 WHERE invoice_line_id = ANY (ARRAY(SELECT id FROM invoice_line
                                     WHERE invoice_id = %(invoice_id)s AND kind = 'usage'
                                       AND (tax_category, tax_rate)
                                           <> (%(tax_category)s, %(tax_rate)s)))
   AND started_at >= %(since)s AND started_at < %(until)s;

-- name: fetch_usage_lines -- the draft's line of each campaign that is not held, of this tax
SELECT id AS line_id, campaign_id FROM invoice_line
 WHERE invoice_id = %(invoice_id)s AND kind = 'usage' AND NOT campaign_id = ANY(%(held)s)
   AND (tax_category, tax_rate) = (%(tax_category)s, %(tax_rate)s)
 ORDER BY id;

-- name: mark_charges -- put each unbilled charge on its campaign's usage line; the lines come in arrays,
-- so that one walk over the customer's unbilled charges is the only plan
UPDATE charge c
   SET invoice_line_id = (%(lines)s::bigint[])[array_position(%(campaigns)s::bigint[], c.campaign_id)]
 WHERE c.customer_id = %(customer_id)s AND c.leg = 'sell' AND c.is_current
   AND c.invoice_line_id IS NULL AND c.currency = %(currency)s
   AND c.campaign_id = ANY(%(campaigns)s::bigint[])
   AND c.started_at >= %(since)s AND c.started_at < %(until)s
   AND (c.amount_micros <> 0 OR c.started_at >= %(own_since)s);

-- name: sum_lines -- a usage line is the sum of its charges
UPDATE invoice_line l
   SET calls = s.calls, billed_s = s.billed_s, amount_micros = s.amount_micros
  FROM invoice_line u
 CROSS JOIN LATERAL (
       SELECT count(*) AS calls, coalesce(sum(c.billed_s), 0)::bigint AS billed_s,
              coalesce(sum(c.amount_micros), 0)::bigint AS amount_micros
         FROM charge c
        WHERE c.invoice_line_id = u.id AND c.started_at >= %(since)s
          AND c.started_at < %(until)s) s
 WHERE u.invoice_id = %(invoice_id)s AND u.kind = 'usage' AND l.id = u.id;

-- name: insert_usage_line -- a line that a campaign's charges can stand on; its place comes later
INSERT INTO invoice_line (tenant_id, invoice_id, position, kind, campaign_id, description,
                          period_from, period_to, calls, billed_s, amount_micros,
                          tax_category, tax_rate)
SELECT i.tenant_id, i.id, (SELECT coalesce(max(position), 0) + 1 FROM invoice_line
                            WHERE invoice_id = i.id),
       'usage', k.id, left(k.name, 300),
       coalesce(i.period_first::timestamp AT TIME ZONE i.period_zone, i.period_from), i.period_to,
       0, 0, 0, %(tax_category)s, %(tax_rate)s
  FROM invoice i, campaign k
 WHERE i.id = %(invoice_id)s AND k.id = %(campaign_id)s
   AND NOT EXISTS (SELECT 1 FROM invoice_line l WHERE l.invoice_id = i.id AND l.kind = 'usage'
                      AND l.campaign_id = k.id
                      AND (l.tax_category, l.tax_rate) = (%(tax_category)s, %(tax_rate)s));

-- name: delete_unused_lines -- a campaign whose calls have all gone elsewhere has no line
DELETE FROM invoice_line WHERE invoice_id = %(invoice_id)s AND kind = 'usage' AND calls = 0;

-- name: number_lines -- fees first, then usage; negative for a moment, since places are unique
UPDATE invoice_line l SET position = -s.place
  FROM (SELECT id, row_number() OVER (
                 ORDER BY array_position(ARRAY['registration', 'subscription', 'support',
                                               'correction', 'usage'], kind::text),
                          subscription_id, fee_id, period_from, description, id) AS place
          FROM invoice_line WHERE invoice_id = %(invoice_id)s) s
 WHERE l.id = s.id;

-- name: settle_numbers -- turn the places of place_lines positive
UPDATE invoice_line SET position = -position WHERE invoice_id = %(invoice_id)s;

-- name: lock_outdated_lines -- usage lines that differ from their charges, which are held from here on
SELECT l.position FROM invoice_line l
  LEFT JOIN LATERAL (
      SELECT count(*) AS calls, coalesce(sum(h.billed_s), 0) AS billed_s,
             coalesce(sum(h.amount_micros), 0) AS amount_micros,
             coalesce(bool_and(h.is_current), true) AS current
        FROM (SELECT c.billed_s, c.amount_micros, c.is_current FROM charge c
               WHERE c.invoice_line_id = l.id AND c.started_at < %(until)s FOR SHARE) h) s ON true
 WHERE l.invoice_id = %(invoice_id)s AND l.kind = 'usage'
   AND ((l.calls, l.billed_s, l.amount_micros) IS DISTINCT FROM
        (s.calls, s.billed_s, s.amount_micros) OR NOT s.current)
 ORDER BY l.position;

-- name: release_charges -- let go of all charges of an invoice that is void or a draft to drop
UPDATE charge SET invoice_line_id = NULL
 WHERE invoice_line_id = ANY (ARRAY(SELECT id FROM invoice_line
                                     WHERE invoice_id = %(invoice_id)s AND kind = 'usage'))
   AND started_at < %(until)s;

-- name: count_rerated -- how many charges stand on a note's lines: those that a re-rating put there
SELECT count(*) FROM charge
 WHERE invoice_line_id = ANY (ARRAY(SELECT id FROM invoice_line
                                     WHERE invoice_id = %(invoice_id)s AND kind = 'correction'))
   AND started_at < %(until)s;

-- name: lock_numbers -- one transaction at a time issues documents of a tenant
SELECT pg_advisory_xact_lock(hashtextextended('numbers/' || %(tenant_id)s, 0));

-- name: take_number -- the series' row stays locked until the number's document is committed
UPDATE number_series SET last_number = last_number + 1,
       last_on = greatest(last_on, %(day)s::date)
 WHERE legal_entity_id = %(legal_entity_id)s AND document_type = %(document_type)s
   AND year = %(year)s
RETURNING last_number;

-- name: fetch_last_day -- of the entity's documents of the type, whatever their year
SELECT max(last_on) FROM number_series
 WHERE legal_entity_id = %(legal_entity_id)s AND document_type = %(document_type)s;

-- name: insert_series -- the first document of its type and year
INSERT INTO number_series (tenant_id, legal_entity_id, document_type, year, last_number)
VALUES (%(tenant_id)s, %(legal_entity_id)s, %(document_type)s, %(year)s, 0)
ON CONFLICT (legal_entity_id, document_type, year) DO NOTHING;

-- name: sum_destinations -- what a line's charges come to per destination, largest first
SELECT coalesce(nullif(r.name, ''), nullif(c.prefix, ''), '') AS destination,
       count(*) AS calls, sum(c.billed_s)::bigint AS billed_s,
       sum(c.amount_micros)::bigint AS amount_micros
  FROM charge c LEFT JOIN rate r ON r.version_id = c.card_version_id AND r.row_no = c.rate_no
 WHERE c.invoice_line_id = %(line_id)s AND c.started_at < %(until)s
 GROUP BY 1 ORDER BY 4 DESC, 1;

-- name: fetch_calls -- the calls of a line as the itemised document prints them, in order of time
SELECT k.started_at, k.caller, k.called,
       coalesce(nullif(r.name, ''), nullif(c.prefix, ''), '') AS destination,
       k.answered_ms, c.billed_s, c.amount_micros, c.id AS charge_id, c.call_id
  FROM charge c
  JOIN call k ON k.id = c.call_id AND k.started_at = c.started_at
  LEFT JOIN rate r ON r.version_id = c.card_version_id AND r.row_no = c.rate_no
 WHERE c.invoice_line_id = %(line_id)s AND c.started_at < %(until)s
 ORDER BY c.started_at, c.call_id LIMIT %(limit)s OFFSET %(offset)s;
