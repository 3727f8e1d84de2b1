-- Takes `count` ids of calls or charges that follow one another, the first of them; NULL for none.
-- The next free id is the sequence's last value and its increment. The lock is the session's and
-- held for the two steps alone: the transaction's would have every other file wait for the commit.
-- Owner's rights: setval asks for more than the application may do.
CREATE OR REPLACE FUNCTION public.tollwright_claim_ids(kind text, count bigint)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    block regclass;
    key bigint;
    found bigint;
BEGIN
    IF count < 1 THEN
        RETURN NULL;
    END IF;
    block := CASE kind WHEN 'call' THEN 'public.call_id_block'::regclass
                       WHEN 'charge' THEN 'public.charge_id_block'::regclass END;
    key := hashtextextended('tollwright_claim_ids/' || kind, 0);
    PERFORM pg_advisory_lock(key);
    found := nextval(block);
    PERFORM setval(block, found + count - 65536);
    PERFORM pg_advisory_unlock(key);
    RETURN found;
EXCEPTION WHEN query_canceled OR OTHERS THEN
    PERFORM pg_advisory_unlock(key);
    RAISE;
END $function$;
