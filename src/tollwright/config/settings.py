"""What the environment says, read once into one frozen record."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

APP_ROLE = "tollwright_app"
Network = IPv4Network | IPv6Network


class SettingsError(RuntimeError):
    """A setting is missing or wrong; the text names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The process's settings.

    owner_url: PostgreSQL address of the tables' owner, for migrations; empty: embedded.
    app_url: the address of the role the application runs as; it cannot bypass row-level security.
    home: where the embedded server, generated secrets and written files live.
    """

    home: Path
    owner_url: str
    app_url: str
    secret_key: str
    debug: bool
    hosts: tuple[str, ...]
    secure: bool
    mail_url: str
    session_idle_s: int
    session_longest_s: int
    leaked_passwords: str
    proxies: tuple[Network, ...]
    api_rate: int
    security_contact: str

    @property
    def embedded(self) -> bool:
        """Whether PostgreSQL is the embedded one."""
        return not self.owner_url


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of `environment`: TOLLWRIGHT_HOME, DATABASE_URL, TOLLWRIGHT_APP_URL,
    TOLLWRIGHT_SECRET_KEY, TOLLWRIGHT_DEBUG, TOLLWRIGHT_HOSTS (comma separated), TOLLWRIGHT_SECURE
    (1 behind https), TOLLWRIGHT_MAIL_URL (smtp://…), TOLLWRIGHT_SESSION_IDLE_HOURS,
    TOLLWRIGHT_SESSION_LONGEST_HOURS, TOLLWRIGHT_LEAKED_PASSWORDS (a file), TOLLWRIGHT_PROXIES
    (addresses and networks, comma separated), TOLLWRIGHT_API_RATE (requests a minute and key) and
    TOLLWRIGHT_SECURITY_CONTACT (an address of mail or of a page).

    Raises SettingsError naming the variable that is missing or wrong.
    """
    home = Path(environment.get("TOLLWRIGHT_HOME") or "var").expanduser()
    owner_url = environment.get("DATABASE_URL", "")
    if owner_url and not owner_url.startswith(("postgresql://", "postgres://")):
        raise SettingsError(
            "DATABASE_URL must begin with postgresql:// ; leave it unset for the embedded server."
        )
    return Settings(
        home=home,
        owner_url=owner_url,
        app_url=environment.get("TOLLWRIGHT_APP_URL", ""),
        secret_key=environment.get("TOLLWRIGHT_SECRET_KEY") or _kept_secret(home, bool(owner_url)),
        debug=environment.get("TOLLWRIGHT_DEBUG", "") == "1",
        hosts=tuple(
            host.strip()
            for host in environment.get("TOLLWRIGHT_HOSTS", "127.0.0.1,localhost").split(",")
            if host.strip()
        ),
        secure=environment.get("TOLLWRIGHT_SECURE", "") == "1",
        mail_url=environment.get("TOLLWRIGHT_MAIL_URL", ""),
        session_idle_s=3600 * _whole(environment, "TOLLWRIGHT_SESSION_IDLE_HOURS", 8),
        session_longest_s=3600 * _whole(environment, "TOLLWRIGHT_SESSION_LONGEST_HOURS", 168),
        leaked_passwords=_file(environment, "TOLLWRIGHT_LEAKED_PASSWORDS"),
        proxies=_networks(environment.get("TOLLWRIGHT_PROXIES", "")),
        api_rate=_whole(environment, "TOLLWRIGHT_API_RATE", 1200),
        security_contact=_contact(environment.get("TOLLWRIGHT_SECURITY_CONTACT", "")),
    )


def _contact(text: str) -> str:
    if text and "@" in text and ":" not in text:
        text = f"mailto:{text}"
    if text and (not text.startswith(("mailto:", "https://")) or not text.isprintable()):
        raise SettingsError("TOLLWRIGHT_SECURITY_CONTACT must be an e-mail address or https://…")
    return text


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError as error:
        raise SettingsError(
            f"TOLLWRIGHT_PROXIES: {error}. Name addresses or networks, such as"
            " 10.0.0.5,192.168.7.0/24."
        ) from None


def _whole(environment: Mapping[str, str], name: str, usual: int) -> int:
    text = environment.get(name) or str(usual)
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 1_000_000):
        raise SettingsError(f"{name} must be a whole number from 1 on, such as {usual}.")
    return int(text)


def _file(environment: Mapping[str, str], name: str) -> str:
    path = environment.get(name, "")
    if path and not Path(path).is_file():
        raise SettingsError(f"{name} names {path}, and there is no such file.")
    return path


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over. `tls`: '' none, 'tls' from the first byte, 'starttls' after it.
    An empty host: there is no mail."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    tls: str = ""
    sender: str = ""


def mail_server(url: str) -> MailServer:
    """The server of smtp://, smtps:// (TLS) or smtp+starttls://user:password@host:port/?from=…

    Raises SettingsError for another scheme, no host, or no port.
    """
    if not url:
        return MailServer()
    kinds = {"smtp": ("", 25), "smtps": ("tls", 465), "smtp+starttls": ("starttls", 587)}
    parts = urlsplit(url)
    try:
        (tls, usual), port = kinds[parts.scheme], parts.port
    except (KeyError, ValueError):
        tls, usual, port = "", 0, None
    if not parts.hostname or not usual:
        raise SettingsError(
            "TOLLWRIGHT_MAIL_URL must be smtp://, smtps:// or smtp+starttls://"
            "user:password@host:port/?from=billing@example.com"
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    sender = parse_qs(parts.query).get("from", [user if "@" in user else ""])[0]
    if "@" not in sender:
        raise SettingsError(
            "TOLLWRIGHT_MAIL_URL does not say who sends: add ?from=billing@example.com"
        )
    return MailServer(parts.hostname, port or usual, user, password, tls, sender)


def _make_secret(path: Path) -> None:
    """Whole or not at all, and of two that start at once the first one's."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.touch(mode=0o600)
        part.write_text(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink(missing_ok=True)


def _kept_secret(home: Path, own_server: bool) -> str:
    """The secret made for this home at its first start; several hosts must share one by name."""
    path = home / "secret_key"
    try:
        if not path.exists():
            home.mkdir(parents=True, exist_ok=True)
            _make_secret(path)
        return path.read_text()
    except OSError as error:
        hint = (
            "Set TOLLWRIGHT_SECRET_KEY"
            if own_server
            else "Set TOLLWRIGHT_HOME to a writable folder"
        )
        raise SettingsError(
            f"No secret key: {path} cannot be used ({error.strerror}). {hint}."
        ) from error
