-- The next number of the object. Whoever tells of the same object waits until the other's
-- transaction ends: the numbers have no gaps, and their order is that of the commits.
CREATE OR REPLACE FUNCTION public.tollwright_event_sequence()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(
        NEW.tenant_id || '/event/' || NEW.object_kind || '/' || NEW.object_id, 0));
    SELECT coalesce(max(sequence), 0) + 1 INTO NEW.sequence FROM event
     WHERE tenant_id = NEW.tenant_id AND object_kind = NEW.object_kind
       AND object_id = NEW.object_id;
    NEW.id := nextval('event_id_seq');  -- drawn here, the ids of an object ascend as its numbers do
    RETURN NEW;
END $function$;
