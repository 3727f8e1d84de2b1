-- A published version is as it is; only a draft's columns, rates and fees move.
CREATE OR REPLACE FUNCTION public.tollwright_published_stays()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF OLD.status = 'published' THEN
        RAISE EXCEPTION '% % is published: % refused', TG_TABLE_NAME, OLD.id, TG_OP
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $function$;
