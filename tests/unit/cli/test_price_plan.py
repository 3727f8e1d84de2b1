"""`tollwright price-plan` and `quote --plan`: files in, lines out, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tollwright.cli import build

PLAN = {
    "code": "P", "currency": "EUR", "pricing": {"kind": "cost_plus", "markup_percent": "15"},
    "items": [{"code": "talk", "measure": {"kind": "time", "count": [{"state": "talk"}]},
               "price": {"model": "per_unit", "price": "1", "free": 10}}],
}  # fmt: skip
FACTS = """type,key,agent,from,to,state
state,1,a,2026-11-02T10:00:00,2026-11-02T10:01:40,talk
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    (tmp_path / "facts.csv").write_text(FACTS)
    return tmp_path


def run(folder: Path, *words: str, **more: Any) -> tuple[int, str, str]:
    for name, value in more.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    verb = words[0]
    files = [str(folder / word) if "." in word else word for word in words]
    found = CliRunner().invoke(build([verb.replace("-", "_")]), files)
    return found.exit_code, found.stdout, found.stderr


MONTH = ("price-plan", "--plan", "plan.json", "--from", "2026-11-01", "--to", "2026-12-01")


def test_a_period_is_priced(files: Path) -> None:
    code, out, _ = run(files, *MONTH, "--facts", "facts.csv", "--format", "json")
    assert code == 0
    assert json.loads(out) == {
        "lines": [{"item": "talk", "campaign": None, "quantity": 100, "amount": "90.00",
                   "how": "agents' time in 1 part: 90 x 1 (10 free)"}],
        "total": "90.00", "grants": {"left": 0, "over": 0, "carry": 0, "bundles": {}},
    }  # fmt: skip


def test_a_customers_own_price(files: Path) -> None:
    """Plan price 1 with 10 free, own price 0.80, 100 units: 72.00."""
    overlay = {"customer": "ACME", "changes": {"talk": {"price": {"price": "0.80"}}}}
    words = (*MONTH, "--facts", "facts.csv", "--overlay", "overlay.json")
    code, out, _ = run(files, *words, overlay=overlay)
    assert (code, out.splitlines()[-1].split()) == (0, ["72.00", "EUR", "in", "all"])
    overlay["from"] = "2026-11-02"
    code, _, err = run(files, *words, overlay=overlay)
    assert (code, "a part of these days" in err) == (2, True)


def test_what_is_not_priced_is_named(files: Path) -> None:
    (files / "facts.csv").write_text(FACTS + "state,2,a,2026-11-02T10:00:00,,chat\n")
    code, out, err = run(files, *MONTH, "--facts", "facts.csv")
    assert (code, out.splitlines()[-1].split()[0]) == (3, "90.00")
    assert err.startswith("Record 2 (2), unknown_state: state 'chat' is none of talk,")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*MONTH[:4], "2026-12-01", "--to", "2026-11-01"), "--to is the day after"),
        ((*MONTH[:4], "november", "--to", "2026-12-01"), "--from 'november' is no day"),
        ((*MONTH, "--facts", "none.csv"), "none.csv: No such file"),
        ((*MONTH, "--profile", "profile.json"), "quantities by item: talk."),
        ((*MONTH, "--subscription", "sub.json"), "The subscription: unknown key 'start'."),
        ((*MONTH, "--grants", "profile.json"), "Grants are a list of objects"),
    ],
)
def test_what_cannot_be_read(files: Path, words: tuple[str, ...], said: str) -> None:
    code, _, err = run(files, *words, profile={"walk": 1}, sub={"start": "2026-11-01"})
    assert code == 2
    assert said in err


def test_a_call_by_its_routes(files: Path) -> None:
    routes = {"candidates": [{"carrier": "B", "cost": "0.030"}], "chosen": "B"}
    words = ("quote", "--plan", "plan.json", "--routes", "routes.json")
    code, out, _ = run(files, *words, "--format", "json", routes=routes)
    assert (code, json.loads(out)["amount"]) == (0, "0.0345")
    code, out, _ = run(files, *words, routes={**routes, "chosen": "C"})
    assert (code, out.startswith("no price: unknown_cost")) == (3, True)
    code, _, err = run(files, "quote", "--plan", "plan.json")
    assert (code, "--plan and --routes together" in err) == (2, True)
    code, _, err = run(files, "quote", "--seconds", "5")
    assert (code, "Say --card and --to" in err) == (2, True)
