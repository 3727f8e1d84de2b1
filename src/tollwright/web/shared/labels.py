"""The labels of core's table in the viewer's language: for lists, forms and sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from django.utils.translation import gettext, gettext_lazy

from tollwright.core import labels


def label_of(group: str, code: str) -> str:
    """What people read for the code: `Credit note`."""
    return gettext(labels.label(group, code).text)


def phrase_of(group: str, code: str) -> str:
    """The same inside a sentence: `credit note`; a language that writes it otherwise translates
    the phrase itself."""
    return gettext(labels.phrase(group, code))


def help_of(group: str, code: str) -> str:
    """The label's line of help; '' where it needs none."""
    found = labels.label(group, code).help
    return gettext(found) if found else ""


class JobLike(Protocol):
    """What a job's title needs of it."""

    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...


def job_title(job: JobLike) -> str:
    """What a job is called: `Import Master.csv`."""
    return label_of("job", job.kind).format(name=job.name)


def options(group: str, codes: Iterable[str] = ()) -> list[tuple[str, Any]]:
    """(code, label) for a select: of these codes in their order, or of all.

    The labels are translated when they are rendered, so a form's class may name them.
    """
    return [(code, gettext_lazy(text)) for code, text in labels.options(group, codes)]
