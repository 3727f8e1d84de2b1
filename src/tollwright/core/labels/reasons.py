"""Why a record waits, why a call has no price or no cost, and why it cannot be priced again."""

from __future__ import annotations

from tollwright.core.labels.label import Label, Labels

# lines of a file that cannot become a call
_FAULTS: Labels = {
    "columns": Label("Wrong number of columns", "Set the source's columns to what is written."),
    "order": Label("Columns in another order", "Set the source's columns to what is written."),
    "quoting": Label("Broken quotes"),
    "encoding": Label("Wrong character set", "Set the source's encoding."),
    "nul": Label("Damaged line", "Take the record from the switch's backup."),
    "line_too_long": Label("Line too long", "It is not a file of this format."),
    "json": Label("Not valid JSON", "Send the record again."),
    "shape": Label("Not a call record"),
    "field": Label("Unknown or wrong field"),
    "no_id": Label("No call id", "Without one a repetition cannot be recognised."),
    "number": Label("Not a number"),
    "time": Label("No valid time"),
    "length": Label("No length"),
    "end_before_start": Label("Ends before it starts"),
    "negative": Label("Negative length"),
    "seconds_conflict": Label(
        "Times and lengths contradict each other", "Send the record again with the true length."
    ),
    "clipped": Label("Length unknown", "Look the call up in the switch."),
    "too_long": Label("Longer than 24 hours", "Confirm the length before it is billed."),
}
# calls that are not rated
_CALLS: Labels = {
    "invalid_time": Label("No valid start"),
    "invalid_duration": Label("No valid length"),
    "invalid_number": Label("Called number cannot be read", "Set the region of the source."),
    "unknown_account": Label("Unknown account", "Give the identifier to a campaign."),
    "no_card": Label("No rate card", "Subscribe a plan, or set the default rate card."),
    "no_published_version": Label("Card not published yet", "Publish a version for that time."),
    "blocked_destination": Label("Destination blocked"),
    "unknown_destination": Label("No rate for the destination", "Add a row to the card."),
    "invalid_call": Label("Cannot be rated"),
    "internal": Label("Cannot be stored", "A text has a character that no database takes."),
    "cost_plus_allowances": Label(
        "Plan from cost, card with allowances", "A plan has one of them."
    ),
    "conflict": Label("Part of a line, told otherwise", "Import a file with the whole line."),
    "late_correction": Label("Call is on an invoice", "Propose a note, or void the invoice."),
    "unknown_cost": Label("Cost not known", "The plan prices the call from its cost."),
    "cost_other_currency": Label("Cost in another currency"),
}
# calls whose cost is not known
_COSTS: Labels = {
    "unknown_trunk": Label("Unknown trunk", "Add the trunk to a carrier."),
    "no_buy_card": Label("Carrier without a buy card", "Assign a buy card to the carrier."),
    "no_buy_version": Label("Buy card not published yet", "Publish a version for that time."),
    "buy_blocked_destination": Label("Destination blocked by the buy card"),
    "buy_unknown_destination": Label("No rate in the buy card", "Add a row to the buy card."),
    "buy_invalid_call": Label("The buy card cannot price it"),
    "not_priced_yet": Label("Not priced yet", "Price the calls without cost."),
    "parent_card_has_allowances": Label("The parent's card has allowances"),
    "parent_late_correction": Label("The parent has invoiced the call"),
}
# of the calls that a parent sells: its own card prices them, or does not
_PARENTS = (
    *("no_card", "no_published_version", "cost_plus_allowances", "unknown_cost"),
    *("cost_other_currency", "blocked_destination", "unknown_destination", "invalid_call"),
)
# stored calls that cannot be priced again
_REFUSALS: Labels = {
    "blocked": Label("Destination blocked now"),
    "unmatched": Label("No rate for the destination now"),
    "invalid": Label("Not a valid call"),
    "other_currency": Label("Card in another currency"),
    "allowances": Label("Depends on the other calls of the period"),
}

REASON: Labels = {
    **_FAULTS,
    **_CALLS,
    **_COSTS,
    **{f"parent_{code}": Label(f"Parent: {_CALLS[code].in_sentence}") for code in _PARENTS},
    **_REFUSALS,
}
