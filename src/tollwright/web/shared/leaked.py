"""Passwords that are known to be in strangers' hands, from a file: nothing is asked of anybody."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class LeakedPasswordValidator:
    """Refuses passwords whose SHA-1 stands in a file of sorted hashes (`HASH` or `HASH:count`).

    The file may be of any size: about forty reads find a hash. Without a file nothing is refused.
    """

    def __init__(self, path: str = "") -> None:
        self.path = path

    def validate(self, password: str, _user: object = None) -> None:
        """Raises ValidationError for a password of the list."""
        wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        if not self.path:
            return
        with Path(self.path).open("rb") as file:
            if _holds(file, wanted.encode()):
                raise ValidationError(
                    _("This password is in a list of leaked ones: choose another."),
                    code="password_leaked",
                )

    def get_help_text(self) -> str:
        """For the form."""
        return _("Your password can’t be one that is known to have leaked.") if self.path else ""


def _holds(file: BinaryIO, wanted: bytes) -> bool:
    """Whether a line of the sorted file begins with the hash."""
    low, high = 0, file.seek(0, 2)  # a line that could be it begins in [low, high]
    while low < high:
        middle = (low + high) // 2
        file.seek(middle)
        if middle:
            file.seek(middle - 1)
            file.readline()  # the rest of the line before
        begin, line = file.tell(), file.readline()
        if line and line[:40].upper() < wanted:
            low = begin + len(line)
        else:
            high = middle
    file.seek(low)
    return file.readline()[:40].upper() == wanted
