"""How many of a day's calls have a cost: what is kept is known of no others."""

from __future__ import annotations

from django.db import migrations, models

COUNT = """
UPDATE usage_day u SET bought = s.bought
  FROM (SELECT ch.tenant_id, ch.campaign_id, ch.currency,
               (ch.started_at AT TIME ZONE t.timezone)::date AS day, count(*) AS bought
          FROM charge ch JOIN tenant t ON t.id = ch.tenant_id
         WHERE ch.is_current AND ch.leg IN ('buy', 'parent') GROUP BY 1, 2, 3, 4) s
 WHERE u.tenant_id = s.tenant_id AND u.campaign_id = s.campaign_id AND u.day = s.day
   AND u.currency = s.currency
"""


class Migration(migrations.Migration):
    """One column, counted from the legs that there are."""

    dependencies = [("data", "0033_raw_pieces_as_they_are")]
    operations = [
        migrations.AddField(
            "usageday",
            "bought",
            models.IntegerField(default=0, db_default=0, help_text="calls with a cost"),
        ),
        migrations.RunSQL(COUNT, reverse_sql=migrations.RunSQL.noop),
    ]
