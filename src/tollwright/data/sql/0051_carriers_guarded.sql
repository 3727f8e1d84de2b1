SELECT tollwright_protect(name) FROM unnest(ARRAY['carrier', 'trunk', 'carrier_card']::regclass[]) AS name;
SELECT tollwright_grant();

-- One trunk leads to one carrier at a time.
CREATE FUNCTION tollwright_trunk_free() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    taken record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.tenant_id || '/trunk/' || NEW.value, 0));
    SELECT carrier_id, valid_from INTO taken FROM trunk
     WHERE tenant_id = NEW.tenant_id AND value = NEW.value AND id <> NEW.id
       AND tstzrange(valid_from, valid_to) && tstzrange(NEW.valid_from, NEW.valid_to) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'trunk % already leads to carrier % from %',
            NEW.value, taken.carrier_id, taken.valid_from USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER trunk_free BEFORE INSERT OR UPDATE ON trunk
    FOR EACH ROW EXECUTE FUNCTION tollwright_trunk_free();

-- What a carrier took at a moment stays known.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON carrier_card
    FOR EACH ROW EXECUTE FUNCTION tollwright_refuse();

CREATE FUNCTION tollwright_buys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM rate_card WHERE id = NEW.card_id AND side = 'buy') THEN
        RAISE EXCEPTION 'card % is no buy card', NEW.card_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER buys BEFORE INSERT ON carrier_card
    FOR EACH ROW EXECUTE FUNCTION tollwright_buys();
