-- Nothing of a payment that was taken back settles anything, now or later.
CREATE OR REPLACE FUNCTION public.tollwright_reversed_settles_nothing()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    used numeric;
BEGIN
    SELECT sum(a.amount_micros) INTO used FROM allocation a
     WHERE a.payment_id = NEW.payment_id
       AND EXISTS (SELECT 1 FROM payment_change c
                    WHERE c.payment_id = NEW.payment_id AND c.kind = 'reversal');
    IF used <> 0 THEN
        RAISE EXCEPTION 'payment % is reversed and has % micros allocated', NEW.payment_id, used
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $function$;
