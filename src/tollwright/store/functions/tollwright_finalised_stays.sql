-- A finalised invoice keeps its content; its status and what is paid move on.
CREATE OR REPLACE FUNCTION public.tollwright_finalised_stays()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    was jsonb := to_jsonb(OLD) - ARRAY['status', 'paid_micros', 'void_reason'];
BEGIN
    IF OLD.status = 'draft' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' OR was <> to_jsonb(NEW) - ARRAY['status', 'paid_micros', 'void_reason']
       OR NEW.status = 'draft' THEN
        RAISE EXCEPTION 'invoice % is finalised: its content is fixed, correct it by a credit note',
            OLD.number USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $function$;
