-- A card version's rows, hundreds of thousands at a time.

-- name: create_incoming -- where COPY puts rows (it is refused on tables with row-level security)
CREATE TEMP TABLE IF NOT EXISTS incoming_rate (
    row_no integer, prefix text, name text, price_nanos bigint, unit_s integer, first_s integer,
    next_s integer, connect_fee_micros bigint, blocked boolean, effective_from timestamptz,
    effective_to timestamptz, extra jsonb
) ON COMMIT DROP;

-- name: clear_incoming -- of what an earlier deck of this transaction left
TRUNCATE incoming_rate;

-- name: copy_incoming -- rows from the client
COPY incoming_rate FROM STDIN;

-- name: insert_rates -- make them the version's rows
INSERT INTO rate (tenant_id, version_id, row_no, prefix, name, price_nanos, unit_s, first_s, next_s,
                  connect_fee_micros, blocked, effective_from, effective_to, extra)
SELECT %(tenant_id)s, %(version_id)s, row_no, prefix, name, price_nanos, unit_s, first_s, next_s,
       connect_fee_micros, blocked, effective_from, effective_to, extra
  FROM incoming_rate;

-- name: delete_rates -- a draft starts over
DELETE FROM rate WHERE version_id = %(version_id)s;

-- name: copy_rates -- a new version with the rows of another
INSERT INTO rate (tenant_id, version_id, row_no, prefix, name, price_nanos, unit_s, first_s, next_s,
                  connect_fee_micros, blocked, effective_from, effective_to, extra)
SELECT tenant_id, %(version_id)s, row_no, prefix, name, price_nanos, unit_s, first_s, next_s,
       connect_fee_micros, blocked, effective_from, effective_to, extra
  FROM rate WHERE version_id = %(source_id)s;

-- name: fetch_rates -- a version's rows in their order, fields as core.card.Rate takes them
SELECT row_no, prefix, price_nanos, name, connect_fee_micros, unit_s, first_s, next_s, blocked,
       effective_from, effective_to, extra::text AS extra
  FROM rate WHERE version_id = %(version_id)s ORDER BY row_no;

-- name: fetch_rates_for_number -- the rows whose prefix a number begins with: all that can price it
SELECT row_no, prefix, price_nanos, name, connect_fee_micros, unit_s, first_s, next_s, blocked,
       effective_from, effective_to, extra::text AS extra
  FROM rate WHERE version_id = %(version_id)s AND prefix = ANY(%(prefixes)s) ORDER BY row_no;
