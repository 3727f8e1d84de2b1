-- An entry has postings, and they sum to zero. Looked at when the transaction commits, whatever tenant
-- is set by then.
CREATE OR REPLACE FUNCTION public.tollwright_entry_balances()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    checked bigint := CASE TG_TABLE_NAME WHEN 'entry' THEN NEW.id
                      ELSE (to_jsonb(NEW) ->> 'entry_id')::bigint END;
    stray record;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM posting WHERE entry_id = checked) THEN
        RAISE EXCEPTION 'ledger entry % has no postings', checked USING ERRCODE = 'check_violation';
    END IF;
    SELECT a.currency, sum(p.amount_micros) AS off INTO stray
      FROM posting p JOIN account a ON a.id = p.account_id
     WHERE p.entry_id = checked GROUP BY a.currency HAVING sum(p.amount_micros) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger entry % is off by % micros %', checked, stray.off, stray.currency
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $function$;
