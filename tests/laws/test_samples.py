"""A sample test that finds no samples fails in CI; elsewhere it says that it was skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import samples


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(samples, "PUBLIC", tmp_path)


def test_without_samples_ci_fails(nowhere: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"no sample decks/astpp_az_36205_usd\.csv"):
        samples.sample("decks/astpp_az_36205_usd.csv")


def test_without_samples_elsewhere_a_test_is_skipped(
    nowhere: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception):
        samples.sample("decks/astpp_az_36205_usd.csv")


def test_what_may_be_given_on_is_always_there(nowhere: None) -> None:
    assert samples.sample("asterisk/Master.csv").is_file()
