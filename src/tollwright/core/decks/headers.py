"""Where a deck's header row is and what its columns are called."""

from __future__ import annotations

import re

from tollwright.core.decks.mapping import Meaning
from tollwright.core.decks.table import Row

MOST_TITLES = 60  # rows above the headers

_WORDS: dict[Meaning, str] = {
    "prefix": "prefix prefixes code codes dialcode dialcodes dialingcode dialprefix dialedcode"
    " destinationcode destcode destinationprefix routecode breakoutcode e164 number areaprefix"
    " vorwahl indicatif prefijo codigo npanxx npanxxx npanxxy digits dialingprefix dialpattern",
    "country_code": "countrycode countrycodes cc ctrycode countryprefix countrydialcode"
    " internationalcode",
    "area_code": "areacode areacodes citycode citycodes ndc npa regioncode subcode cityarea"
    " citycodeareacode",
    "exchange_code": "nxx exchange exchangecode centraloffice",
    "origin_prefix": "originprefix origin origincode orig callerprefix sourceprefix aprefix"
    " originationcode fromcode",
    "name": "destination destinationname name description dest destname zone zonename location"
    " breakout breakoutname areaname routename countryname country ziel destino operator",
    "price": "rate price rates prices cost tariff charge newrate newprice currentrate ratemin"
    " pricemin minuterate callrate buyrate sellrate voicerate usagerate preis tarif precio"
    " currentprice oldrate oldprice previousrate previousprice futurerate futureprice costmin"
    " buyprice sellprice retailrate retailprice sellingrate sellingprice customerrate vendorrate"
    " customerprice buyingrate buyingprice peakrate peakprice offpeakrate offpeakprice"
    " weekendrate peak offpeak weekend perminutecost perminutecharge perminuterate"
    " chargeperminute proposedrate"
    " priorrate existingrate revisedrate listprice netrate grossrate netprice"
    " inter interstate interrate interprice interstaterate interstateprice",
    "price_intra": "intra intrastate intrarate intraprice intrastaterate intrastateprice",
    "price_local": "local localrate localprice intralata intralatarate intralataprice",
    "price_indeterminate": "indeterminate indeterminaterate indeterminateprice indet indetrate"
    " indeterminatestate unknownjurisdiction",
    "first_price": "pricefirst firstprice initialprice priceinitial firstrate",
    "unit_s": "rateunit priceunit unit perunit chargeunit",
    "connect_fee": "connectfee connectionfee connectcharge connectioncharge connectcost setupfee"
    " setup setupcharge setuprate callsetup callsetupfee flagfall connect connectioncost"
    " connectioncharges setupcost percallcharge percallfee",
    "disconnect_fee": "disconnectcharge disconnectfee disconnectioncharge disconnectionfee",
    "increments": "increment increments billingincrement billingincrements billing rounding"
    " billincrement inc incr chargeincrement pulse intervals billinginterval blocks taktung"
    " incrementmin interval pulserate chargeperiod rateincrement granularity billingunit"
    " billingcycle increments blocking",
    "first_s": "min minimum mins first firstinterval firstincrement initial initialincrement"
    " initialblock initblock initinterval initialperiod intervalfirst minduration minimumduration"
    " minimumtime minimumseconds"
    " minimumcallduration interval1 minchargeduration initialinterval",
    "next_s": "step next nextinterval nextincrement subsequent subsequentincrement additional"
    " additionalincrement intervaln secondinterval addincrement subsequentinterval"
    " nextseconds billingblock intervalnext nextperiod incrementalinterval",
    "min_charge": "mincharge minimumcharge mincost minimumcost minimalcost",
    "max_charge": "maxcharge maximumcharge maxcost maximumcost",
    "grace_s": "freeseconds includedseconds grace graceperiod graceseconds free included gracetime"
    " gracevolume",
    "min_seconds": "nochargetime ratenochargetime shortcallthreshold",
    "effective_from": "effective effectivedate effectivefrom validfrom startdate date from start"
    " fromdate effectivestart activationdate activefrom dateeffective begin begindate gueltigab",
    "effective_to": "effectiveto validto validuntil until enddate expiry expirydate expires"
    " expirationdate todate effectiveend",
    "blocked": "blocked block isblocked barred disabled forbidden",
    "withdrawn": "discontinued deleted withdrawn isdeleted",
    "status": "status state change changes changetype ratechange pricechange action codestatus"
    " active enabled isactive isenabled ratestatus changestatus changeindicator"
    " statusofchange typeofchange codechange comment"
    " comments remark remarks note notes flag",
    "currency": "currency curr ccy currencycode",
}
MEANING_OF: dict[str, Meaning] = {
    word: meaning for meaning, words in _WORDS.items() for word in words.split()
}
_CURRENCIES = "usd eur gbp chf aud cad nzd sek nok dkk pln czk huf ron inr zar brl mxn sgd hkd jpy"
_CURRENCY_WORDS = frozenset(_CURRENCIES.split())
_NOISE_WORDS = frozenset(
    (
        *(*_CURRENCIES.split(), "per", "minute", "min", "sec", "second", "seconds", "s", "in"),
        *("the", "usdmin", "eurmin", "call"),
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


def without_currency(header: str) -> str:
    """A header as `plain` has it, the currencies in it gone: `Cost / Min (USD)` is `costmin`."""
    words = [word for word in re.split(r"[\W_]+", header.lower()) if word]
    return "".join(word for word in words if word not in _CURRENCY_WORDS)


def currency_in(header: str) -> str:
    """The ISO currency a header names (`rate_per_min_usd`), else ''."""
    words = re.split(r"[\W_]+", header.lower())
    return next((word.upper() for word in words if word in _CURRENCIES.split()), "")


_CODES: frozenset[Meaning | None] = frozenset(("prefix", "country_code", "area_code"))
_PRICES: frozenset[Meaning | None] = frozenset(("price", "price_intra", "price_local"))


def price_table(rows: list[Row]) -> int | None:
    """Index of the row that names a code and a price column; None = there is none."""
    for index, (_, cells) in enumerate(rows[:MOST_TITLES]):
        meanings = {meaning_of(cell) for cell in cells if cell.strip()}
        if meanings & _CODES and meanings & _PRICES:
            return index
    return None


def find_header(rows: list[Row]) -> int | None:
    """Index of the row of headers: it names a code and a price, or it is words above numbers.

    None = the deck has no headers.
    """
    named = price_table(rows)
    if named is not None:
        return named
    for index, (_, cells) in enumerate(rows[: min(MOST_TITLES, len(rows) - 1)]):
        below = [cell.strip() for cell in rows[index + 1][1]]
        words = [cell.strip() for cell in cells if cell.strip()]
        if len(words) >= 2 and not any(map(_number, words)) and _data(below):
            return index
    return None


def _number(text: str) -> bool:
    return bool(re.fullmatch(r"[+$€£]?\d[\d.,\s/\-]*%?", text))


def _data(texts: list[str]) -> bool:
    return sum(map(bool, texts)) >= 2 and any(re.fullmatch(r"\+?\d{1,15}", text) for text in texts)


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
