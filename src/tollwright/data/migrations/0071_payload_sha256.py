"""The hash of an idempotent write is named for what it hashes."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """One column renamed; its values stay."""

    dependencies = [("data", "0070_priced_from_cost")]
    operations = [migrations.RenameField("apirequest", "wish_sha256", "payload_sha256")]
