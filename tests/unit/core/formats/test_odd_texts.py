"""No text in any field of any format takes a record beside it away."""

from __future__ import annotations

import pytest

from tests.support.odd_texts import WRITERS, odd_files
from tests.unit.core.formats.rows import faults, lines_told, records
from tollwright.core.formats.base import Options
from tollwright.core.formats.registry import FORMATS, get


def test_every_format_is_tried() -> None:
    assert WRITERS.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", WRITERS)
def test_an_odd_text_costs_its_own_record_only(name: str) -> None:
    options = Options(columns=WRITERS[name].columns)
    for kind, content, keys in odd_files(name):
        found = list(get(name).parse([content], options))
        assert lines_told(found) == 2 * len(keys) - 1, kind
        told = {record.unique_id for record in records(found) if record.leg == "customer"}
        assert set(keys) - told == set(), kind
        odd = len(faults(found)) + sum(1 for one in records(found) if one.unique_id not in keys)
        assert odd == len(keys) - 1, kind
