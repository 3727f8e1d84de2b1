-- Audit: each row follows the one before.
CREATE OR REPLACE FUNCTION public.tollwright_audit_chains()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    last record;
BEGIN
    SELECT seq, hash INTO last FROM audit_entry
     WHERE tenant_id = NEW.tenant_id ORDER BY seq DESC LIMIT 1;
    IF NEW.seq <> COALESCE(last.seq, 0) + 1 OR NEW.previous_hash <> COALESCE(last.hash, '') THEN
        RAISE EXCEPTION 'audit row % of tenant % does not follow row %',
            NEW.seq, NEW.tenant_id, COALESCE(last.seq, 0) USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$;
