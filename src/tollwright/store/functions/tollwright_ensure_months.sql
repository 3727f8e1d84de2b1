-- Makes the month partitions that [first, last] needs; those that are there cost a look. Owner's
-- rights: the application may not create tables. LIKE and ATTACH, because CREATE ... PARTITION OF
-- would keep every reader of every month waiting until the transaction ends. What is there is asked
-- of pg_class: to_regclass may still answer from before the lock.
CREATE OR REPLACE FUNCTION public.tollwright_ensure_months(first timestamp with time zone, last timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
AS $function$
DECLARE
    month timestamptz := date_trunc('month', first);
    upto timestamptz;
    parent text;
    part text;
BEGIN
    IF first < '1990-01-01' OR last >= '2100-01-01' THEN
        RAISE EXCEPTION 'a call from % to % is outside 1990 to 2099', first, last
            USING ERRCODE = 'check_violation';
    END IF;
    WHILE month <= last LOOP
        upto := month + interval '1 month';
        FOREACH parent IN ARRAY ARRAY['call', 'charge'] LOOP
            part := parent || to_char(month, '_YYYY_MM');
            PERFORM FROM pg_class WHERE relname = part AND relnamespace = 'public'::regnamespace;
            CONTINUE WHEN FOUND;
            PERFORM pg_advisory_xact_lock(hashtext('tollwright_ensure_months'));
            PERFORM FROM pg_class WHERE relname = part AND relnamespace = 'public'::regnamespace;
            IF NOT FOUND THEN  -- nobody made it meanwhile
                EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING ALL)', part, parent);
                EXECUTE format(
                    'ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                    parent, part, month, upto);
            END IF;
        END LOOP;
        month := upto;
    END LOOP;
END $function$;
