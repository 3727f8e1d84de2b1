-- An invoice is written off exactly while something of it is.
CREATE OR REPLACE FUNCTION public.tollwright_written_off_adds_up()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    checked bigint := CASE TG_TABLE_NAME WHEN 'invoice' THEN NEW.id
                      ELSE (to_jsonb(NEW) ->> 'invoice_id')::bigint END;
    off numeric;
    stands text;
BEGIN
    SELECT coalesce(sum(w.amount_micros), 0) INTO off FROM write_off w WHERE w.invoice_id = checked;
    SELECT i.status INTO stands FROM invoice i WHERE i.id = checked;
    IF off < 0 OR (off > 0) <> (stands = 'written_off') THEN
        RAISE EXCEPTION 'invoice % is % with % micros written off', checked, stands, off
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $function$;
