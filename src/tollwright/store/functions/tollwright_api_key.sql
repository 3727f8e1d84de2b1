-- The tenant that an API key opens, before any tenant is set. Owner's rights: it reads one row by
-- the hash of a secret.
CREATE OR REPLACE FUNCTION public.tollwright_api_key(digest text)
 RETURNS TABLE(key_id bigint, tenant_id bigint, role text, name text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$ SELECT k.id, k.tenant_id, k.role::text, k.name::text FROM public.api_key k
    WHERE k.key_sha256 = digest AND k.revoked_at IS NULL $function$;
