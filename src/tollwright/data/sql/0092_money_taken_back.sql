-- A payment can be taken back and can come to settle other invoices; an invoice can be written off.
SELECT tollwright_protect('payment_change');
SELECT tollwright_protect('write_off');
SELECT tollwright_grant();

ALTER TABLE payment_change
    ADD CONSTRAINT payment_change_tenant_id_id UNIQUE (tenant_id, id);
ALTER TABLE document ADD CONSTRAINT document_payment_change_of_tenant
    FOREIGN KEY (tenant_id, payment_change_id) REFERENCES payment_change (tenant_id, id)
    DEFERRABLE INITIALLY DEFERRED;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON payment_change
    FOR EACH ROW EXECUTE FUNCTION tollwright_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON write_off
    FOR EACH ROW EXECUTE FUNCTION tollwright_refuse();

-- Nothing of a payment that was taken back settles anything, now or later.
CREATE CONSTRAINT TRIGGER reversed_settles_nothing AFTER INSERT ON allocation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.payment_id IS NOT NULL) EXECUTE FUNCTION tollwright_reversed_settles_nothing();
CREATE CONSTRAINT TRIGGER reversed_settles_nothing AFTER INSERT ON payment_change
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION tollwright_reversed_settles_nothing();

-- An invoice is written off exactly while something of it is.
CREATE CONSTRAINT TRIGGER written_off_adds_up AFTER INSERT ON write_off
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tollwright_written_off_adds_up();
CREATE CONSTRAINT TRIGGER written_off_adds_up AFTER UPDATE OF status ON invoice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tollwright_written_off_adds_up();
