-- What the application may touch: every table but the month partitions, which have no row-level
-- security of their own. `tollwright migrate` runs it after each migration.
CREATE OR REPLACE FUNCTION public.tollwright_grant()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    target regclass;
BEGIN
    GRANT USAGE ON SCHEMA public TO tollwright_app;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO tollwright_app;
    FOR target IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace
                     AND relkind IN ('r', 'p') AND NOT relispartition LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO tollwright_app', target);
    END LOOP;
    REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM tollwright_app;
END $function$;
