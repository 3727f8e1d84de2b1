"""The form that says how a deck is read: its columns, and the answers to what it leaves open."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from tollwright.core.decks import ColumnMapping, MappingError
from tollwright.core.decks.mapping import EFFECTS, MEANINGS, Meaning, calling_code
from tollwright.web.office.forms import DayField, OfficeForm, choice
from tollwright.web.shared.formatting import iso_day
from tollwright.web.shared.labels import label_of, options

COLUMNS = tuple(meaning for meaning in MEANINGS if meaning != "ignore")
SHOWN = (
    *("price_per", "decimal", "date_order", "first_s", "next_s", "duplicates"),
    *("country", "lists", "hyphens", "grace", "jurisdiction"),
)


def answers(group: str) -> list[tuple[str, Any]]:
    """The answers of a question; that there is none yet is offered by the field."""
    return [pair for pair in options(group) if pair[0]]


class MappingForm(OfficeForm):
    """Which column means what, and what stands for what the deck does not say."""

    ignored = forms.MultipleChoiceField(
        required=False,
        label="Columns to leave out",
        widget=forms.CheckboxSelectMultiple,
        help_text="Looked at, and nothing is to be read from them.",
    )
    sheet = forms.ChoiceField(required=False, label="Sheet")
    country = forms.CharField(
        max_length=20,
        required=False,
        label="Country of codes without +",
        help_text="A calling code (1, 44) or two letters (US, GB); “international” where the codes"
        " begin with their country's. Empty: asked where it is not certain.",
    )
    lists = choice("Lists such as 6138, 39", answers("deck_lists"), required=False)
    hyphens = choice("A hyphen, as in 44-74", answers("deck_hyphens"), required=False)
    grace = choice("Grace seconds are", answers("deck_grace"), required=False)
    jurisdiction = choice(
        "Of several prices of a US deck", answers("deck_jurisdiction"), required=False
    )
    status_words = forms.CharField(
        required=False,
        label="Words of the status column",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line, with what it does: Retired = withdrawn, On hold = blocked,"
        " Promo = open. Usual words are known.",
    )
    price_per = choice("Prices are", [("", "–"), *options("price_per")])
    decimal = choice("Decimal sign", options("decimal", (".", ",")), required=False)
    date_order = choice(
        "Order in dates", options("date_order", ("dmy", "mdy", "ymd")), required=False
    )
    effective_from = DayField(required=False, label="Rows without a date hold from")
    first_s = forms.IntegerField(min_value=0, label="First block, seconds", initial=1)
    next_s = forms.IntegerField(min_value=1, label="Next blocks, seconds", initial=1)
    duplicates = choice("A code that comes twice", options("duplicates"))

    def draw(self, headers: tuple[str, ...], sheets: tuple[str, ...] = ()) -> None:
        """A choice of header for each meaning, and of sheet where there are several."""
        offered = [(header, header) for header in headers if header]
        for meaning in COLUMNS:
            label = label_of("deck_column", meaning)
            self.fields[f"col_{meaning}"] = choice(label, offered, required=False)
        self._offer("ignored", offered)
        if len(sheets) > 1:
            self._offer("sheet", [(name, name) for name in sheets])
        else:
            del self.fields["sheet"]
        self.order_fields(["sheet", *(f"col_{meaning}" for meaning in COLUMNS)])

    def _offer(self, name: str, offered: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = offered

    def clean_country(self) -> str:
        """Raises ValidationError for what is no country."""
        text: str = self.cleaned_data["country"].strip()
        try:
            return text if text == "international" else calling_code(text)
        except MappingError as error:
            raise forms.ValidationError(str(error)) from None

    def clean_status_words(self) -> list[list[str]]:
        """Pairs of word and effect. Raises ValidationError."""
        lines = [line for line in self.cleaned_data["status_words"].splitlines() if line.strip()]
        return [_word(line) for line in lines]

    def payload(self, before: ColumnMapping | None) -> dict[str, Any]:
        """The mapping in its JSON form; what the form does not show stays as before."""
        data = self.cleaned_data
        day = data["effective_from"]
        kept = {
            name: getattr(before, name)
            for name in ("timezone", "encoding", "delimiter", "sheet")
            if before is not None
        }
        columns = [[data[f"col_{name}"], name] for name in COLUMNS if data[f"col_{name}"]]
        used = {header for header, _meaning in columns}
        ignored = [[header, "ignore"] for header in data["ignored"] if header not in used]
        if data.get("sheet"):
            kept["sheet"] = data["sheet"]
        return kept | {
            "columns": columns + ignored,
            "effective_from": iso_day(day) if day else "",
            "status_words": data["status_words"],
            **{name: data[name] for name in SHOWN},
        }


def first_values(
    mapping: ColumnMapping | None, columns: tuple[tuple[str, Meaning], ...]
) -> dict[str, Any]:
    """What the form starts from: the mapping that holds, or what is believed of the columns.

    What a price is for is money: where the file does not tell, it is asked, never believed.
    """
    first: dict[str, Any] = {"duplicates": "error"}
    if mapping is not None:
        first = {name: getattr(mapping, name) for name in (*SHOWN, "effective_from", "sheet")}
        words = [f"{word} = {effect}" for word, effect in mapping.status_words]
        first["status_words"] = "\n".join(words)
    first |= {f"col_{meaning}": header for header, meaning in columns if meaning != "ignore"}
    return first | {"ignored": [header for header, meaning in columns if meaning == "ignore"]}


def _word(line: str) -> list[str]:
    word, sign, effect = (part.strip() for part in line.rpartition("="))
    if not sign or not word or effect not in EFFECTS:
        raise forms.ValidationError(
            _("“%(line)s” is not a word and what it does (%(effects)s).")
            % {"line": line[:60], "effects": ", ".join(EFFECTS)}
        )
    return [word, effect]
