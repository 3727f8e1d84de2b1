-- Nothing comes onto a finalised invoice either: a line or a tax by moving there, a charge by
-- naming one of its lines.
CREATE OR REPLACE FUNCTION public.tollwright_parts_of_finalised_stay()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    invoices bigint[] := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.invoice_id]
                                    WHEN 'DELETE' THEN ARRAY[OLD.invoice_id]
                                    ELSE ARRAY[OLD.invoice_id, NEW.invoice_id] END;
    fixed bigint;
BEGIN
    SELECT i.id INTO fixed FROM invoice i
     WHERE i.id = ANY(invoices) AND i.status <> 'draft' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% of finalised invoice % is fixed: % refused',
            TG_TABLE_NAME, fixed, TG_OP USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $function$;
