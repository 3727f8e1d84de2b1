"""What states things can be in: stored ones, and those that follow from dates and amounts."""

from __future__ import annotations

from tollwright.core.labels.label import Label, Labels

STATUS: Labels = {
    # customers and campaigns
    "active": Label("Active"),
    "suspended": Label("Suspended", "No new calls are sold; what is owed stays."),
    "closed": Label("Closed", "Nothing new is sold; the records stay."),
    # drafts of cards, plans and invoices
    "draft": Label("Draft", "It can still be changed or discarded."),
    "published": Label("Published", "It holds from its date on and never changes."),
    "previewed": Label("Preview", "Read, and not yet part of a card."),
    "applied": Label("Applied", "It became a version of the card."),
    "discarded": Label("Discarded", "It was not used."),
    # invoices
    "finalised": Label("Finalised", "Issued with a number, not fully paid yet."),
    "issued": Label("Issued", "It has its number and was booked."),
    "paid": Label("Paid", "Nothing is open on it."),
    "void": Label("Void", "Cancelled; its number stays taken."),
    "written_off": Label("Written off", "What was open is not expected any more."),
    "overdue": Label("Overdue", "Its due date has passed and it is not fully paid."),
    # files and quarantine
    "rolled_back": Label("Rolled back", "Everything the file brought was taken out again."),
    "open": Label("Open", "It waits for somebody."),
    "reentered": Label("Reprocessed", "It became a call after all."),
    "corrected": Label("Corrected", "A note bills the difference."),
    "dismissed": Label("Dismissed", "Somebody decided that it is not to be billed."),
    # proposals
    "proposed": Label("Proposed", "It waits for a decision."),
    "accepted": Label("Accepted"),
    "rejected": Label("Rejected"),
    # jobs, and files that were imported
    "queued": Label("Waiting", "A worker takes it as soon as one is free."),
    "running": Label("Running"),
    "done": Label("Done"),
    "failed": Label("Failed", "Nothing of it was written; it can be tried again."),
    "cancelled": Label("Cancelled"),
    # calls
    "answered": Label("Answered"),
    "not_answered": Label("Not answered"),
}
CALL_FILTER: Labels = {
    "answered": Label("Answered"),
    "unanswered": Label("Not answered"),
    "charged": Label("Charged"),
    "free": Label("Answered, free"),
    "unbilled": Label("Not on an invoice yet"),
}
RATING_STATUS: Labels = {
    "rated": Label("Rated"),
    "blocked": Label("Destination blocked"),
    "unmatched": Label("No rate"),
    "invalid": Label("Not a valid call"),
}
RECORDS: Labels = {
    "records": Label("Records", "All records of the file."),
    "rated": Label("Rated", "Answered calls with a price; 0 counts too."),
    "unanswered": Label("Not answered", "Kept for the answer rate, not charged."),
    "duplicates": Label("Already imported", "Records that were here before."),
    "ignored": Label("Ignored", "Lines that are no call of a customer: headers, other legs."),
    "quarantined": Label("In quarantine", "Records that wait for somebody."),
}
