-- Statement level: a deck has hundreds of thousands of rows, its version is looked up once.
CREATE OR REPLACE FUNCTION public.tollwright_parts_of_published_stay()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    version_table text := TG_ARGV[0];
    broken bigint;
BEGIN
    EXECUTE format('SELECT v.id FROM (SELECT DISTINCT version_id FROM touched) t '
                   'JOIN %I v ON v.id = t.version_id AND v.status = ''published'' LIMIT 1',
                   version_table) INTO broken;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION '% of published % % are fixed: % refused',
            TG_TABLE_NAME, version_table, broken, TG_OP USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $function$;
