"""The settings that cascade, and the values that can be chosen for them."""

from __future__ import annotations

from tollwright.core.labels.label import Label, Labels
from tollwright.core.settings import SETTINGS

SETTING: Labels = {
    name: Label(one.label, one.description, one.unit) for name, one in SETTINGS.items()
}

CYCLE: Labels = {
    "day": Label("Daily", "An invoice for each day."),
    "weekly": Label("Weekly", "From Monday to Sunday."),
    "fortnightly": Label("Every two weeks", "Two weeks, from a Monday."),
    "monthly": Label("Monthly", "Months from the bill day, the 1st unless it is set."),
    "anniversary": Label("Monthly from the first day", "Months from the customer's first day."),
}
INVOICE_DETAIL: Labels = {
    "summary": Label("Totals only", "One line for all calls."),
    "by_campaign": Label("Totals by campaign", "One line for the calls of each campaign."),
    "itemised": Label("Every call", "Totals by campaign, and a list of the calls behind them."),
}
LATE_USAGE: Labels = {
    "next_invoice": Label("On the next invoice"),
    "own_invoice": Label("On an invoice of its own"),
}
SECOND_ROUNDING: Labels = {
    "up": Label("Up", "Each second begun counts whole."),
    "nearest": Label("To the nearest second"),
    "down": Label("Down", "Only whole seconds count."),
}
SECOND_FACTOR: Labels = {
    "nobody": Label("Nobody has to", "Each person decides."),
    "owners": Label("Owners", "Who gives out roles and keys."),
    "staff": Label("Staff", "Every role of the provider."),
    "everybody": Label("Everybody", "The people of customers too."),
}
TAX_CATEGORY: Labels = {
    "S": Label("Standard rate"),
    "Z": Label("Zero rate"),
    "E": Label("Exempt from tax"),
    "AE": Label("Reverse charge", "The recipient is liable for the tax."),
    "K": Label("Intra-community supply", "Exempt from tax: goods or services within the EU."),
    "G": Label("Export", "Exempt from tax: outside the tax territory."),
    "O": Label("Outside the scope of tax"),
}
ROUNDING: Labels = {
    "half_up": Label("Half up", "To the nearest; a half goes up."),
    "up": Label("Up", "Always to the next higher."),
    "down": Label("Down", "What is finer is cut off."),
    "half_even": Label("Half to even", "To the nearest; a half goes to the even digit."),
}
SCOPE: Labels = {
    "platform": Label("Platform", "Holds for every provider of this installation."),
    "tenant": Label("Company", "Holds for all customers."),
    "customer": Label("Customer", "Holds for one customer and its campaigns."),
    "campaign": Label("Campaign", "Holds for one campaign."),
}
