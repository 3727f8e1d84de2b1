-- A fee's days are counted on the calendar of the invoice that bills them: a customer who moves to
-- another zone has neither a day twice nor one that blocks billing. A day that was given back may
-- be billed again.
CREATE OR REPLACE FUNCTION public.tollwright_fee_once()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
    before record;
BEGIN
    IF NEW.fee_id IS NULL OR NEW.kind = 'correction' THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(
        hashtextextended('fee/' || NEW.subscription_id || '/' || NEW.fee_id, 0));
    WITH billed AS (
        SELECT i.id, i.number, CASE l.kind WHEN 'correction' THEN -1 ELSE 1 END AS times,
               (l.period_from AT TIME ZONE i.period_zone)::date AS first,
               (l.period_to AT TIME ZONE i.period_zone)::date AS until
          FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id
         WHERE (l.subscription_id, l.fee_id) = (NEW.subscription_id, NEW.fee_id)
           AND i.status <> 'void' AND l.id <> NEW.id),
    wanted AS (
        SELECT day::date FROM invoice i CROSS JOIN LATERAL generate_series(
                   (NEW.period_from AT TIME ZONE i.period_zone)::date,
                   (NEW.period_to AT TIME ZONE i.period_zone)::date - 1, interval '1 day') AS day
         WHERE i.id = NEW.invoice_id AND NEW.kind <> 'registration')
    SELECT max(b.id) AS id, max(b.number) AS number INTO before
      FROM billed b LEFT JOIN wanted w ON w.day >= b.first AND w.day < b.until
     WHERE NEW.kind = 'registration' OR w.day IS NOT NULL
     GROUP BY w.day HAVING sum(b.times) > 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'fee % of subscription % is already on invoice %', NEW.fee_id,
            NEW.subscription_id, COALESCE(before.number, 'draft ' || before.id)
            USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END $function$;
