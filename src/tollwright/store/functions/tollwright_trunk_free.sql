-- One trunk leads to one carrier at a time.
CREATE OR REPLACE FUNCTION public.tollwright_trunk_free()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    taken record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.tenant_id || '/trunk/' || NEW.value, 0));
    SELECT carrier_id, valid_from INTO taken FROM trunk
     WHERE tenant_id = NEW.tenant_id AND value = NEW.value AND id <> NEW.id
       AND tstzrange(valid_from, valid_to) && tstzrange(NEW.valid_from, NEW.valid_to) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'trunk % already leads to carrier % from %',
            NEW.value, taken.carrier_id, taken.valid_from USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NEW;
END $function$;
