"""The export forms of other billing systems, known by their columns: what the words mean there.

A header means what its system means by it, which is not always what it says: Freeside's
`min_charge` is the price of a minute, PortaBilling's `Destination` the code, FusionPBX's `prefix`
what is dialled before a number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, get_args

from tollwright.core.decks.mapping import Meaning

Words = dict[str, Meaning]
_MEANINGS: dict[str, Meaning] = {meaning: meaning for meaning in get_args(Meaning)}


@dataclass(frozen=True, slots=True)
class Form:
    """needs: one word of each group must be a header. columns: header without case, signs and
    currency → meaning ('ignore': it says nothing of prices). sell, buy: what differs by the card's
    side; a form with neither has one price. values: of the mapping.
    """

    name: str
    needs: tuple[str, ...]
    columns: Words
    sell: Words = field(default_factory=dict)
    buy: Words = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def fits(self, headers: set[str]) -> bool:
        """Whether a file with these headers was written by the system."""
        return all(headers & set(group.split()) for group in self.needs)

    def meanings(self, side: str) -> Words:
        """What its columns mean for a card of that side; unknown side: what both share."""
        return self.columns | {"sell": self.sell, "buy": self.buy}.get(side, {})


def _words(**told: str) -> Words:
    """The meaning of each word. Raises KeyError for a key that is no meaning."""
    return {word: _MEANINGS[key] for key, words in told.items() for word in words.split()}


FORMS: tuple[Form, ...] = (
    Form(
        "ASTPP",
        ("code", "connectioncost connectcost connectionfee", "gracetime includedseconds",
         "costmin costperminute perminutecost cost", "initialincrement", "increment"),
        _words(
            prefix="code", name="destination", connect_fee="connectioncost connectcost"
            " connectionfee", grace_s="gracetime includedseconds",
            price="costmin costperminute perminutecost cost",
            first_s="initialincrement", next_s="increment", ignore="strip prepend",
        ),
        values={"grace": "subtract"},
    ),
    Form(
        "MagnusBilling",
        ("prefix dialprefix", "sellprice rateinitial", "initialblock initblock",
         "minimumtimetocharge minimaltimecharge minimumtimecharge"
         " minimaltimetocharge additionaltime additionalgrace"),
        _words(
            prefix="prefix dialprefix", name="destination", price="sellprice rateinitial",
            first_s="initialblock initblock", next_s="billingblock",
            connect_fee="connectioncharge connectcharge", disconnect_fee="disconnectcharge"
            " disconnectioncharge", grace_s="additionaltime additionalgrace", status="status",
            ignore="id plan idplan idtrunkgroup trunkgroup packageoffer includeinoffer",
        ),
        values={"grace": "add", "status_words": (("1", "open"), ("0", "withdrawn"))},
    ),
    Form(
        "A2Billing",
        ("dialprefix", "rateinitial buyrate", "initblock buyrateinitblock"),
        _words(
            prefix="dialprefix", name="destination", effective_from="startdate",
            effective_to="stopdate", ignore="id idtariffplan idtrunk tag starttime endtime"
            " musiconhold idoutboundcidgroup isedit",
        ),
        sell=_words(
            price="rateinitial", first_s="initblock", next_s="billingblock",
            connect_fee="connectcharge", disconnect_fee="disconnectcharge",
            min_charge="minimalcost",
            ignore="buyrate buyrateinitblock buyrateincrement",
        ),
        buy=_words(
            price="buyrate", first_s="buyrateinitblock", next_s="buyrateincrement",
            ignore="rateinitial initblock billingblock connectcharge disconnectcharge minimalcost",
        ),
    ),
    Form(
        "Kazoo",
        ("prefix", "ratecost internalratecost pvtratecost", "rateincrement", "rateminimum"),
        _words(
            prefix="prefix", name="ratename description", next_s="rateincrement",
            first_s="rateminimum", min_seconds="ratenochargetime",
            ignore="accountid direction isocountrycode weight ratedeckid rateversion routes carrier"
            " caller options id",
        ),
        sell=_words(
            price="ratecost", connect_fee="ratesurcharge",
            ignore="internalratecost pvtratecost pvtratesurcharge",
        ),
        buy=_words(
            price="internalratecost pvtratecost", connect_fee="pvtratesurcharge",
            ignore="ratecost ratesurcharge",
        ),
    ),
    Form(
        "FusionPBX",
        ("digits", "rate carrierrate", "connectincrement talkincrement leadstrip"),
        _words(
            prefix="digits", origin_prefix="origindigits", price="rate carrierrate",
            price_intra="intrastaterate", price_local="intralatarate", first_s="connectincrement",
            next_s="talkincrement", name="description", effective_from="datestart",
            effective_to="dateend", status="enabled", currency="currency",
            ignore="prefix suffix leadstrip trailstrip lcrprofile lcrdirection random quality"
            " reliability cid lcruuid carrieruuid id carrierid direction",
        ),
        values={"status_words": (("true", "open"), ("false", "withdrawn"))},
    ),
    Form(
        "CGRateS",
        ("connectfee", "rate", "rateunit", "rateincrement", "groupintervalstart"),
        _words(
            prefix="prefix destination destinationid destinations", connect_fee="connectfee",
            price="rate", unit_s="rateunit", next_s="rateincrement", ignore="id tag tpid",
        ),
    ),
    Form(
        "Freeside",
        ("prefix prefixes destprefix code", "mincharge chargeperminute", "secgranularity"
         " granularity", "conncharge connectioncharge"),
        _words(
            prefix="prefix prefixes destprefix code", name="region destregion regionname",
            price="mincharge chargeperminute", connect_fee="conncharge connectioncharge",
            next_s="secgranularity granularity",
            ignore="ratenum ratedetailnum origregionnum destregionnum classnum cdrtypenum",
        ),
    ),
    Form(
        "PortaBilling",
        ("destination", "intervalfirst firstinterval peakfirstinterval",
         "pricefirst firstprice peakfirstprice", "pricenext nextprice pricen peaknextprice"),
        _words(
            prefix="destination", name="description country", first_s="intervalfirst firstinterval"
            " peakfirstinterval", next_s="intervalnext nextinterval intervaln peaknextinterval",
            first_price="pricefirst firstprice peakfirstprice", price="pricenext nextprice pricen"
            " peaknextprice", blocked="forbidden", withdrawn="discontinued",
            effective_from="effectivefrom activefrom", ignore="hidden",
        ),
        values={"grace": "threshold"},
    ),
    Form(
        "VOS3000",
        ("rateprefix areaprefix", "billingrate feerate rate", "billingcycle feeratecycle"
         " ratecycle chargingcycle"),
        _words(
            prefix="rateprefix areaprefix", name="areaname areadetails areadetail",
            price="billingrate feerate rate", increments="billingcycle feeratecycle ratecycle"
            " chargingcycle", ignore="ratetype areatype",
        ),
        values={"price_per": "increment"},
    ),
    Form(
        "JeraSoft",
        ("code codes dstcode", "rate value price", "interval payinterval", "mintime minvolume"
         " gracetime gracevolume"),
        _words(
            prefix="code codes dstcode", name="codename destination name", price="rate value price",
            connect_fee="setupfee", first_s="mintime minvolume", next_s="interval payinterval",
            grace_s="gracetime gracevolume", effective_from="effectivedate startdate effectivefrom",
            effective_to="enddate", status="status", ignore="id tag",
        ),
        values={"grace": "threshold"},
    ),
    Form(
        "ivozprovider",
        ("destinationprefix prefix", "chargeperiod rateincrement", "connectioncharge"
         " connectionfee connectfee"),
        _words(
            prefix="destinationprefix prefix", name="destinationname name",
            price="perminutecharge perminuterate rate cost", connect_fee="connectioncharge"
            " connectionfee connectfee", increments="chargeperiod rateincrement",
        ),
    ),
    Form(
        "46 Labs",
        ("npanxx npanxxx code dialcode", "inter interrate interstate interstaterate",
         "intra intrarate intrastate intrastaterate",
         "local localrate indeterminate indeterminaterate indet indetrate ij ijrate"),
        _words(
            prefix="npanxx npanxxx code dialcode", price="inter interrate interstate"
            " interstaterate", price_intra="intra intrarate intrastate intrastaterate",
            price_local="local localrate", price_indeterminate="indeterminate indeterminaterate"
            " indet indetrate ij ijrate", ignore="lata ocn state ratecenter company lrn",
        ),
    ),
)  # fmt: skip


def known_form(headers: Iterable[str]) -> Form | None:
    """The form whose columns these are; headers without case, signs and currency."""
    told = set(headers)
    return next((form for form in FORMS if form.fits(told)), None)
