-- Makes the month partitions that [first, last] needs. Owner's rights: the application may not
-- create tables.
CREATE OR REPLACE FUNCTION public.tollwright_ensure_months(first timestamp with time zone, last timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
AS $function$
DECLARE
    month timestamptz := date_trunc('month', first);
    parent text;
    part text;
BEGIN
    IF first < '1990-01-01' OR last >= '2100-01-01' THEN
        RAISE EXCEPTION 'a call from % to % is outside 1990 to 2099', first, last
            USING ERRCODE = 'check_violation';
    END IF;
    WHILE month <= last LOOP
        FOREACH parent IN ARRAY ARRAY['call', 'charge'] LOOP
            part := parent || to_char(month, '_YYYY_MM');
            IF to_regclass('public.' || part) IS NULL THEN
                PERFORM pg_advisory_xact_lock(hashtext('tollwright_ensure_months'));
                EXECUTE format(
                    'CREATE TABLE IF NOT EXISTS public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
                    part, parent, month, month + interval '1 month');
            END IF;
        END LOOP;
        month := month + interval '1 month';
    END LOOP;
END $function$;
