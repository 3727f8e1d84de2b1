-- What must never be false, whoever writes.

DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'tollwright_app') THEN
        CREATE ROLE tollwright_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
END $$;

-- What the application may touch: every table but the month partitions, which have no row-level
-- security of their own. `tollwright migrate` runs it after each migration.
CREATE FUNCTION tollwright_grant() RETURNS void LANGUAGE plpgsql AS $$
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
END $$;
SELECT tollwright_grant();

-- The tenant of this transaction; null outside of one, which matches no row.
CREATE FUNCTION tollwright_tenant() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT NULLIF(current_setting('tollwright.tenant_id', true), '')::bigint $$;

CREATE FUNCTION tollwright_user() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT NULLIF(current_setting('tollwright.user_id', true), '')::bigint $$;

-- Puts a table with a tenant_id under the law: row-level security, and every reference to another
-- tenant's table carries the tenant, so that a row cannot point across. Call it for each new table.
CREATE FUNCTION tollwright_protect(target regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    fk record;
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
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

SELECT tollwright_protect(c.oid)
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition;

-- A tenant sees its own row, and makes itself only as itself.
ALTER TABLE tenant ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON tenant TO tollwright_app
    USING (id = (SELECT tollwright_tenant())) WITH CHECK (id = (SELECT tollwright_tenant()));

-- Platform rules (no tenant) are read by all and written only at platform scope (tenant 0).
CREATE POLICY platform_rules_read ON rule FOR SELECT TO tollwright_app USING (tenant_id IS NULL);
CREATE POLICY platform_rules_write ON rule FOR INSERT TO tollwright_app
    WITH CHECK (tenant_id IS NULL AND (SELECT tollwright_tenant()) = 0);

-- A user sees their own memberships at every tenant, to choose where to work.
CREATE POLICY own_memberships ON membership FOR SELECT TO tollwright_app
    USING (user_id = (SELECT tollwright_user()));

-- The tenant that an API key opens, before any tenant is set. Owner's rights: it reads one row by
-- the hash of a secret.
CREATE FUNCTION tollwright_api_key(digest text)
RETURNS TABLE (key_id bigint, tenant_id bigint, role text, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT k.id, k.tenant_id, k.role::text, k.name::text FROM public.api_key k
    WHERE k.key_sha256 = digest AND k.revoked_at IS NULL $$;

-- The tenants by slug, for the command line, which works for the operator of the installation.
CREATE FUNCTION tollwright_tenant_by_slug(wanted text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT t.id FROM public.tenant t WHERE t.slug = wanted $$;

CREATE FUNCTION tollwright_tenant_slugs() RETURNS TABLE (slug text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT t.slug::text FROM public.tenant t ORDER BY t.slug $$;

-- Append-only ------------------------------------------------------------------------------------

CREATE FUNCTION tollwright_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

DO $$ DECLARE name text; BEGIN
    FOREACH name IN ARRAY ARRAY['audit_entry', 'entry', 'posting', 'rule', 'document', 'payment',
                                'allocation', 'receipt', 'raw_chunk', 'billing_run'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I '
                       'FOR EACH ROW EXECUTE FUNCTION tollwright_refuse()', name);
    END LOOP;
END $$;

-- A published version is as it is; only a draft's columns, rates and fees move.
CREATE FUNCTION tollwright_published_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'published' THEN
        RAISE EXCEPTION '% % is published: % refused', TG_TABLE_NAME, OLD.id, TG_OP
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER published_stays BEFORE UPDATE OR DELETE ON card_version
    FOR EACH ROW EXECUTE FUNCTION tollwright_published_stays();
CREATE TRIGGER published_stays BEFORE UPDATE OR DELETE ON plan_version
    FOR EACH ROW EXECUTE FUNCTION tollwright_published_stays();

-- Statement level: a deck has hundreds of thousands of rows, its version is looked up once.
CREATE FUNCTION tollwright_parts_of_published_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    version_table text := TG_ARGV[0];
    broken bigint;
BEGIN
    EXECUTE format('SELECT v.id FROM %I v WHERE v.status = ''published'' '
                   'AND v.id IN (SELECT version_id FROM touched) LIMIT 1', version_table) INTO broken;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION '% of published % % are fixed: % refused',
            TG_TABLE_NAME, version_table, broken, TG_OP USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER fixed_insert AFTER INSERT ON rate REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION tollwright_parts_of_published_stay('card_version');
CREATE TRIGGER fixed_update AFTER UPDATE ON rate REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION tollwright_parts_of_published_stay('card_version');
CREATE TRIGGER fixed_delete AFTER DELETE ON rate REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION tollwright_parts_of_published_stay('card_version');
CREATE TRIGGER fixed_insert AFTER INSERT ON plan_fee REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION tollwright_parts_of_published_stay('plan_version');
CREATE TRIGGER fixed_update AFTER UPDATE ON plan_fee REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION tollwright_parts_of_published_stay('plan_version');
CREATE TRIGGER fixed_delete AFTER DELETE ON plan_fee REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION tollwright_parts_of_published_stay('plan_version');

-- A finalised invoice keeps its content; its status and what is paid move on.
CREATE FUNCTION tollwright_finalised_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was jsonb := to_jsonb(OLD) - ARRAY['status', 'paid_micros', 'void_reason'];
BEGIN
    IF OLD.status = 'draft' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' OR was <> to_jsonb(NEW) - ARRAY['status', 'paid_micros', 'void_reason']
       OR NEW.status = 'draft' THEN
        RAISE EXCEPTION 'invoice % is finalised: its content is fixed, correct it by a credit note',
            OLD.number USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER finalised_stays BEFORE UPDATE OR DELETE ON invoice
    FOR EACH ROW EXECUTE FUNCTION tollwright_finalised_stays();

CREATE FUNCTION tollwright_parts_of_finalised_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    part record := CASE TG_OP WHEN 'INSERT' THEN NEW ELSE OLD END;
BEGIN
    IF EXISTS (SELECT 1 FROM invoice i WHERE i.id = part.invoice_id AND i.status <> 'draft') THEN
        RAISE EXCEPTION '% of finalised invoice % is fixed: % refused',
            TG_TABLE_NAME, part.invoice_id, TG_OP USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER finalised_stays BEFORE INSERT OR UPDATE OR DELETE ON invoice_line
    FOR EACH ROW EXECUTE FUNCTION tollwright_parts_of_finalised_stay();
CREATE TRIGGER finalised_stays BEFORE INSERT OR UPDATE OR DELETE ON invoice_tax
    FOR EACH ROW EXECUTE FUNCTION tollwright_parts_of_finalised_stay();

-- Charges: only is_current falls and invoice_line_id moves; what is on a finalised invoice stays.
CREATE FUNCTION tollwright_charge_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.invoice_line_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id
         WHERE l.id = OLD.invoice_line_id AND i.status NOT IN ('draft', 'void')) THEN
        IF TG_OP = 'DELETE' OR NEW.invoice_line_id IS DISTINCT FROM OLD.invoice_line_id THEN
            RAISE EXCEPTION 'charge % is on a finalised invoice: % refused', OLD.id, TG_OP
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF (NEW.id, NEW.call_id, NEW.started_at, NEW.rated_at, NEW.amount_micros, NEW.tenant_id,
        NEW.customer_id, NEW.campaign_id, NEW.card_version_id, NEW.plan_version_id, NEW.rate_no,
        NEW.billed_s, NEW.allowance_s, NEW.level, NEW.revision, NEW.leg, NEW.currency, NEW.prefix)
       IS DISTINCT FROM
       (OLD.id, OLD.call_id, OLD.started_at, OLD.rated_at, OLD.amount_micros, OLD.tenant_id,
        OLD.customer_id, OLD.campaign_id, OLD.card_version_id, OLD.plan_version_id, OLD.rate_no,
        OLD.billed_s, OLD.allowance_s, OLD.level, OLD.revision, OLD.leg, OLD.currency, OLD.prefix)
       OR (NEW.is_current AND NOT OLD.is_current) THEN
        RAISE EXCEPTION 'charge % is fixed: re-rating writes a new revision', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER charge_stays BEFORE UPDATE OR DELETE ON charge
    FOR EACH ROW EXECUTE FUNCTION tollwright_charge_stays();

-- Calls and charges name a campaign of that customer and tenant, a source and a batch of that
-- tenant. Checked once per statement: millions of rows name a handful of campaigns.
CREATE FUNCTION tollwright_owners_exist() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stray record;
BEGIN
    SELECT o.* INTO stray
      FROM (SELECT DISTINCT tenant_id, customer_id, campaign_id FROM added) o
      LEFT JOIN campaign c ON (c.tenant_id, c.customer_id, c.id)
                            = (o.tenant_id, o.customer_id, o.campaign_id)
     WHERE c.id IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'campaign % of customer % is not of tenant %',
            stray.campaign_id, stray.customer_id, stray.tenant_id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER owners_exist AFTER INSERT ON call REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION tollwright_owners_exist();
CREATE TRIGGER owners_exist AFTER INSERT ON charge REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION tollwright_owners_exist();

-- Money ------------------------------------------------------------------------------------------

CREATE FUNCTION tollwright_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked bigint := CASE TG_TABLE_NAME WHEN 'entry' THEN NEW.id
                      ELSE (to_jsonb(NEW) ->> 'entry_id')::bigint END;
    stray record;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM posting WHERE entry_id = checked) THEN
        RAISE EXCEPTION 'ledger entry % has no postings', checked USING ERRCODE = 'check_violation';
    END IF;
    SELECT a.currency, sum(p.amount_micros) AS off INTO stray
      FROM posting p JOIN account a ON a.id = p.account_id
     WHERE p.entry_id = checked GROUP BY a.currency HAVING sum(p.amount_micros) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger entry % is off by % micros %', checked, stray.off, stray.currency
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tollwright_entry_balances();
CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tollwright_entry_balances();

-- No payment settles more than it is, no invoice is settled beyond its total, and paid_micros is
-- the sum of its allocations.
CREATE FUNCTION tollwright_allocations_fit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paid record;
    billed record;
BEGIN
    SELECT p.amount_micros AS most, sum(a.amount_micros) AS used INTO paid
      FROM payment p JOIN allocation a ON a.payment_id = p.id
     WHERE p.id = NEW.payment_id GROUP BY p.amount_micros;
    SELECT i.total_micros AS most, i.paid_micros AS noted, sum(a.amount_micros) AS used INTO billed
      FROM invoice i JOIN allocation a ON a.invoice_id = i.id
     WHERE i.id = NEW.invoice_id GROUP BY i.total_micros, i.paid_micros;
    IF paid.used > paid.most THEN
        RAISE EXCEPTION 'payment % allocates % of % micros', NEW.payment_id, paid.used, paid.most
            USING ERRCODE = 'check_violation';
    END IF;
    IF billed.used > billed.most OR billed.used <> billed.noted THEN
        RAISE EXCEPTION 'invoice % of % micros has % allocated and % noted as paid',
            NEW.invoice_id, billed.most, billed.used, billed.noted USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER allocations_fit AFTER INSERT ON allocation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tollwright_allocations_fit();

-- Numbers: a series starts at 0 and goes up by one; it never goes back and is never deleted.
CREATE FUNCTION tollwright_series_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.last_number = 0 THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.last_number = OLD.last_number + 1
       AND to_jsonb(NEW) - 'last_number' = to_jsonb(OLD) - 'last_number' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a number series starts at 0 and counts up by one: % refused', TG_OP
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER series_counts BEFORE INSERT OR UPDATE OR DELETE ON number_series
    FOR EACH ROW EXECUTE FUNCTION tollwright_series_counts();

-- Audit: each row follows the one before.
CREATE FUNCTION tollwright_audit_chains() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    SELECT seq, hash INTO last FROM audit_entry
     WHERE tenant_id = NEW.tenant_id ORDER BY seq DESC LIMIT 1;
    IF NEW.seq <> COALESCE(last.seq, 0) + 1 OR NEW.previous_hash <> COALESCE(last.hash, '') THEN
        RAISE EXCEPTION 'audit row % of tenant % does not follow row %',
            NEW.seq, NEW.tenant_id, COALESCE(last.seq, 0) USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_chains BEFORE INSERT ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION tollwright_audit_chains();

-- One identifier means one campaign at a time.
CREATE FUNCTION tollwright_identifier_free() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    taken record;
BEGIN
    PERFORM pg_advisory_xact_lock(
        hashtextextended(NEW.tenant_id || '/' || NEW.kind || '/' || NEW.value, 0));
    SELECT campaign_id, valid_from INTO taken FROM identifier
     WHERE tenant_id = NEW.tenant_id AND kind = NEW.kind AND value = NEW.value AND id <> NEW.id
       AND tstzrange(valid_from, valid_to) && tstzrange(NEW.valid_from, NEW.valid_to) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% % already means campaign % from %',
            NEW.kind, NEW.value, taken.campaign_id, taken.valid_from
            USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER identifier_free BEFORE INSERT OR UPDATE ON identifier
    FOR EACH ROW EXECUTE FUNCTION tollwright_identifier_free();
