"""What can be chosen, and the kinds that things have."""

from __future__ import annotations

from tollwright.core.formats.registry import FORMATS
from tollwright.core.labels.label import Label, Labels

ROLE: Labels = {
    "owner": Label("Owner", "Everything, people and keys included."),
    "billing": Label("Billing", "Customers, invoices and payments."),
    "rates": Label("Rates", "Rate cards, carriers and plans."),
    "support": Label("Support", "Customers, campaigns and calls."),
    "auditor": Label("Auditor (read only)", "Sees everything, changes nothing."),
    "portal_admin": Label("Portal: admin", "Everything of one customer."),
    "portal_finance": Label("Portal: finance", "Usage, invoices and payments of one customer."),
    "portal_viewer": Label("Portal: viewer", "Usage and calls of one customer, no invoices."),
}
CAMPAIGN_KIND: Labels = {
    "dialler": Label("Dialler campaign"),
    "queue": Label("Queue"),
    "in_group": Label("In-group"),
    "project": Label("Project"),
}
IDENTIFIER_KIND: Labels = {
    "campaign": Label("Dialler campaign id"),
    "accountcode": Label("Account code"),
    "user": Label("User or extension"),
    "domain": Label("Domain", "The tenant of a PBX: pbx.example.com."),
    "trunk": Label("Trunk"),
    "source_ip": Label("Source IP"),
    "context": Label("Context", "Of the dial plan in which the call began."),
    "cli": Label("Calling number"),
    "did": Label("Called number (DID)"),
}
DOCUMENT_TYPE: Labels = {
    "invoice": Label("Invoice"),
    "credit_note": Label("Credit note"),
    "debit_note": Label("Debit note"),
    "receipt": Label("Receipt"),
    "reversal": Label("Reversal of a payment"),
    "reallocation": Label("Allocation of a payment"),
}
LINE_KIND: Labels = {
    "registration": Label("Registration fee"),
    "subscription": Label("Subscription fee"),
    "support": Label("Support fee"),
    "usage": Label("Calls"),
    "correction": Label("Correction"),
}
FEE_KIND: Labels = {
    "registration": Label("Registration", "Charged once."),
    "subscription": Label("Subscription", "Charged for each interval."),
    "support": Label("Support", "Charged for each interval."),
}
FEE_TIMING: Labels = {
    "advance": Label("In advance", "Billed before the interval it is for."),
    "arrears": Label("In arrears", "Billed after the interval it is for."),
}
FEE_INTERVAL: Labels = {
    "once": Label("Once"),
    "day": Label("Day"),
    "week": Label("Week"),
    "month": Label("Month"),
    "quarter": Label("Quarter"),
    "half_year": Label("Half-year"),
    "year": Label("Year"),
}
FEE_ANCHOR: Labels = {
    "calendar": Label("By the calendar", "Months, quarters and years as in the calendar."),
    "start": Label("From the first day", "Counted from the day on which the plan began."),
}
FEE_PRORATION: Labels = {
    "day": Label("By the day", "Of a part of the interval its days are billed."),
    "second": Label("By the second", "As by the day, but a day of 25 hours counts as that."),
    "none": Label("Not divided", "A part of the interval is billed as a whole one."),
}
FEE_UNUSED: Labels = {
    "give_back": Label("Given back", "What was billed in advance for days after the end."),
    "keep": Label("Not given back"),
}
PRICING: Labels = {
    "card": Label("The rate card", "Calls cost what the card says."),
    "cost_plus": Label("Cost plus markup", "Calls cost what the carrier takes, and a markup."),
}
ROUTING: Labels = {
    "least_cost": Label("Cheapest carrier first"),
    "quality": Label("Best quality first"),
    "priority": Label("By priority"),
    "percentage": Label("By percentage"),
}
METHOD: Labels = {
    "transfer": Label("Bank transfer"),
    "card": Label("Card"),
    "direct_debit": Label("Direct debit"),
    "cash": Label("Cash"),
}
ACCOUNT_KIND: Labels = {
    "receivable": Label("Receivable", "What customers owe."),
    "revenue": Label("Revenue"),
    "tax": Label("Tax"),
    "cash": Label("Cash", "Money received."),
    "rounding": Label("Rounding"),
    "write_off": Label("Write-offs"),
}
ENTRY_KIND: Labels = {
    "invoice": Label("Invoice"),
    "credit_note": Label("Credit note"),
    "debit_note": Label("Debit note"),
    "void": Label("Voided invoice"),
    "payment": Label("Payment"),
    "payment_reversal": Label("Payment reversed"),
    "write_off": Label("Written off", "What will not be paid any more, or that taken back."),
}
SIDE: Labels = {
    "sell": Label("Sell", "What customers pay."),
    "buy": Label("Buy", "What a carrier takes."),
}
LEG: Labels = {
    "sell": Label("What the customer pays"),
    "buy": Label("What the carrier takes"),
    "parent": Label("What the parent takes"),
}
DIRECTION: Labels = {
    "inbound": Label("Inbound"),
    "outbound": Label("Outbound"),
}
DECK_MODE: Labels = {
    "replace": Label("Replace", "The deck is the whole card; codes it lacks are closed."),
    "amend": Label("Amend", "The deck changes the codes it names; the others stay."),
}
CHANGE: Labels = {
    "new": Label("New"),
    "increased": Label("Increased"),
    "decreased": Label("Decreased"),
    "changed": Label("Changed", "The price is the same, something else is not."),
    "unchanged": Label("Unchanged"),
    "blocked": Label("Blocked"),
    "closed": Label("Closed"),
}
DECK_COLUMN: Labels = {
    "prefix": Label("Prefix"),
    "country_code": Label("Country code"),
    "area_code": Label("Area code"),
    "exchange_code": Label("Exchange code", "NXX: the digits after the area code."),
    "origin_prefix": Label("Origin prefix"),
    "name": Label("Destination"),
    "price": Label("Price", "Of a US deck: the price between states."),
    "price_intra": Label("Price within the state"),
    "price_local": Label("Local price"),
    "price_indeterminate": Label("Price where the origin is unknown"),
    "first_price": Label("Price of the first block"),
    "unit_s": Label("Time that the price is for"),
    "connect_fee": Label("Connect fee"),
    "disconnect_fee": Label("Fee at the end of a call"),
    "increments": Label("Increments", "Both in one column, as in 60/6."),
    "first_s": Label("First block", unit="seconds"),
    "next_s": Label("Next blocks", unit="seconds"),
    "min_charge": Label("Minimum charge"),
    "max_charge": Label("Maximum charge"),
    "grace_s": Label("Free or grace seconds", unit="seconds"),
    "min_seconds": Label("Shorter calls are free", unit="seconds"),
    "effective_from": Label("Effective from"),
    "effective_to": Label("Effective until"),
    "blocked": Label("Blocked"),
    "withdrawn": Label("Withdrawn", "Yes: the code is not sold any more."),
    "status": Label("Status", "Words such as current, deleted, blocked."),
    "currency": Label("Currency"),
    "ignore": Label("Not used"),
}
DECK_FLAG: Labels = {
    "tenfold": Label("Ten times or a tenth", "Of the price before, or of the shorter code's."),
    "zero": Label("Free of charge"),
    "below_cost": Label("Below cost", "Less than the cheapest of the buy cards."),
}
DECK_LISTS: Labels = {
    "": Label("Ask"),
    "full": Label("Each item is a whole code"),
    "area": Label("Items have the country of the first"),
}
DECK_HYPHENS: Labels = {
    "": Label("Ask where it is not certain"),
    "range": Label("All codes between"),
    "list": Label("The two codes"),
    "area": Label("Country and area: one code"),
}
DECK_GRACE: Labels = {
    "": Label("Ask"),
    "subtract": Label("Taken off each call"),
    "threshold": Label("Calls up to them are free, longer ones are charged whole"),
    "add": Label("Added to each call"),
}
DECK_JURISDICTION: Labels = {
    "": Label("Ask"),
    "inter": Label("Between states"),
    "intra": Label("Within the state"),
    "local": Label("Local"),
    "indeterminate": Label("Where the origin is unknown"),
    "highest": Label("The highest of them"),
}
DECK_EFFECT: Labels = {
    "open": Label("Sold"),
    "withdrawn": Label("Withdrawn: the code is closed"),
    "blocked": Label("Blocked: calls are refused"),
}
PRICE_PER: Labels = {
    "minute": Label("Per minute"),
    "second": Label("Per second"),
    "increment": Label("Per increment"),
}
DATE_ORDER: Labels = {
    "": Label("No doubt allowed", "A date that could be read two ways is an error."),
    "dmy": Label("Day, month, year"),
    "mdy": Label("Month, day, year"),
    "ymd": Label("Year, month, day"),
}
DECIMAL: Labels = {
    "": Label("As each number shows"),
    ".": Label("A point"),
    ",": Label("A comma"),
}
DUPLICATES: Labels = {
    "error": Label("An error"),
    "first": Label("The first row counts"),
    "last": Label("The last row counts"),
    "highest": Label("The most expensive row counts"),
}
CARD_FIELD: Labels = {
    "side": Label("Side", "Sell or buy."),
    "currency": Label("Currency"),
    "timezone": Label("Time zone", "For dates, days of the week and hours."),
    "family": Label("How blocks are counted"),
    "crossing": Label("A call over a change of price"),
    "unmatched": Label("A number without a row"),
    "second_rounding": Label("Rounding to seconds"),
    "rounding": Label("Rounding of the amount"),
    "bands": Label("Time bands"),
    "rates": Label("Rows"),
    "allowances": Label("Allowances"),
    "allow_negative": Label("Negative prices"),
}
CROSSING: Labels = {
    "split": Label("Split", "Each part of the call has its own price."),
    "at_start": Label("Price at the start", "The whole call has the price of its answer."),
}
FAMILY: Labels = {
    "initial_then_increment": Label("A first block, then increments"),
    "round_total": Label("The total, rounded up"),
}
UNMATCHED: Labels = {
    "reject": Label("Not rated"),
    "default": Label("The default row"),
}
ALLOWANCE_UNIT: Labels = {
    "seconds": Label("Seconds"),
    "calls": Label("Calls"),
    "money": Label("Money"),
}
EXCESS: Labels = {
    "partial": Label("The rest is charged"),
    "whole_free": Label("The whole call is free"),
    "all_or_nothing": Label("The whole call is charged"),
}
PER: Labels = {
    "customer": Label("For the customer", "All its campaigns share one pool."),
    "campaign": Label("For each campaign"),
}
GRACE: Labels = {
    "threshold": Label("Free up to, then from the first second"),
    "subtract": Label("The first seconds are always free"),
    "add": Label("Added to the length"),
}
CALL_LIMIT: Labels = {
    "min_charge": Label("Minimum charge"),
    "max_charge": Label("Maximum charge"),
}
FORMAT: Labels = {  # `FreeSWITCH CDR in CSV (mod_cdr_csv)`: the module is the help
    name: Label(one.title.partition(" (")[0], one.title.partition(" (")[2].removesuffix(")"))
    for name, one in FORMATS.items()
}
