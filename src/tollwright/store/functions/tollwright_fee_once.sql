-- A fee bills each of its days once, and what is due once is billed once for a customer (or one of
-- its campaigns) and plan, whatever version. A void document's lines stay but no longer count, which
-- a unique index cannot say. Days are those of the calendar of the document that bills them; days
-- that were given back may be billed again, days whose give-back was taken back may not.
CREATE OR REPLACE FUNCTION public.tollwright_fee_once()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    before record;
BEGIN
    IF NEW.fee_id IS NULL OR NEW.kind = 'correction' THEN
        RETURN NEW;
    END IF;
    IF NEW.period_from IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(
            'fee once/' || s.customer_id || '/' || coalesce(s.campaign_id, 0) || '/' || v.plan_id, 0))
           FROM subscription s JOIN plan_version v ON v.id = s.version_id
          WHERE s.id = NEW.subscription_id;
        SELECT i.id, i.number INTO before
          FROM subscription own
          JOIN plan_version ours ON ours.id = own.version_id
          JOIN subscription s ON s.customer_id = own.customer_id
                             AND s.campaign_id IS NOT DISTINCT FROM own.campaign_id
          JOIN plan_version v ON v.id = s.version_id AND v.plan_id = ours.plan_id
          JOIN invoice_line l ON l.subscription_id = s.id AND l.fee_id IS NOT NULL
                             AND l.period_from IS NULL AND l.id <> NEW.id
          JOIN invoice i ON i.id = l.invoice_id AND i.status <> 'void'
         WHERE own.id = NEW.subscription_id
           AND (l.fee_id = NEW.fee_id OR l.subscription_id <> NEW.subscription_id)
         LIMIT 1;
    ELSE
        PERFORM pg_advisory_xact_lock(
            hashtextextended('fee/' || NEW.subscription_id || '/' || NEW.fee_id, 0));
        WITH billed AS (
            SELECT i.id, i.number,
                   CASE l.kind WHEN 'correction' THEN sign(l.amount_micros) ELSE 1 END AS times,
                   (l.period_from AT TIME ZONE i.period_zone)::date AS first,
                   (l.period_to AT TIME ZONE i.period_zone)::date AS until
              FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id
             WHERE (l.subscription_id, l.fee_id) = (NEW.subscription_id, NEW.fee_id)
               AND i.status <> 'void' AND l.id <> NEW.id),
        wanted AS (
            SELECT day::date FROM invoice i CROSS JOIN LATERAL generate_series(
                       (NEW.period_from AT TIME ZONE i.period_zone)::date,
                       (NEW.period_to AT TIME ZONE i.period_zone)::date - 1, interval '1 day') AS day
             WHERE i.id = NEW.invoice_id)
        SELECT max(b.id) AS id, max(b.number) AS number INTO before
          FROM billed b JOIN wanted w ON w.day >= b.first AND w.day < b.until
         GROUP BY w.day HAVING sum(b.times) > 0 LIMIT 1;
    END IF;
    IF FOUND THEN
        RAISE EXCEPTION 'fee % of subscription % is already on invoice %', NEW.fee_id,
            NEW.subscription_id, COALESCE(before.number, 'draft ' || before.id)
            USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END $function$;
