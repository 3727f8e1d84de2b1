"""What a browser would send when the form of a page is submitted as it came."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

Fields = dict[str, Any]


class _Reader(HTMLParser):
    """Collects the controls of the form with class `form`: the page's own, not the frame's."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.seen = False
        self.sent: list[tuple[str, str]] = []
        self.select = ""
        self.options: list[tuple[str, bool]] = []
        self.textarea: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form" and "form" in told.get("class", "").split():
            self.inside = self.seen = True
        if not self.inside:
            return
        if tag == "input":
            self._input(told)
        elif tag == "select":
            self.select, self.options = told.get("name", ""), []
        elif tag == "option":
            self.options.append((told.get("value", ""), "selected" in told))
        elif tag == "textarea":
            self.textarea = (told.get("name", ""), [])

    def _input(self, told: dict[str, str]) -> None:
        kind, name = told.get("type", "text"), told.get("name", "")
        if not name or name == "csrfmiddlewaretoken" or kind in ("file", "submit"):
            return
        if kind in ("checkbox", "radio"):
            if "checked" in told:
                self.sent.append((name, told.get("value", "on")))
            return
        self.sent.append((name, told.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if not self.inside:
            return
        if tag == "form":
            self.inside = False
        elif tag == "select":
            chosen = [value for value, selected in self.options if selected]
            chosen = chosen or [value for value, _ in self.options[:1]]
            self.sent += [(self.select, value) for value in chosen]
        elif tag == "textarea" and self.textarea is not None:
            name, text = self.textarea
            self.sent.append((name, "".join(text).removeprefix("\n")))
            self.textarea = None

    def handle_data(self, data: str) -> None:
        if self.textarea is not None:
            self.textarea[1].append(data)


def untouched(page: str) -> Fields:
    """The fields of the page's form, as they came. AssertionError where there is no form."""
    reader = _Reader()
    reader.feed(page)
    assert reader.seen, "the page has no form"
    found: Fields = {}
    for name, value in reader.sent:
        before = found.get(name)
        if before is None:
            found[name] = value
        else:
            found[name] = [*([before] if isinstance(before, str) else before), value]
    return found
