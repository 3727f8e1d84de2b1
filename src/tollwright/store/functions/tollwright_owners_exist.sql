-- Calls and charges name a campaign of that customer and tenant, a source and a batch of that
-- tenant. Checked once per statement: millions of rows name a handful of campaigns.
CREATE OR REPLACE FUNCTION public.tollwright_owners_exist()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    stray record;
BEGIN
    SELECT o.* INTO stray
      FROM (SELECT DISTINCT tenant_id, customer_id, campaign_id FROM added) o
      LEFT JOIN campaign c ON (c.tenant_id, c.customer_id, c.id)
                            = (o.tenant_id, o.customer_id, o.campaign_id)
     WHERE c.id IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'campaign % of customer % is not of tenant %',
            stray.campaign_id, stray.customer_id, stray.tenant_id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $function$;
