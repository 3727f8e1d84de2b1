"""The checks that run at commit see their rows whatever tenant is set by then.

They run as the owner: `tenant_scope` has left when PostgreSQL commits, and with no tenant
row-level security would show them an entry without postings.
"""

from __future__ import annotations

from django.db import migrations

CHECKS = ("tollwright_entry_balances()", "tollwright_allocations_fit()")
DEFINER = "ALTER FUNCTION {} SECURITY DEFINER SET search_path = pg_catalog, public"
INVOKER = "ALTER FUNCTION {} SECURITY INVOKER RESET search_path"


class Migration(migrations.Migration):
    """Two functions, each of which reads by the id of the row that was written."""

    dependencies = [("data", "0010_billing")]
    operations = [
        migrations.RunSQL(DEFINER.format(name), reverse_sql=INVOKER.format(name)) for name in CHECKS
    ]
