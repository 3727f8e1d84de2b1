"""What FreeSWITCH's rows mean beyond their columns: which leg a row is.

Which leg a row is: certain with `${direction}` and `${originating_leg_uuid}` in the template.
Without them a B leg is the row whose uuid another row names as its bleg_uuid, and, in a file
that holds both legs, the row without an account that lies inside a later row of the same caller
(a failed B leg, or the first one of a transferred call). Rows are held until
`Options.lookahead` later rows have been seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import repeat

from tollwright.core.formats.base import Leg, Options, Record
from tollwright.core.formats.block import Block
from tollwright.core.formats.freeswitch.legs import LegJudge
from tollwright.core.formats.freeswitch.loopback import is_loopback, judge_loopbacks
from tollwright.core.formats.rules import Rules
from tollwright.core.formats.spec import Spec

_TELLING = ("direction", "originating_leg_uuid")  # columns that tell a row's leg


class FreeswitchRules(Rules):
    """See the module; `judge` tells the legs of rows that do not tell it themselves."""

    together = True

    def __init__(self, spec: Spec, options: Options) -> None:
        super().__init__(spec, options)
        self.judge = LegJudge(options.legs, certain=False)

    def legs(
        self, block: Block, references: Sequence[str]
    ) -> tuple[Iterable[Leg], Sequence[str], Iterable[str]]:
        """A row that another one made is the carrier's side, unless it says that it came in."""
        self.judge.certain = block.order.place(_TELLING) >= 0
        made = self._made(block, references)
        if not any(made):
            return repeat("customer"), references, repeat("")
        groups = [one or own for one, own in zip(made, references, strict=True)]
        return ["supplier" if one else "customer" for one in made], groups, repeat("")

    def _made(self, block: Block, references: Sequence[str]) -> list[str]:
        """The row that made each row as its other leg; "" for none."""
        told = zip(
            block.of(self.spec.origin), references, block.of(self.spec.direction), strict=True
        )
        return [
            origin if origin and origin != own and direction != "inbound" else ""
            for origin, own, direction in told
        ]

    def accept(self, block: Block, references: Sequence[str]) -> None:
        """Keep the claims of the rows that no other one made."""
        claims = block.of(self.spec.claims)
        if not self.noting or not any(claims):
            return
        made = self._made(block, references)
        for other, own, origin in zip(claims, references, made, strict=True):
            if other and not origin:
                self.claim(other, own)

    def makers(self, block: Block, references: Sequence[str]) -> list[str]:
        """The other half of a loopback's far side, else the row that made the row."""
        return makers(self.spec, block, references)

    def settle(self, records: Sequence[Record], given: int) -> None:
        """See the module."""
        self.judge.settle(records, given)
        judge_loopbacks(records, given)

    def claim(self, other: str, by: str) -> None:
        """Row `by` names row `other` as its B leg."""
        self.judge.claim(other, by)

    def apart(self, references: Collection[str], claims: Collection[str]) -> bool:
        """Whether rows of these uuids, claims of the rows around them added, are all A legs."""
        return self.judge.apart(references, claims)


def makers(spec: Spec, block: Block, references: Sequence[str]) -> list[str]:
    """The row that made each row; of a loopback's far side its near one."""
    told = zip(
        block.of(spec.channel.columns), block.of(spec.half), block.of(spec.origin), references,
        strict=True,
    )  # fmt: skip
    return [
        half if half and is_loopback(channel, "b") else origin if origin != own else ""
        for channel, half, origin, own in told
    ]
