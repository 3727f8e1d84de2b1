"""Identifiers of two more kinds: the domain and the context in which a switch had the call."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Choices alone: no row and no constraint changes."""

    dependencies = [("data", "0163_keys_in_byte_order")]

    operations = [
        migrations.AlterField(
            model_name="identifier",
            name="kind",
            field=models.CharField(
                max_length=12,
                choices=[
                    ("campaign", "Dialler campaign id"),
                    ("accountcode", "Account code"),
                    ("user", "User or extension"),
                    ("domain", "Domain"),
                    ("trunk", "Trunk"),
                    ("source_ip", "Source IP"),
                    ("context", "Context"),
                    ("cli", "Calling number"),
                    ("did", "Called number (DID)"),
                ],
            ),
        )
    ]
