-- A charge that comes onto an invoice line from none, and changes in nothing else, is looked at by
-- of_drafts_update once a statement; tollwright_charge_stays has nothing to refuse of it. All other
-- changes go to the function as before.
DROP TRIGGER charge_stays ON charge;

CREATE TRIGGER charge_stays BEFORE UPDATE ON charge FOR EACH ROW
    WHEN (OLD.invoice_line_id IS NOT NULL
          OR (NEW.id, NEW.call_id, NEW.started_at, NEW.rated_at, NEW.amount_micros, NEW.tenant_id,
              NEW.customer_id, NEW.campaign_id, NEW.card_version_id, NEW.plan_version_id, NEW.rate_no,
              NEW.billed_s, NEW.allowance_s, NEW.level, NEW.revision, NEW.leg, NEW.currency, NEW.prefix)
             IS DISTINCT FROM
             (OLD.id, OLD.call_id, OLD.started_at, OLD.rated_at, OLD.amount_micros, OLD.tenant_id,
              OLD.customer_id, OLD.campaign_id, OLD.card_version_id, OLD.plan_version_id, OLD.rate_no,
              OLD.billed_s, OLD.allowance_s, OLD.level, OLD.revision, OLD.leg, OLD.currency, OLD.prefix)
          OR NEW.is_current AND NOT OLD.is_current)
    EXECUTE FUNCTION tollwright_charge_stays();

CREATE TRIGGER charge_stays_undeleted BEFORE DELETE ON charge
    FOR EACH ROW EXECUTE FUNCTION tollwright_charge_stays();

-- Small tables are joined with the largest ones, and a table of fewer than 50 rows was never analysed:
-- what the planner then takes for many rows, it hashes and sorts a month of calls for.
DO $$
DECLARE
    target regclass;
BEGIN
    FOR target IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace
                     AND relkind = 'r' AND NOT relispartition LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_analyze_threshold = 2)', target);
    END LOOP;
END $$;
