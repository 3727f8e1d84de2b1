"""A batch names the columns of its file that nobody reads."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    """One column; the batches that are there name none."""

    dependencies = [("data", "0092_money_taken_back_guarded")]
    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="unused_columns",
            field=ArrayField(base_field=models.TextField(), default=list),
        )
    ]
