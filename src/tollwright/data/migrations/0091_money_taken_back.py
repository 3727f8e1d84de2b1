"""What takes money back: reversals and re-allocations of payments, write-offs. 0092 guards them."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Two tables, and their documents."""

    dependencies = [
        ("data", "0114_parsed_deck"),
    ]

    operations = [
        migrations.CreateModel(
            name="PaymentChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=12)),
                ("reason", models.CharField(max_length=200)),
                ("number", models.CharField(max_length=40)),
                ("issued_on", models.DateField()),
                ("at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=200)),
                ("idempotency_key", models.CharField(max_length=100)),
                (
                    "payload_sha256",
                    models.CharField(help_text="what the key was used for", max_length=64),
                ),
            ],
            options={
                "db_table": "payment_change",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="WriteOff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "amount_micros",
                    models.BigIntegerField(help_text="integer micros (10⁻⁶) of the currency"),
                ),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=200)),
                ("idempotency_key", models.CharField(max_length=100)),
            ],
            options={
                "db_table": "write_off",
                "ordering": ["id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="document",
            name="document_of_one_thing",
        ),
        migrations.AddField(
            model_name="paymentchange",
            name="entry",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payment_change",
                to="data.entry",
            ),
        ),
        migrations.AddField(
            model_name="paymentchange",
            name="legal_entity",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="data.legalentity"
            ),
        ),
        migrations.AddField(
            model_name="paymentchange",
            name="payment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes",
                to="data.payment",
            ),
        ),
        migrations.AddField(
            model_name="paymentchange",
            name="tenant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="data.tenant"
            ),
        ),
        migrations.AddField(
            model_name="document",
            name="payment_change",
            field=models.OneToOneField(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="document",
                to="data.paymentchange",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("invoice__isnull", False),
                        ("payment_change__isnull", True),
                        ("receipt__isnull", True),
                    ),
                    models.Q(
                        ("invoice__isnull", True),
                        ("payment_change__isnull", True),
                        ("receipt__isnull", False),
                    ),
                    models.Q(
                        ("invoice__isnull", True),
                        ("payment_change__isnull", False),
                        ("receipt__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="document_of_one_thing",
            ),
        ),
        migrations.AddField(
            model_name="writeoff",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="write_off",
                to="data.entry",
            ),
        ),
        migrations.AddField(
            model_name="writeoff",
            name="invoice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="write_offs",
                to="data.invoice",
            ),
        ),
        migrations.AddField(
            model_name="writeoff",
            name="tenant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="data.tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentchange",
            constraint=models.UniqueConstraint(
                fields=("tenant", "idempotency_key"), name="payment_change_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentchange",
            constraint=models.UniqueConstraint(
                fields=("tenant", "number"), name="payment_change_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentchange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "reversal")),
                fields=("payment",),
                name="payment_reversed_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("entry__isnull", False), ("kind", "reversal")),
                    models.Q(("entry__isnull", True), ("kind", "reallocation")),
                    _connector="OR",
                ),
                name="payment_change_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="writeoff",
            constraint=models.UniqueConstraint(
                fields=("tenant", "idempotency_key"), name="write_off_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="writeoff",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_micros", 0), _negated=True), name="write_off_moves"
            ),
        ),
    ]
