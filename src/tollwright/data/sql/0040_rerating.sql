-- Applied re-ratings and the proposals that they leave for invoiced calls.

SELECT tollwright_protect('rerating');
SELECT tollwright_protect('rerate_proposal');
SELECT tollwright_protect('rerate_proposal_line');
SELECT tollwright_protect('rerate_proposal_call');
SELECT tollwright_grant();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON rerating
    FOR EACH ROW EXECUTE FUNCTION tollwright_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON rerate_proposal_line
    FOR EACH ROW EXECUTE FUNCTION tollwright_refuse();

-- A proposal is decided once, and what it proposes never changes.
CREATE FUNCTION tollwright_proposal_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moves text[] := ARRAY['status', 'decided_at', 'decided_by', 'pending'];
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - moves = to_jsonb(NEW) - moves
       AND coalesce(to_jsonb(OLD) ->> 'status', 'proposed') = 'proposed'
       AND coalesce((to_jsonb(OLD) ->> 'pending')::boolean, true) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% % is decided or fixed: % refused', TG_TABLE_NAME, OLD.id, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER decided_once BEFORE UPDATE OR DELETE ON rerate_proposal
    FOR EACH ROW EXECUTE FUNCTION tollwright_proposal_decided_once();
CREATE TRIGGER decided_once BEFORE UPDATE OR DELETE ON rerate_proposal_call
    FOR EACH ROW EXECUTE FUNCTION tollwright_proposal_decided_once();
