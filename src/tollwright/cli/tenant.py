"""tollwright tenant"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tollwright.cli import runtime


def tenant(
    slug: Annotated[str, typer.Argument(help="Short name, for addresses and --tenant.")],
    name: Annotated[str, typer.Option(help="The provider's name.")],
    owner: Annotated[str, typer.Option(help="E-mail address of the person who owns it.")],
    timezone: Annotated[str, typer.Option(help="IANA zone in which its days are counted.")],
    currency: Annotated[str, typer.Option(help="ISO code of its own currency.")] = "EUR",
    region: Annotated[str, typer.Option(help="Country of its national numbers, as DE.")] = "",
) -> None:
    """Open a provider, with the person who owns it. The rest is done in the back office.

    A new person's password is asked for; where there is no terminal it is the first line of
    standard input. Someone who can sign in already keeps theirs.

    Example:

    `tollwright tenant north --name North --owner anna@north.example --timezone Europe/Berlin`
    """
    runtime.start()
    from django.db import transaction

    from tollwright.data.models import User
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.access import operations as access
    from tollwright.domain.audit.operations import By
    from tollwright.domain.tenants import operations as tenants

    at, by = runtime.now(), By(runtime.operator(), "cli")
    with transaction.atomic():
        made = tenants.create_tenant(
            slug=slug, name=name, currency=currency, timezone=timezone, region=region, at=at, by=by
        )
        with tenant_scope(made.pk):
            user = User.objects.filter(email__iexact=owner.strip()).first()
            if user is None:
                user = access.create_user(email=owner, password=_password(), at=at, by=by)
            access.grant_role(user=user, role="owner", at=at, by=by)
    print(f"{made.name} ({slug}) is open; {user.email} owns it. Sign in: tollwright serve")


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked
