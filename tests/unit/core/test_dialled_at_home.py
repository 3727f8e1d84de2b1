"""Every country's example numbers as they are dialled there: none becomes another number."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.phonemetadata import PhoneMetadata

from tollwright.core.number_ranges import RangeError, parse_range
from tollwright.core.numbering_plan import plan_of_code
from tollwright.core.numbers import Dialling, Number, normalise
from tollwright.kernel.cdr.parsed_columns import e164
from tollwright.kernel.text import text_of

KINDS = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number",
    "pager", "uan", "voicemail",
)  # fmt: skip
SHORT_KINDS = ("short_code", "emergency", "toll_free", "premium_rate", "standard_rate")
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def metadata(region: str) -> PhoneMetadata:
    meta = PhoneMetadata.metadata_for_region(region, None)
    assert meta is not None
    return meta


def examples(region: str) -> list[tuple[str, str]]:
    """(national number, E.164 digits) of each kind of number that the library has an example of."""
    meta = metadata(region)
    found = [getattr(meta, kind) for kind in KINDS]
    numbers = [one.example_number for one in found if one is not None and one.example_number]
    return [(number, f"{meta.country_code}{number}") for number in numbers]


def dialled_at_home(region: str) -> list[tuple[str, str]]:
    """(text, E.164 digits): as the country writes it, and bare or with its trunk digits."""
    trunk = metadata(region).national_prefix or ""
    found = []
    for number, digits in examples(region):
        parsed = phonenumbers.parse("+" + digits)
        national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
        found += [(national, digits), (trunk + number, digits)]
        if len(number) > 6:
            found.append((number, digits))
    return found


def test_no_example_number_becomes_another_one() -> None:
    dialled = [(region, *one) for region in REGIONS for one in dialled_at_home(region)]
    assert len(dialled) > 3_000
    assert [
        (region, text, normalise(text, region).digits)
        for region, text, digits in dialled
        if normalise(text, region).digits != digits
    ] == []


def test_no_example_of_a_short_number_becomes_a_number_abroad() -> None:
    wrong = []
    for region in REGIONS:
        meta = PhoneMetadata.short_metadata_for_region(region, None)
        for kind in SHORT_KINDS if meta else ():
            said = getattr(meta, kind)
            number = said.example_number if said is not None else None
            if number and normalise(number, region) != Number(number, "short"):
                wrong.append((region, number))
    assert wrong == []


@pytest.mark.parametrize("region", ["", *REGIONS])
def test_columns_read_what_the_rule_reads(region: str) -> None:
    texts = [f"{head}{digits}" for _, digits in examples(region or "GB") for head in ("", "00")]
    texts += [text for text, _ in dialled_at_home(region or "GB")]
    texts += [text for other in ("DE", "US", "RU") for text, _ in dialled_at_home(other)]
    texts += ["", "2002", "+493012345", "anonymous", "01134960000", "0119876543", "1" * 25]
    column = e164(text_of(texts), region)
    assert [column.at(row) for row in range(len(texts))] == [
        normalise(text, region).digits for text in texts
    ]


DIGITS = st.text("0123456789", min_size=1, max_size=19)
HABITS = Dialling((parse_range("1000-4999"), parse_range("777*")), ("9", "1001#"), "home")


@given(
    texts=st.lists(DIGITS | DIGITS.map("0{}".format) | DIGITS.map("1001#{}".format), max_size=8),
    region=st.sampled_from(["", "GB", "DE", "US", "IT", "RU", "BR", "AR", "JP", "NU"]),
    habits=st.sampled_from([Dialling(), HABITS, Dialling(bare="international")]),
)
def test_columns_read_any_digits_as_the_rule_does(
    texts: list[str], region: str, habits: Dialling
) -> None:
    column = e164(text_of(texts), region, habits)
    assert [column.at(row) for row in range(len(texts))] == [
        normalise(text, region, habits).digits for text in texts
    ]


@pytest.mark.parametrize(
    ("text", "region", "digits"),
    [
        ("400318059", "DE", "40318059"),  # Romania with a 0 left in it, not the trunk 0 of Hamburg
        ("960012345", "CL", "960012345"),  # the Maldives have no trunk 0 to take off
        ("1131234567", "GB", "1131234567"),
    ],
)
def test_the_code_comes_first_where_a_switch_says_so(text: str, region: str, digits: str) -> None:
    habits = Dialling(bare="international")
    assert e164(text_of([text]), region, habits).at(0) == normalise(text, region, habits).digits
    assert normalise(text, region, habits).digits == digits


@given(code=st.sampled_from(["1", "7", "39", "44", "49", "54", "886"]), digits=DIGITS)
def test_the_table_knows_the_numbers_that_the_library_knows(code: str, digits: str) -> None:
    leading = len(digits) - len(digits.lstrip("0"))
    number = phonenumbers.PhoneNumber(
        int(code), int(digits), italian_leading_zero=leading > 0 or None,
        number_of_leading_zeros=leading or None,
    )  # fmt: skip
    if digits.strip("0"):
        valid = phonenumbers.is_valid_number(number)
        assert plan_of_code(code).numbers.accepts_digits(digits) == valid


@pytest.mark.parametrize(
    ("text", "region", "digits", "kind"),
    [
        ("0113 496 0000", "GB", "441134960000", "international"),  # Leeds, not Spain
        ("01134960000", "US", "34960000", "international"),  # Spain, from America
        ("011 987 6543", "IT", "390119876543", "international"),  # Turin, not Iran
        ("0044 113 496 0000", "DE", "441134960000", "international"),
        ("4410", "GB", "4410", "short"),
        ("118118", "GB", "118118", "short"),
        ("211234", "FO", "298211234", "international"),  # six digits are a number there
        ("+266696687", "", "+266696687", "unknown"),  # ANONYMOUS, no number of Lesotho
        ("1234567", "", "1234567", "unknown"),
    ],
)
def test_the_home_plan_comes_first(text: str, region: str, digits: str, kind: str) -> None:
    found = normalise(text, region)
    assert (found.digits, found.kind) == (digits, kind)


@pytest.mark.parametrize(
    ("text", "inside"),
    [("*97", True), ("s", True), ("client:ann", True), ("sip:ann@pbx", True), ("anonymous", False),
     ("restricted", False), ("", False), ("2002", False), ("+442079460000", False)],
)  # fmt: skip
def test_features_and_users_are_no_outside_call(text: str, inside: bool) -> None:
    assert normalise(text, "GB").stays_inside == inside


@pytest.mark.parametrize(
    ("text", "dialling", "digits", "kind"),
    [
        ("2002", Dialling((parse_range("1000-2999"),)), "2002", "internal"),
        ("90113 496 0000", Dialling(strip=("9",)), "441134960000", "international"),
        ("1001#+442079460000", Dialling(strip=("1001#",)), "442079460000", "international"),
        ("9001", Dialling((parse_range("9*"),), ("9",)), "9001", "internal"),
        ("1131234567", Dialling(), "441131234567", "international"),
        ("1131234567", Dialling(bare="international"), "1131234567", "international"),
    ],
)
def test_a_switch_has_habits_of_its_own(
    text: str, dialling: Dialling, digits: str, kind: str
) -> None:
    found = normalise(text, "GB", dialling)
    assert (found.digits, found.kind) == (digits, kind)


def test_an_access_digit_is_taken_off_what_is_called_only() -> None:
    habits = Dialling(strip=("9", "1001#"))
    assert habits.of_callers.strip == ("1001#",)


@pytest.mark.parametrize(
    ("text", "stored"),
    [("4930*", "4930*"), ("+49 30 *", "4930*"), ("493012345600-493012345699",) * 2,
     ("4930100-4930199", "4930100-4930199"), ("+44 20 7946-0000", "442079460000")],
)  # fmt: skip
def test_ranges_have_one_form(text: str, stored: str) -> None:
    assert str(parse_range(text)) == stored


@pytest.mark.parametrize("text", ["", "*", "4930199-4930100", "call me", "4*30", "1" * 16])
def test_what_names_no_numbers_is_refused(text: str) -> None:
    with pytest.raises(RangeError):
        parse_range(text)
