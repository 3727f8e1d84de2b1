-- A fee is billed once for each of its days. A void invoice's lines stay where they are but no
-- longer count, which a unique index cannot say; hence a trigger.

ALTER TABLE invoice_line ADD CONSTRAINT invoice_line_tenant_id_id UNIQUE (tenant_id, id);
ALTER TABLE invoice_line ADD CONSTRAINT invoice_line_corrects_of_tenant
    FOREIGN KEY (tenant_id, corrects_id) REFERENCES invoice_line (tenant_id, id)
    DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION tollwright_fee_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before record;
BEGIN
    IF NEW.fee_id IS NULL OR NEW.kind = 'correction' THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(
        hashtextextended('fee/' || NEW.subscription_id || '/' || NEW.fee_id, 0));
    SELECT i.id, i.number INTO before
      FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id
     WHERE (l.subscription_id, l.fee_id) = (NEW.subscription_id, NEW.fee_id)
       AND l.kind <> 'correction' AND i.status <> 'void' AND l.id <> NEW.id
       AND (NEW.kind = 'registration'
            OR tstzrange(l.period_from, l.period_to) && tstzrange(NEW.period_from, NEW.period_to))
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'fee % of subscription % is already on invoice %', NEW.fee_id,
            NEW.subscription_id, COALESCE(before.number, 'draft ' || before.id)
            USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fee_once BEFORE INSERT OR UPDATE OF subscription_id, fee_id, period_from, period_to
    ON invoice_line FOR EACH ROW EXECUTE FUNCTION tollwright_fee_once();
