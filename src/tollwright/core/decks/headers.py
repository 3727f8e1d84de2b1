"""Where a deck's header row is and what its columns are called."""

from __future__ import annotations

import re

from tollwright.core.decks.mapping import Meaning
from tollwright.core.decks.table import Row

MOST_TITLES = 60  # rows above the headers

_WORDS: dict[Meaning, str] = {
    "prefix": "prefix prefixes code codes dialcode dialcodes dialingcode dialprefix dialedcode"
    " destinationcode destcode destinationprefix routecode breakoutcode e164 number areaprefix"
    " vorwahl indicatif prefijo codigo",
    "country_code": "countrycode countrycodes cc ctrycode countryprefix countrydialcode"
    " internationalcode",
    "area_code": "areacode areacodes citycode citycodes ndc npa regioncode subcode cityarea"
    " citycodeareacode",
    "origin_prefix": "originprefix origin origincode orig callerprefix sourceprefix aprefix"
    " originationcode fromcode",
    "name": "destination destinationname name description dest destname zone zonename location"
    " breakout breakoutname areaname routename countryname country ziel destino operator",
    "price": "rate price rates prices cost tariff charge newrate newprice currentrate ratemin"
    " pricemin minuterate callrate buyrate sellrate voicerate usagerate preis tarif precio",
    "connect_fee": "connectfee connectionfee connectcharge connectioncharge connectcost setupfee"
    " setup setupcharge setuprate callsetup callsetupfee flagfall connect",
    "increments": "increment increments billingincrement billingincrements billing rounding"
    " billincrement inc incr chargeincrement pulse intervals billinginterval blocks taktung"
    " incrementmin",
    "first_s": "min minimum mins first firstinterval firstincrement initial initialincrement"
    " initialblock initblock minduration minimumduration minimumtime minimumseconds"
    " minimumcallduration interval1 minchargeduration initialinterval",
    "next_s": "step next nextinterval nextincrement subsequent subsequentincrement additional"
    " additionalincrement intervaln secondinterval addincrement subsequentinterval"
    " nextseconds billingblock",
    "min_charge": "mincharge minimumcharge mincost minimumcost minimalcost",
    "max_charge": "maxcharge maximumcharge maxcost maximumcost",
    "grace_s": "freeseconds includedseconds grace graceperiod graceseconds free included",
    "effective_from": "effective effectivedate effectivefrom validfrom startdate date from start"
    " fromdate effectivestart activationdate activefrom dateeffective begin begindate gueltigab",
    "effective_to": "effectiveto validto validuntil until enddate expiry expirydate expires"
    " expirationdate todate effectiveend",
    "blocked": "blocked block isblocked barred status state disabled",
    "currency": "currency curr ccy currencycode",
}
MEANING_OF: dict[str, Meaning] = {
    word: meaning for meaning, words in _WORDS.items() for word in words.split()
}
_CURRENCIES = "usd eur gbp chf aud cad nzd sek nok dkk pln czk huf ron inr zar brl mxn sgd hkd jpy"
_NOISE_WORDS = frozenset(
    (
        *(*_CURRENCIES.split(), "per", "minute", "min", "sec", "second", "seconds", "s", "in"),
        *("the", "usdmin", "eurmin", "new", "call"),
    )
)


def plain(header: str) -> str:
    """A header without case, blanks and signs: how headers are compared."""
    return re.sub(r"[\W_]+", "", header.lower())


def meaning_of(header: str) -> Meaning | None:
    """What a column of this name usually holds; None when the name says nothing."""
    whole = plain(header)
    if whole in MEANING_OF:
        return MEANING_OF[whole]
    words = [word for word in re.split(r"[\W_]+", header.lower()) if word]
    rest = "".join(word for word in words if word not in _NOISE_WORDS)
    if rest in MEANING_OF:
        return MEANING_OF[rest]
    if not rest and words and {"min", "minute", "usdmin", "eurmin"} & set(words):
        return "price"
    return None


def currency_in(header: str) -> str:
    """The ISO currency a header names (`rate_per_min_usd`), else ''."""
    words = re.split(r"[\W_]+", header.lower())
    return next((word.upper() for word in words if word in _CURRENCIES.split()), "")


def find_header(rows: list[Row]) -> int | None:
    """Index of the row that names a code and a price column; None = the deck has no headers."""
    for index, (_, cells) in enumerate(rows[:MOST_TITLES]):
        meanings = {meaning_of(cell) for cell in cells if cell.strip()}
        if meanings & {"prefix", "country_code", "area_code"} and "price" in meanings:
            return index
    return None


def places(rows: list[Row], names: list[str]) -> tuple[int, dict[str, int]] | None:
    """Index of the first data row and the column of each of `names`; None = not in this file.

    Names like '#3' are places themselves: then data begins at the first row.
    """
    if all(re.fullmatch(r"#\d+", name) for name in names):
        return 0, {name: int(name[1:]) - 1 for name in names}
    wanted = {plain(name): name for name in names}
    for index, (_, cells) in enumerate(rows[:MOST_TITLES]):
        have = {plain(cell): at for at, cell in reversed(list(enumerate(cells))) if cell.strip()}
        if wanted.keys() <= have.keys():
            return index + 1, {name: have[key] for key, name in wanted.items()}
    return None
