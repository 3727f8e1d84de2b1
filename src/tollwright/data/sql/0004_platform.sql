-- The platform keeps an audit chain of its own, under tenant 0, which is nobody's tenant: no user,
-- key or customer may belong to it.
INSERT INTO tenant (id, slug, name, currency, timezone, region, created_at)
VALUES (0, '-platform-', 'Platform', 'XXX', 'UTC', '', '1970-01-01 00:00:00+00');

CREATE OR REPLACE FUNCTION tollwright_tenant_by_slug(wanted text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT t.id FROM public.tenant t WHERE t.slug = wanted AND t.id > 0 $$;

CREATE OR REPLACE FUNCTION tollwright_tenant_slugs() RETURNS TABLE (slug text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT t.slug::text FROM public.tenant t WHERE t.id > 0 ORDER BY t.slug $$;

ALTER TABLE legal_entity ADD CONSTRAINT legal_entity_not_platform CHECK (tenant_id > 0);
ALTER TABLE membership ADD CONSTRAINT membership_not_platform CHECK (tenant_id > 0);
ALTER TABLE api_key ADD CONSTRAINT api_key_not_platform CHECK (tenant_id > 0);
ALTER TABLE rate_card ADD CONSTRAINT rate_card_not_platform CHECK (tenant_id > 0);
-- A platform rule has no tenant at all; tenant 0 is no scope of the cascade.
ALTER TABLE rule ADD CONSTRAINT rule_not_tenant_zero CHECK (tenant_id > 0);
