"""The mail server's address, as one setting."""

from __future__ import annotations

import pytest

from tollwright.config.settings import MailServer, SettingsError, mail_server


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("", MailServer()),
        (
            "smtp://mail.example?from=bills@x.example",
            MailServer("mail.example", 25, sender="bills@x.example"),
        ),
        (
            "smtps://bills%40x.example:a%2Fb@mail.example",
            MailServer("mail.example", 465, "bills@x.example", "a/b", "tls", "bills@x.example"),
        ),
        (
            "smtp+starttls://u:p@mail.example:2525/?from=me@x.example",
            MailServer("mail.example", 2525, "u", "p", "starttls", "me@x.example"),
        ),
    ],
)
def test_an_address_is_read(url: str, server: MailServer) -> None:
    assert mail_server(url) == server


@pytest.mark.parametrize(
    "url", ["mail.example", "http://mail.example", "smtp://", "smtp://x:y", "smtp://mail.example"]
)
def test_what_sends_nothing_is_refused_by_name(url: str) -> None:
    with pytest.raises(SettingsError, match="TOLLWRIGHT_MAIL_URL"):
        mail_server(url)
