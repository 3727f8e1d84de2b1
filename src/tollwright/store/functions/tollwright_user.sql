-- The user of this transaction; null outside of one. A user sees its own memberships before a tenant is
-- chosen.
CREATE OR REPLACE FUNCTION public.tollwright_user()
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT NULLIF(current_setting('tollwright.user_id', true), '')::bigint $function$;
