-- No payment settles more than it is, no invoice is settled beyond its total, and paid_micros is
-- the sum of its allocations.
CREATE OR REPLACE FUNCTION public.tollwright_allocations_fit()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    paid record;
    billed record;
    given record;
BEGIN
    SELECT p.amount_micros AS most, sum(a.amount_micros) AS used INTO paid
      FROM payment p JOIN allocation a ON a.payment_id = p.id
     WHERE p.id = NEW.payment_id GROUP BY p.amount_micros;
    SELECT i.total_micros AS most, i.paid_micros AS noted, sum(a.amount_micros) AS used INTO billed
      FROM invoice i JOIN allocation a ON a.invoice_id = i.id
     WHERE i.id = NEW.invoice_id GROUP BY i.total_micros, i.paid_micros;
    IF paid.used > paid.most THEN
        RAISE EXCEPTION 'payment % allocates % of % micros', NEW.payment_id, paid.used, paid.most
            USING ERRCODE = 'check_violation';
    END IF;
    IF billed.used > billed.most OR billed.used <> billed.noted THEN
        RAISE EXCEPTION 'invoice % of % micros has % allocated and % noted as paid',
            NEW.invoice_id, billed.most, billed.used, billed.noted USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.credit_id IS NOT NULL THEN
        SELECT c.total_micros AS most, c.paid_micros AS noted, c.status, sum(a.amount_micros) AS used,
               bool_and((c.customer_id, c.currency) = (i.customer_id, i.currency)) AS own
          INTO given
          FROM invoice c JOIN allocation a ON a.credit_id = c.id JOIN invoice i ON i.id = a.invoice_id
         WHERE c.id = NEW.credit_id GROUP BY c.total_micros, c.paid_micros, c.status;
        IF given.used > -given.most OR given.used <> -given.noted OR NOT given.own
           OR given.used <> 0 AND given.status IN ('draft', 'void') THEN
            RAISE EXCEPTION 'invoice % (%, % micros, % noted) cannot have % micros of it set off',
                NEW.credit_id, given.status, given.most, given.noted, given.used
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NULL;
END $function$;
