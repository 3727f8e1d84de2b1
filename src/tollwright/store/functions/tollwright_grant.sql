-- What the application may touch: every table but the month partitions, which have no row-level
-- security of their own. `tollwright migrate` runs it after each migration, so that it also sees to
-- what the job queue's own migrations bring: its functions, as ours, look at a session's temporary
-- tables last.
CREATE OR REPLACE FUNCTION public.tollwright_grant()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    target regclass;
    function regprocedure;
BEGIN
    GRANT USAGE ON SCHEMA public TO tollwright_app;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO tollwright_app;
    FOR target IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace
                     AND relkind IN ('r', 'p') AND NOT relispartition LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO tollwright_app', target);
    END LOOP;
    REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM tollwright_app;
    FOR function IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace
                       AND starts_with(proname, 'procrastinate_') AND proconfig IS NULL LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, public, pg_temp', function);
    END LOOP;
END $function$;
