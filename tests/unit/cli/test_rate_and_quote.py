"""The commands `rate` and `quote`: files in, result and exit code out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from tollwright.cli import card_file
from tollwright.cli import rate as module
from tollwright.cli.quote import quote
from tollwright.cli.rate import rate
from tollwright.core.cards.card import RateCard
from tollwright.core.rating.open_file import read_card_text

APP = typer.Typer(pretty_exceptions_enable=False)
APP.command()(rate)
APP.command()(quote)

CARD: dict[str, Any] = {
    "rates": [
        {"prefix": "44", "name": "UK", "price": "0.60", "first_s": 30, "next_s": 18},
        {"prefix": "4490", "price": "1", "blocked": True},
    ],
    "rounding": {"decimals": 4},
}
HEADER = "call_key,answered_at,seconds,caller,called\n"
GOOD = HEADER + "a,2026-11-16T10:00:00Z,31,1555,4420123\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "card.json").write_text(json.dumps(CARD))
    (tmp_path / "calls.csv").write_text(GOOD)
    return tmp_path


def run(verb: str, folder: Path, *options: str) -> Result:
    return CliRunner().invoke(APP, [verb, "--card", str(folder / "card.json"), *options])


def rated(folder: Path, *options: str) -> Result:
    return run("rate", folder, "--calls", str(folder / "calls.csv"), *options)


def test_every_call_rated_is_exit_0(folder: Path) -> None:
    result = rated(folder)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1] == "a,rated,,44,,48,0.4800,0"


def test_the_result_goes_to_a_file(folder: Path) -> None:
    result = rated(folder, "--out", str(folder / "out.csv"))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "0.4800" in (folder / "out.csv").read_text()


def test_as_json_and_with_a_profile(folder: Path) -> None:
    result = rated(folder, "--format", "json", "--profile", "a2billing")
    assert [row["amount"] for row in json.loads(result.stdout)] == ["0.360000"]


def test_some_not_rated_is_exit_3_and_the_others_go_on(folder: Path) -> None:
    (folder / "calls.csv").write_text(HEADER + "x,never,1,1,44\n" + GOOD.splitlines()[1] + "\n")
    result = rated(folder)
    assert result.exit_code == 3
    assert [line.split(",")[1] for line in result.stdout.splitlines()[1:]] == ["invalid", "rated"]
    assert "1 of 2 calls were not rated" in result.stderr


SOME_OF_EACH = (
    HEADER
    + """\
a,2026-11-16T10:00:00Z,31,1555,4420123
b,2026-11-16T10:00:00Z,31,,449012
c,2026-11-16T10:00:00Z,31,+1555,33
d,never,31,1,44
e,2026-11-16T10:00:00Z,31,,44x
f,2300-01-01,1,,44
g,2026-11-16T10:00:00,0,,44
"""
)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_large_file_is_rated_in_columns_with_the_same_result(
    folder: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    (folder / "calls.csv").write_text(SOME_OF_EACH)
    small = rated(folder, "--format", form)
    monkeypatch.setattr(module, "MANY", 7)
    monkeypatch.setattr(module, "one_by_one", None)
    monkeypatch.setenv("TOLLWRIGHT_HOME", str(folder / "home"))
    large = rated(folder, "--format", form)
    assert (large.exit_code, large.stdout) == (small.exit_code, small.stdout)
    assert "5 of 7 calls were not rated" in large.stderr


def test_the_compiled_form_of_a_large_card_is_found_by_its_bytes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLWRIGHT_HOME", str(folder / "home"))
    monkeypatch.setattr(card_file, "LARGE", 1)
    monkeypatch.setattr(module, "MANY", 1)
    first = rated(folder)
    read: list[str] = []
    monkeypatch.setattr(card_file, "read_card_text", _noting(read))
    again = rated(folder)
    assert (again.stdout, read) == (first.stdout, [])
    other = rated(folder, "--profile", "a2billing")
    (folder / "card.json").write_text(json.dumps(CARD | {"rounding": {"decimals": 2}}))
    changed = rated(folder)
    amounts = [one.stdout.splitlines()[1].split(",")[6] for one in (first, other, changed)]
    assert amounts == ["0.4800", "0.360000", "0.48"]
    assert len(read) == 2


def _noting(read: list[str]) -> Callable[[str, str], RateCard]:
    def noted(text: str, profile: str) -> RateCard:
        read.append(text)
        return read_card_text(text, profile)

    return noted


def test_a_result_that_cannot_be_written_leaves_what_was_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "out.csv").write_text("before")

    def full(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    result = rated(folder, "--out", str(folder / "out.csv"))
    assert (result.exit_code, result.stderr) == (
        2, f"The disk that holds {folder / 'out.csv'} is full; nothing of this was kept. Free"
        " space there, then try again.\n",
    )  # fmt: skip
    assert sorted(path.name for path in folder.iterdir()) == ["calls.csv", "card.json", "out.csv"]
    assert (folder / "out.csv").read_text() == "before"


def test_each_of_some_calls_has_its_line(folder: Path) -> None:
    (folder / "calls.csv").write_text(SOME_OF_EACH)
    large = rated(folder)
    assert large.stdout.splitlines()[1:4] == [
        "a,rated,,44,,48,0.4800,0",
        "b,blocked,the destination 4490 is blocked,4490,,,,",
        "c,unmatched,no row for 33,,,,,",
    ]


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("card.json", "{", "is not JSON"),
        ("card.json", '{"rates": [{"prefix": "44", "price": "x"}]}', "row 1, price: 'x' is not a"),
        ("calls.csv", "", "the file of calls is empty"),
        ("calls.csv", "a,b\n", "has no column call_key"),
    ],
)
def test_what_cannot_be_read_is_exit_2(
    folder: Path, file: str, content: str, sentence: str
) -> None:
    (folder / file).write_text(content)
    result = rated(folder)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("file", ["card.json", "calls.csv"])
def test_a_missing_file_is_exit_2(folder: Path, file: str) -> None:
    (folder / file).unlink()
    result = rated(folder)
    assert result.exit_code == 2
    assert result.stderr == f"{folder / file}: No such file or directory\n"


def test_an_unknown_profile_is_exit_2(folder: Path) -> None:
    result = rated(folder, "--profile", "asterisk")
    assert result.exit_code == 2
    assert "no profile 'asterisk'" in result.stderr


def test_a_quote(folder: Path) -> None:
    at = ("--at", "2026-11-16T10:00:00Z")
    result = run("quote", folder, "--to", "+4420123", "--seconds", "31", *at)
    assert result.exit_code == 0
    assert "billed_s: 48\namount: 0.4800\n" in result.stdout


def test_a_quote_explained(folder: Path) -> None:
    result = run("quote", folder, "--to", "4420123", "--seconds", "31", "--explain")
    assert (
        "From second 30 (row 1): 18 s at 0.6 per 60 s in increments of 18 s = 0.18."
        in result.stdout
    )


def test_a_quote_of_the_longest_call(folder: Path) -> None:
    result = run("quote", folder, "--to", "4420123", "--balance", "0.5")
    assert result.exit_code == 0
    assert "max_seconds: 48\nmax_amount: 0.4800\ncapped: no\n" in result.stdout


def test_why_a_balance_pays_no_longer_call(folder: Path) -> None:
    result = run("quote", folder, "--to", "4420123", "--balance", "0.5", "--explain")
    assert "Answered for 48 s." in result.stdout
    assert "max_seconds: 48\n" in result.stdout


def test_a_quote_as_json(folder: Path) -> None:
    options = ("--seconds", "31", "--balance", "0.5", "--format", "json")
    data = json.loads(run("quote", folder, "--to", "4420123", *options).stdout)
    assert (data["amount"], data["longest"]["max_seconds"]) == ("0.4800", 48)
    assert data["steps"][-1]["amount_micros"] == 480_000


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (("--to", "4490", "--seconds", "1"), 3, "status: blocked"),
        (("--to", "33", "--balance", "1"), 3, "status: unmatched"),
        (("--to", "44", "--seconds", "-1"), 3, "status: invalid"),
        (("--to", "44", "--seconds", "99999999"), 3, "over 24 hours"),
        (("--to", "44"), 2, "Say --seconds N"),
        (("--to", "44", "--seconds", "x"), 2, "seconds 'x' is not a number"),
        (("--to", "44", "--seconds", "1", "--at", "soon"), 2, "not an ISO 8601 time"),
        (("--to", "44", "--balance", "much"), 2, "'much' is not a number"),
        (("--to", "44", "--seconds", "1", "--format", "xml"), 2, "there are text and json"),
    ],
)
def test_a_quote_that_is_none(
    folder: Path, options: tuple[str, ...], code: int, sentence: str
) -> None:
    result = run("quote", folder, *options)
    assert result.exit_code == code
    assert sentence in result.output
