-- Charges come onto usage lines of drafts alone: an issued line is the sum of its charges and stays
-- so. A correction line of a note is no such sum: an accepted re-rating puts the new revisions there
-- once the note is issued, so that billing does not take them up again. Which issued lines the rows
-- name is asked first: mostly none. What moved onto those is found by EXCEPT: a join of the two would
-- be planned once for few rows and then loop over a million in a million.
CREATE OR REPLACE FUNCTION public.tollwright_charges_of_drafts()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
    fixed text;
    issued bigint[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT array_agg(l.id) INTO issued
          FROM (SELECT DISTINCT invoice_line_id FROM added WHERE invoice_line_id IS NOT NULL) named
          JOIN invoice_line l ON l.id = named.invoice_line_id
          JOIN invoice i ON i.id = l.invoice_id AND i.status <> 'draft';
        IF issued IS NULL THEN
            RETURN NULL;
        END IF;
        SELECT i.number INTO fixed
          FROM (SELECT DISTINCT invoice_line_id FROM (
                    SELECT id, started_at, invoice_line_id FROM added
                     WHERE invoice_line_id = ANY(issued)
                    EXCEPT SELECT id, started_at, invoice_line_id FROM removed) one) moved
          JOIN invoice_line l ON l.id = moved.invoice_line_id
          JOIN invoice i ON i.id = l.invoice_id AND i.status <> 'draft' LIMIT 1;
    ELSE
        SELECT i.number INTO fixed
          FROM (SELECT DISTINCT invoice_line_id, revision > 0 AS revised FROM added
                 WHERE invoice_line_id IS NOT NULL) named
          JOIN invoice_line l ON l.id = named.invoice_line_id
          JOIN invoice i ON i.id = l.invoice_id AND i.status <> 'draft'
         WHERE NOT (named.revised AND l.kind = 'correction') LIMIT 1;
    END IF;
    IF FOUND THEN
        RAISE EXCEPTION 'invoice % is finalised: no charge comes onto it', fixed
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $function$;
