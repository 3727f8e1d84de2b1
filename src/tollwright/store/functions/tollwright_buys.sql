-- A carrier takes its money by a buy card, never by one that customers pay by.
CREATE OR REPLACE FUNCTION public.tollwright_buys()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM rate_card WHERE id = NEW.card_id AND side = 'buy') THEN
        RAISE EXCEPTION 'card % is no buy card', NEW.card_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$;
