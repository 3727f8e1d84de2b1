-- References to a provider's rows carry the provider, also where a table was protected in the same
-- migration that made it: Django writes foreign keys at a migration's very end, after its SQL.
-- So protect new tables in a migration that follows the one that makes them. Safe to call again.
CREATE OR REPLACE FUNCTION tollwright_protect(target regclass) RETURNS void LANGUAGE plpgsql AS $$
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
END $$;

SELECT tollwright_protect(name)
  FROM unnest(ARRAY['rerating', 'rerate_proposal', 'rerate_proposal_line',
                    'rerate_proposal_call']::regclass[]) AS name;

-- Nothing comes onto a finalised invoice either: a line or a tax by moving there, a charge by
-- naming one of its lines.
CREATE OR REPLACE FUNCTION tollwright_parts_of_finalised_stay() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    invoices bigint[] := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.invoice_id]
                                    WHEN 'DELETE' THEN ARRAY[OLD.invoice_id]
                                    ELSE ARRAY[OLD.invoice_id, NEW.invoice_id] END;
    fixed bigint;
BEGIN
    SELECT i.id INTO fixed FROM invoice i
     WHERE i.id = ANY(invoices) AND i.status <> 'draft' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% of finalised invoice % is fixed: % refused',
            TG_TABLE_NAME, fixed, TG_OP USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

-- Per statement: billing names a line on hundreds of thousands of charges at once.
CREATE FUNCTION tollwright_charges_of_drafts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    fixed text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT i.number INTO fixed
          FROM (SELECT DISTINCT n.invoice_line_id FROM added n
                  JOIN removed o ON (o.id, o.started_at) = (n.id, n.started_at)
                 WHERE n.invoice_line_id IS DISTINCT FROM o.invoice_line_id) moved
          JOIN invoice_line l ON l.id = moved.invoice_line_id
          JOIN invoice i ON i.id = l.invoice_id AND i.status <> 'draft' LIMIT 1;
    ELSE
        SELECT i.number INTO fixed
          FROM (SELECT DISTINCT invoice_line_id FROM added WHERE invoice_line_id IS NOT NULL) named
          JOIN invoice_line l ON l.id = named.invoice_line_id
          JOIN invoice i ON i.id = l.invoice_id AND i.status <> 'draft' LIMIT 1;
    END IF;
    IF FOUND THEN
        RAISE EXCEPTION 'invoice % is finalised: no charge comes onto it', fixed
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER of_drafts_insert AFTER INSERT ON charge REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION tollwright_charges_of_drafts();
CREATE TRIGGER of_drafts_update AFTER UPDATE ON charge
    REFERENCING NEW TABLE AS added OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION tollwright_charges_of_drafts();
