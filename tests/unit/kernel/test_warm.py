"""A cold start says what it is doing."""

from __future__ import annotations

from tollwright.kernel.warm import warm


def test_warming_says_that_it_takes_a_while_and_how_much_was_new() -> None:
    said: list[str] = []
    first = warm(said.append)
    assert len(said) == 2
    assert "compiled on its first use" in said[0]
    assert said[1] == f"The rating kernel is ready: {first} of 17 functions were compiled."
