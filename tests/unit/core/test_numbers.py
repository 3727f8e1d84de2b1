"""Numbers as people, switches and carriers write them, and the E.164 digits they mean."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollwright.core.numbers import (
    Number,
    UnknownRegionError,
    country,
    country_code,
    digits_of,
    display,
    normalise,
    searched_digits,
)


@pytest.mark.parametrize(
    ("text", "region", "digits", "code"),
    [
        ("+442071838750", "", "442071838750", "44"),
        ("00442071838750", "", "442071838750", "44"),
        ("011442071838750", "US", "442071838750", "44"),
        ("+44 (0)20 7183 8750", "", "442071838750", "44"),
        ("+4402071838750", "DE", "442071838750", "44"),
        ("020 7183 8750", "GB", "442071838750", "44"),
        ("442071838750", "", "442071838750", "44"),
        ("442071838750", "GB", "442071838750", "44"),
        ("(415) 555-0100", "US", "14155550100", "1"),
        ("14155550100", "US", "14155550100", "1"),
        ("791-445-9811", "US", "17914459811", "1"),
        ("06 12345678", "IT", "390612345678", "39"),
        ("+390612345678", "", "390612345678", "39"),
        ("030123456", "DE", "4930123456", "49"),
        ("+4930123456", "US", "4930123456", "49"),
        ("4930123456", "DE", "4930123456", "49"),
        ("8 (916) 123-45-67", "RU", "79161234567", "7"),
        ("81049301234567", "RU", "49301234567", "49"),
        ("001161412345678", "AU", "61412345678", "61"),
        ("33123456", "US", "33123456", "33"),
        ("sip:+33612345678@pbx.example", "", "33612345678", "33"),
        ("tel:+33-6-12-34-56-78;phone-context=x", "", "33612345678", "33"),
        ("881612345678", "", "881612345678", "881"),
    ],
)
def test_every_form_leads_to_the_same_digits(
    text: str, region: str, digits: str, code: str
) -> None:
    assert normalise(text, region) == Number(digits, "international", code)


@pytest.mark.parametrize(
    ("text", "region", "kind"),
    [
        ("600", "", "short"),
        ("112", "DE", "short"),
        ("118118", "GB", "short"),
        ("client1", "", "unknown"),
        ("anonymous", "US", "unknown"),
        ("", "", "unknown"),
        ("*97", "US", "unknown"),
        ("+", "", "unknown"),
        ("+1234", "", "unknown"),
        ("0000000000", "", "unknown"),
        ("+9991234567", "", "unknown"),
        ("44207183875012345678", "", "unknown"),
        ("٠١٢٣٤٥٦٧٨٩", "EG", "unknown"),
    ],
)
def test_what_is_no_number_stays_as_it_is(text: str, region: str, kind: str) -> None:
    assert normalise(text, region) == Number(text, kind)  # type: ignore[arg-type]  # table text


def test_a_short_number_is_not_international() -> None:
    assert not normalise("600", "").international
    assert normalise("+442071838750", "").international


def test_a_region_that_is_none_is_said_so() -> None:
    with pytest.raises(UnknownRegionError, match="'XX' is not the ISO code"):
        normalise("0201234567", "XX")


REGIONS = ["DE", "GB", "FR", "US", "IT", "ES", "BR", "IN", "AU", "NL", "PL", "ZA", "TR"]


@given(region=st.sampled_from(REGIONS), kind=st.sampled_from([0, 1, 3, 4]))
def test_the_quick_way_agrees_with_the_number_plans(region: str, kind: int) -> None:
    number = phonenumbers.example_number_for_type(region, kind)
    if number is None:
        return
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert normalise(e164, region).digits == e164[1:]
    assert normalise("00" + e164[1:], "").digits == e164[1:]
    if len(e164) > 8:
        assert normalise(national, region).digits == e164[1:]


@given(st.text(max_size=30), st.sampled_from(["", *REGIONS]))
def test_no_text_raises_and_digits_are_plain(text: str, region: str) -> None:
    number = normalise(text, region)
    if number.international:
        assert number.digits.isascii()
        assert number.digits.isdigit()
        assert 7 <= len(number.digits) <= 15
        assert number.digits.startswith(number.country_code)


TEXTS = st.one_of(
    st.from_regex(r"\+[0-9]{0,18}", fullmatch=True),
    st.sampled_from(["+49301234567", "+490301234567", "+4930²34567", "+1²34567890", "+", "++4930"]),
    st.text(max_size=18),
)


@given(texts=st.lists(TEXTS), region=st.sampled_from(["", "DE", "US", "IT"]))
def test_many_numbers_at_once_are_the_same_digits(texts: list[str], region: str) -> None:
    assert digits_of(texts, region) == [normalise(text, region).digits for text in texts]


@pytest.mark.parametrize(
    ("digits", "shown", "iso", "code"),
    [
        ("442071838750", "+44 20 7183 8750", "GB", "44"),
        ("12425551234", "+1 242-555-1234", "BS", "1"),
        ("14155550100", "+1 415-555-0100", "US", "1"),
        ("77011234567", "+7 701 123 4567", "KZ", "7"),
        ("600", "600", "", ""),
    ],
)
def test_a_number_is_shown_with_its_country(digits: str, shown: str, iso: str, code: str) -> None:
    assert (display(digits), country(digits)) == (shown, iso)
    assert country_code(digits) == code or iso == ""


@pytest.mark.parametrize(
    ("text", "region", "first", "last", "dialled"),
    [  # a beginning is looked for in every form it is written in, an end as its digits
        ("030 12", "DE", {"03012", "493012"}, {"03012", "3012"}, {"03012"}),
        ("+49 30 12", "", {"493012"}, set(), {"493012", "+493012"}),
        ("+49 (0)30 123456", "", {"49030123456", "4930123456"}, set(),
         {"49030123456", "+49030123456"}),
        ("0049 30 12", "", {"00493012", "493012"}, {"00493012"}, {"00493012"}),
        ("4930 12", "DE", {"493012"}, {"493012"}, {"493012"}),
        ("212 555", "US", {"212555", "1212555"}, {"212555"}, {"212555"}),
        ("1212", "US", {"1212"}, {"1212"}, {"1212"}),
        ("011 44", "US", {"01144", "44"}, {"01144"}, {"01144"}),
        ("06 12", "IT", {"0612", "390612"}, {"0612"}, {"0612"}),
        ("030 12", "", {"03012"}, {"03012", "3012"}, {"03012"}),
        ("7946", "DE", {"7946"}, {"7946"}, {"7946"}),
    ],
)  # fmt: skip
def test_what_a_searched_number_begins_or_ends_with(
    text: str, region: str, first: set[str], last: set[str], dialled: set[str]
) -> None:
    found = searched_digits(text, region)
    assert found is not None
    assert (set(found.first), set(found.last), set(found.dialled)) == (first, last, dialled)


@pytest.mark.parametrize("text", ["", "+", "abc", "44 abc", "1+2", "--", "12\u0663"])
def test_a_text_that_is_no_part_of_a_number_is_searched_for_nowhere(text: str) -> None:
    assert searched_digits(text, "DE") is None


@given(number=st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True), most=st.integers(1, 15))
def test_every_beginning_and_every_end_of_a_number_finds_it(number: str, most: int) -> None:
    begins, ends = searched_digits(number[:most]), searched_digits(number[-most:])
    assert begins is not None and any(number.startswith(one) for one in begins.first)
    assert ends is not None and any(number.endswith(one) for one in ends.last)
