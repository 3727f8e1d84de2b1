-- A proposal is decided once, and what it proposes never changes.
CREATE OR REPLACE FUNCTION public.tollwright_proposal_decided_once()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    moves text[] := ARRAY['status', 'decided_at', 'decided_by', 'pending'];
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - moves = to_jsonb(NEW) - moves
       AND coalesce(to_jsonb(OLD) ->> 'status', 'proposed') = 'proposed'
       AND coalesce((to_jsonb(OLD) ->> 'pending')::boolean, true) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% % is decided or fixed: % refused', TG_TABLE_NAME, OLD.id, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $function$;
