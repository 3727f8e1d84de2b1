-- The tenant of this transaction; null outside of one, which matches no row.
CREATE OR REPLACE FUNCTION public.tollwright_tenant()
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT NULLIF(current_setting('tollwright.tenant_id', true), '')::bigint $function$;
