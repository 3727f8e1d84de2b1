"""Second factors sealed, session keys hashed, a cache that all processes share."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from tollwright.data.sealing import seal

# Sessions end: their keys stood in the clear. An address that somebody took beside their own goes.
SQL = """
DELETE FROM django_session;
DELETE FROM usersessions_usersession;
DELETE FROM account_emailaddress a USING app_user u
 WHERE u.id = a.user_id AND lower(a.email) <> lower(u.email);
CREATE TABLE shared_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX shared_cache_expires ON shared_cache (expires);
SELECT tollwright_grant();
"""


def seal_factors(apps: Any, _editor: Any) -> None:
    """Seal what stands in the clear: TOTP secrets, the seeds of recovery codes, moved codes."""
    factors = apps.get_model("mfa", "Authenticator")
    for factor in factors.objects.exclude(type="webauthn"):
        data = dict(factor.data)
        for name in ("secret", "seed"):
            if name in data:
                data[name] = seal(data[name])
        if "migrated_codes" in data:
            data["migrated_codes"] = [seal(code) for code in data["migrated_codes"]]
        factor.data = data
        factor.save(update_fields=["data"])


class Migration(migrations.Migration):
    """Of tables that other packages made."""

    dependencies = [
        ("data", "0195_charges_marked"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("sessions", "0001_initial"),
        ("usersessions", "0001_initial"),
    ]
    operations = [
        migrations.RunPython(seal_factors, migrations.RunPython.noop),
        migrations.RunSQL(SQL, "DROP TABLE shared_cache;"),
    ]
