-- References to a provider's rows carry the provider, also where a table was protected in the same
-- migration that made it: Django writes foreign keys at a migration's very end, after its SQL.
-- So protect new tables in a migration that follows the one that makes them. Safe to call again.
CREATE OR REPLACE FUNCTION public.tollwright_protect(target regclass)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    fk record;
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('DROP POLICY IF EXISTS tenant_rows ON %s', target);
    EXECUTE format(
        'CREATE POLICY tenant_rows ON %s TO tollwright_app '
        'USING (tenant_id = (SELECT tollwright_tenant())) '
        'WITH CHECK (tenant_id = (SELECT tollwright_tenant()))', target);
    FOR fk IN
        SELECT c.conname, c.confrelid::regclass AS referenced, own.attname AS own_column
          FROM pg_constraint c
          JOIN pg_attribute own ON own.attrelid = c.conrelid AND own.attnum = c.conkey[1]
          JOIN pg_attribute t ON t.attrelid = c.confrelid AND t.attname = 'tenant_id'
         WHERE c.conrelid = target AND c.contype = 'f' AND cardinality(c.conkey) = 1
    LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conrelid = fk.referenced
                          AND conname = fk.referenced::text || '_tenant_id_id') THEN
            EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I UNIQUE (tenant_id, id)',
                           fk.referenced, fk.referenced::text || '_tenant_id_id');
        END IF;
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', target, fk.conname);
        EXECUTE format(
            'ALTER TABLE %s ADD CONSTRAINT %I FOREIGN KEY (tenant_id, %I) '
            'REFERENCES %s (tenant_id, id) DEFERRABLE INITIALLY DEFERRED',
            target, fk.conname, fk.own_column, fk.referenced);
    END LOOP;
END $function$;
