"""Every function of the database has one file with the body in force, applied from here on."""

from __future__ import annotations

from django.db import migrations

from tollwright.data.functions import ApplyFunction


class Migration(migrations.Migration):
    """The functions as they were, each from its file."""

    dependencies = [("data", "0113_events_guarded")]
    operations = [
        ApplyFunction("tollwright_allocations_fit", "3a5dbe92c522"),
        ApplyFunction("tollwright_api_key", "743c509715cf"),
        ApplyFunction("tollwright_audit_chains", "174bdc27ef58"),
        ApplyFunction("tollwright_buys", "9848546c0f85"),
        ApplyFunction("tollwright_charge_stays", "b05bcdb13758"),
        ApplyFunction("tollwright_charges_of_drafts", "42522e97e654"),
        ApplyFunction("tollwright_ensure_months", "759d92e1535e"),
        ApplyFunction("tollwright_entry_balances", "fc39de396103"),
        ApplyFunction("tollwright_event_sequence", "0a3ea76cefaf"),
        ApplyFunction("tollwright_fee_once", "ab6be5af0df2"),
        ApplyFunction("tollwright_finalised_stays", "e373ec4b94cd"),
        ApplyFunction("tollwright_grant", "1cafbf1b6be1"),
        ApplyFunction("tollwright_identifier_free", "b0dc21423aa7"),
        ApplyFunction("tollwright_owners_exist", "8fa5115834d1"),
        ApplyFunction("tollwright_parts_of_finalised_stay", "68362209650e"),
        ApplyFunction("tollwright_parts_of_published_stay", "7396eb3192bb"),
        ApplyFunction("tollwright_proposal_decided_once", "9dc23fbf5500"),
        ApplyFunction("tollwright_protect", "29df07343dc5"),
        ApplyFunction("tollwright_published_stays", "af0f6996f13b"),
        ApplyFunction("tollwright_refuse", "6ba60c5dfcad"),
        ApplyFunction("tollwright_reseller_once", "7436e5baad34"),
        ApplyFunction("tollwright_series_counts", "e087e40df75c"),
        ApplyFunction("tollwright_tenant", "257daedd8ab0"),
        ApplyFunction("tollwright_tenant_by_slug", "f7ca2d182846"),
        ApplyFunction("tollwright_tenant_slugs", "1d4c23c42fdc"),
        ApplyFunction("tollwright_trunk_free", "c511f4ec399c"),
        ApplyFunction("tollwright_user", "ae40b08a205c"),
    ]
