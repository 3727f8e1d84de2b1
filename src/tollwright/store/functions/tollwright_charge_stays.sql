-- Charges: only is_current falls and invoice_line_id moves; what is on a finalised invoice stays.
-- The trigger's condition (charge_stays) passes over rows that come onto a line from none and change in
-- nothing else: billing marks them by the million, and this function took half of its time.
CREATE OR REPLACE FUNCTION public.tollwright_charge_stays()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    IF OLD.invoice_line_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id
         WHERE l.id = OLD.invoice_line_id AND i.status NOT IN ('draft', 'void')) THEN
        IF TG_OP = 'DELETE' OR NEW.invoice_line_id IS DISTINCT FROM OLD.invoice_line_id THEN
            RAISE EXCEPTION 'charge % is on a finalised invoice: % refused', OLD.id, TG_OP
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF (NEW.id, NEW.call_id, NEW.started_at, NEW.rated_at, NEW.amount_micros, NEW.tenant_id,
        NEW.customer_id, NEW.campaign_id, NEW.card_version_id, NEW.plan_version_id, NEW.rate_no,
        NEW.billed_s, NEW.allowance_s, NEW.level, NEW.revision, NEW.leg, NEW.currency, NEW.prefix)
       IS DISTINCT FROM
       (OLD.id, OLD.call_id, OLD.started_at, OLD.rated_at, OLD.amount_micros, OLD.tenant_id,
        OLD.customer_id, OLD.campaign_id, OLD.card_version_id, OLD.plan_version_id, OLD.rate_no,
        OLD.billed_s, OLD.allowance_s, OLD.level, OLD.revision, OLD.leg, OLD.currency, OLD.prefix)
       OR (NEW.is_current AND NOT OLD.is_current) THEN
        RAISE EXCEPTION 'charge % is fixed: re-rating writes a new revision', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $function$;
