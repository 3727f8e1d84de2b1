-- Calls and charges: partitioned by month of started_at, made on demand.
-- The application's role has no privilege on a partition, only on the parent, whose row-level
-- security therefore cannot be walked around.

-- One nextval is a block of 65 536 ids for a batch to hand out.
CREATE SEQUENCE call_id_block INCREMENT BY 65536 START WITH 65536 NO CYCLE;
CREATE SEQUENCE charge_id_block INCREMENT BY 65536 START WITH 65536 NO CYCLE;

CREATE TABLE call (
    id           bigint NOT NULL,
    started_at   timestamptz NOT NULL,
    answered_at  timestamptz,
    ended_at     timestamptz,
    answered_ms  bigint NOT NULL CHECK (answered_ms BETWEEN 0 AND 86400000),
    batch_id     bigint NOT NULL,
    line_no      bigint NOT NULL,
    tenant_id    bigint NOT NULL,
    source_id    bigint NOT NULL,
    customer_id  bigint NOT NULL,
    campaign_id  bigint NOT NULL,
    revision     smallint NOT NULL DEFAULT 0,
    is_current   boolean NOT NULL DEFAULT true,
    call_key     text NOT NULL,
    group_key    text NOT NULL DEFAULT '',
    direction    text NOT NULL DEFAULT '',
    caller       text NOT NULL DEFAULT '',
    called       text NOT NULL DEFAULT '',
    dialled      text NOT NULL DEFAULT '',
    cause        text NOT NULL DEFAULT '',
    disposition  text NOT NULL DEFAULT '',
    trunk        text NOT NULL DEFAULT '',
    agent        text NOT NULL DEFAULT '',
    PRIMARY KEY (id, started_at)
) PARTITION BY RANGE (started_at);
CREATE UNIQUE INDEX call_once ON call (source_id, call_key, revision, started_at);
CREATE INDEX call_by_customer ON call (customer_id, started_at);
CREATE INDEX call_by_batch ON call USING brin (batch_id);

CREATE TABLE charge (
    id              bigint NOT NULL,
    call_id         bigint NOT NULL,
    started_at      timestamptz NOT NULL,
    rated_at        timestamptz NOT NULL,
    amount_micros   bigint NOT NULL,
    tenant_id       bigint NOT NULL,
    customer_id     bigint NOT NULL,
    campaign_id     bigint NOT NULL,
    card_version_id bigint NOT NULL,
    plan_version_id bigint,
    invoice_line_id bigint,
    rate_no         integer NOT NULL,
    billed_s        integer NOT NULL CHECK (billed_s >= 0),
    allowance_s     integer NOT NULL DEFAULT 0 CHECK (allowance_s >= 0),
    level           smallint NOT NULL DEFAULT 0,
    revision        smallint NOT NULL DEFAULT 0,
    is_current      boolean NOT NULL DEFAULT true,
    leg             text NOT NULL CHECK (leg IN ('sell', 'buy', 'parent')),
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    prefix          text NOT NULL,
    PRIMARY KEY (id, started_at)
) PARTITION BY RANGE (started_at);
CREATE UNIQUE INDEX charge_current_once ON charge (call_id, leg, level, started_at) WHERE is_current;
CREATE INDEX charge_unbilled ON charge (customer_id, started_at)
    WHERE is_current AND invoice_line_id IS NULL AND leg = 'sell';
CREATE INDEX charge_by_line ON charge (invoice_line_id) WHERE invoice_line_id IS NOT NULL;

-- Makes the month partitions that [first, last] needs. Owner's rights: the application may not
-- create tables.
CREATE FUNCTION tollwright_ensure_months(first timestamptz, last timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC' AS $$
DECLARE
    month timestamptz := date_trunc('month', first);
    parent text;
    part text;
BEGIN
    IF first < '1990-01-01' OR last >= '2100-01-01' THEN
        RAISE EXCEPTION 'a call from % to % is outside 1990 to 2099', first, last
            USING ERRCODE = 'check_violation';
    END IF;
    WHILE month <= last LOOP
        FOREACH parent IN ARRAY ARRAY['call', 'charge'] LOOP
            part := parent || to_char(month, '_YYYY_MM');
            IF to_regclass('public.' || part) IS NULL THEN
                PERFORM pg_advisory_xact_lock(hashtext('tollwright_ensure_months'));
                EXECUTE format(
                    'CREATE TABLE IF NOT EXISTS public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
                    part, parent, month, month + interval '1 month');
            END IF;
        END LOOP;
        month := month + interval '1 month';
    END LOOP;
END $$;
