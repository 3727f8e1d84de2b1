-- Numbers: a series starts at 0 and goes up by one, its days never go back; it is never deleted.
CREATE OR REPLACE FUNCTION public.tollwright_series_counts()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.last_number = 0 THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.last_number = OLD.last_number + 1
       AND to_jsonb(NEW) - 'last_number' - 'last_on' = to_jsonb(OLD) - 'last_number' - 'last_on'
       AND coalesce(NEW.last_on >= OLD.last_on, OLD.last_on IS NULL) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a number series starts at 0 and counts up by one: % refused', TG_OP
        USING ERRCODE = 'check_violation';
END $function$;
