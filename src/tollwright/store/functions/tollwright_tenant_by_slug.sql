-- The tenants by slug, for the command line, which works for the operator of the installation.
CREATE OR REPLACE FUNCTION public.tollwright_tenant_by_slug(wanted text)
 RETURNS bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$ SELECT t.id FROM public.tenant t WHERE t.slug = wanted AND t.id > 0 $function$;
