-- The providers there are, but the platform itself: for commands, before a tenant is chosen.
CREATE OR REPLACE FUNCTION public.tollwright_tenant_slugs()
 RETURNS TABLE(slug text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$ SELECT t.slug::text FROM public.tenant t WHERE t.id > 0 ORDER BY t.slug $function$;
