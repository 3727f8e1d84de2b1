"""Re-ratings that were applied, and what they propose for calls that are invoiced already."""

from __future__ import annotations

from django.db import models

from tollwright.data.base import MICROS, TenantOwned


class Rerating(TenantOwned):
    """One applied re-rating: which calls, and what it came to. Append-only.

    `fingerprint` is that of the difference report that was applied: its charges and new amounts.
    calls = all of the scope; revised: charges with a new revision; proposed: on an invoice, they
    wait in a proposal; refused: kept as they are, since they could not be rated any more.
    """

    idempotency_key = models.CharField(max_length=100)
    scope = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64)
    sums = models.JSONField(default=list, help_text="per currency: old, new and difference, micros")
    calls = models.IntegerField(default=0)
    revised = models.IntegerField(default=0)
    proposed = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    applied_at = models.DateTimeField()
    applied_by = models.CharField(max_length=200)

    class Meta:
        db_table = "rerating"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="rerating_once", fields=["tenant", "idempotency_key"])
        ]

    def __str__(self) -> str:
        return f"re-rating {self.pk}"

    @property
    def of_records(self) -> bool:
        """Whether it corrects calls by records that came after their invoice."""
        return "records" in self.scope


class RerateProposal(TenantOwned):
    """Calls of one issued invoice that would cost another amount now; somebody decides.

    Proposed → accepted (notes are issued, the charges get their new revision) | rejected.
    """

    rerating = models.ForeignKey(Rerating, on_delete=models.PROTECT, related_name="proposals")
    invoice = models.ForeignKey("data.Invoice", on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, default="proposed")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "rerate_proposal"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="rerate_proposal_once", fields=["rerating", "invoice"]),
            models.CheckConstraint(
                name="rerate_proposal_status",
                condition=models.Q(status__in=["proposed", "accepted", "rejected"]),
            ),
            models.CheckConstraint(
                name="rerate_proposal_decided",
                condition=models.Q(status="proposed", decided_at__isnull=True)
                | (~models.Q(status="proposed") & models.Q(decided_at__isnull=False)),
            ),
        ]


class RerateProposalLine(TenantOwned):
    """What the calls behind one usage line came to, and would come to now."""

    proposal = models.ForeignKey(RerateProposal, on_delete=models.PROTECT, related_name="lines")
    invoice_line = models.ForeignKey("data.InvoiceLine", on_delete=models.PROTECT, related_name="+")
    calls = models.IntegerField(help_text="whose amount changes")
    old_micros = models.BigIntegerField(help_text=MICROS)
    new_micros = models.BigIntegerField(help_text=MICROS)
    up_micros = models.BigIntegerField(help_text="sum of the increases, micros")
    down_micros = models.BigIntegerField(help_text="sum of the decreases, micros; not negative")

    class Meta:
        db_table = "rerate_proposal_line"
        ordering = ["proposal", "id"]
        constraints = [
            models.UniqueConstraint(
                name="rerate_proposal_line_once", fields=["proposal", "invoice_line"]
            ),
            models.CheckConstraint(
                name="rerate_proposal_line_adds_up",
                condition=models.Q(
                    new_micros=models.F("old_micros")
                    + models.F("up_micros")
                    - models.F("down_micros")
                ),
            ),
        ]

    @property
    def difference_micros(self) -> int:
        """What the line is to change by."""
        return self.new_micros - self.old_micros


class RerateProposalCall(TenantOwned):
    """A charge that waits: the revision it gets when the proposal is accepted.

    A charge waits in one proposal at most (`pending`). Where a `quarantine` record corrects the
    call itself, `record` is the call's next revision, column by column.
    """

    line = models.ForeignKey(RerateProposalLine, on_delete=models.PROTECT, related_name="waiting")
    charge_id = models.BigIntegerField()
    call_id = models.BigIntegerField()
    started_at = models.DateTimeField(help_text="the partition key of the charge")
    card_version_id = models.BigIntegerField()
    plan_version_id = models.BigIntegerField(null=True)
    rate_no = models.IntegerField()
    billed_s = models.IntegerField()
    allowance_s = models.IntegerField()
    amount_micros = models.BigIntegerField(help_text=MICROS)
    pending = models.BooleanField(default=True)
    new_id = models.BigIntegerField(
        null=True, help_text="the charge to be; what it draws on pools is kept by this id already"
    )
    rated_at = models.DateTimeField(null=True, help_text="by whose rules; null: the re-rating's")
    quarantine = models.ForeignKey(
        "data.Quarantine", null=True, on_delete=models.PROTECT, related_name="+"
    )
    record = models.JSONField(null=True)

    class Meta:
        db_table = "rerate_proposal_call"
        constraints = [
            models.CheckConstraint(
                name="rerate_correction_has_its_record",
                condition=models.Q(quarantine__isnull=True, record__isnull=True)
                | models.Q(quarantine__isnull=False, record__isnull=False),
            ),
            models.UniqueConstraint(name="rerate_charge_to_be_once", fields=["new_id"]),
            models.UniqueConstraint(
                name="rerate_charge_waits_once",
                fields=["charge_id"],
                condition=models.Q(pending=True),
            ),
        ]
