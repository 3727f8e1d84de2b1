"""What a piece of work is called: by its kind, with the name of what it is about."""

from __future__ import annotations

from tollwright.core.labels.label import Label, Labels

JOB: Labels = {
    "billing.accept_proposal": Label("Accept proposal {name}"),
    "billing.draft_customer": Label("Draft for {name}"),
    "billing.finalise": Label("Finalise the draft for {name}"),
    "billing.finalise_run": Label("Finalise run {name}"),
    "billing.run": Label("Billing run {name}"),
    "calls.import": Label("Import {name}"),
    "calls.replay": Label("Replay {name}"),
    "calls.roll_back": Label("Roll back {name}"),
    "exports.table": Label("Export {name}"),
    "nightly.check_audit": Label("Check the audit chain"),
    "nightly.check_books": Label("Check every document against its rows"),
    "nightly.check_installation": Label("Check the installation"),
    "nightly.check_rollups": Label("Check the sums of days against their charges"),
    "nightly.draft": Label("Draft what is due"),
    "nightly.make_months": Label("Make the months ahead"),
    "nightly.tell_overdue": Label("Tell of what is overdue"),
    "nightly.tidy": Label("Let go of old jobs and their files"),
    "rates.apply_deck": Label("Apply {name}"),
    "rates.draft_version": Label("Draft {name}"),
    "rates.preview_deck": Label("Preview {name}"),
    "rates.preview_deck_again": Label("Preview {name}"),
    "rates.publish_version": Label("Publish {name}"),
    "rates.revert": Label("Go back to {name}"),
    "rerating.apply": Label("Apply a difference report"),
    "rerating.report": Label("Difference report"),
    "rerating.what_if": Label("What if"),
}
