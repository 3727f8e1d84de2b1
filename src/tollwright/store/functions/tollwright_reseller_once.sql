-- A reseller's call is charged to one campaign.
CREATE OR REPLACE FUNCTION public.tollwright_reseller_once()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    taken record;
BEGIN
    PERFORM pg_advisory_xact_lock(
        hashtextextended(NEW.tenant_id || '/reseller/' || NEW.reseller_id, 0));
    SELECT campaign_id, valid_from INTO taken FROM reseller
     WHERE tenant_id = NEW.tenant_id AND reseller_id = NEW.reseller_id AND id <> NEW.id
       AND tstzrange(valid_from, valid_to) && tstzrange(NEW.valid_from, NEW.valid_to) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the reseller is campaign % already, from %',
            taken.campaign_id, taken.valid_from USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NEW;
END $function$;
