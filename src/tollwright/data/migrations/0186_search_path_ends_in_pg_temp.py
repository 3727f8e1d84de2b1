"""No guard reads a session's temporary table in place of ours; charges that moved are found in time."""

from __future__ import annotations

from django.db import migrations

from tollwright.data.functions import ApplyFunction


class Migration(migrations.Migration):
    """Each function's file names its search path, with pg_temp at the end."""

    dependencies = [("data", "0150_unused_columns")]
    operations = [
        ApplyFunction("tollwright_allocations_fit", "9589f6a5abe2"),
        ApplyFunction("tollwright_api_key", "8834c9de1f3b"),
        ApplyFunction("tollwright_audit_chains", "8c0943eabbad"),
        ApplyFunction("tollwright_buys", "78fab54d2181"),
        ApplyFunction("tollwright_charge_stays", "68b07ec80cfd"),
        ApplyFunction("tollwright_charges_of_drafts", "34cadfc69f64"),
        ApplyFunction("tollwright_ensure_months", "d0ebd554aa84"),
        ApplyFunction("tollwright_entry_balances", "fd8971008726"),
        ApplyFunction("tollwright_event_sequence", "478e402e8ddb"),
        ApplyFunction("tollwright_fee_once", "50c2385cc071"),
        ApplyFunction("tollwright_finalised_stays", "696fde83a14f"),
        ApplyFunction("tollwright_grant", "0c13b2909d84"),
        ApplyFunction("tollwright_identifier_free", "0652734b7a34"),
        ApplyFunction("tollwright_owners_exist", "94b44428b594"),
        ApplyFunction("tollwright_parts_of_finalised_stay", "454a28effdab"),
        ApplyFunction("tollwright_parts_of_published_stay", "edf6e0c4ecbb"),
        ApplyFunction("tollwright_proposal_decided_once", "e60fcc2a3eb0"),
        ApplyFunction("tollwright_protect", "c9345c9cc9fd"),
        ApplyFunction("tollwright_published_stays", "c805e6305f47"),
        ApplyFunction("tollwright_refuse", "b7e29d15c6c4"),
        ApplyFunction("tollwright_reseller_once", "cc640f636ce9"),
        ApplyFunction("tollwright_reversed_settles_nothing", "4c938c11452d"),
        ApplyFunction("tollwright_series_counts", "007bb98b5e24"),
        ApplyFunction("tollwright_tenant_by_slug", "4d762a3f10ed"),
        ApplyFunction("tollwright_tenant_slugs", "2b209bf67b49"),
        ApplyFunction("tollwright_trunk_free", "eb75dea67c1a"),
        ApplyFunction("tollwright_written_off_adds_up", "9ba202aea713"),
        migrations.RunSQL("SELECT tollwright_grant();", migrations.RunSQL.noop),
    ]
