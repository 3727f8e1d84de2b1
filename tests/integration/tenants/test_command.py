"""`tollwright tenant`: a provider, and who owns it."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from tollwright.cli.tenant import tenant
from tollwright.data.models import Membership, Tenant, User
from tollwright.data.scope import tenant_scope
from tollwright.domain.errors import DomainError
from tollwright.domain.tenants.queries import tenant_id_by_slug
from tollwright.domain.validation import FieldInvalid

app = typer.Typer()
app.command()(tenant)
PASSWORD = "correct horse battery 7"


def opened(slug: str, owner: str = "anna@west.example", password: str = PASSWORD) -> str:
    """What is printed; a refusal is raised, as `main` turns it into a sentence."""
    words = [slug, "--name", "West Calls", "--owner", owner, "--timezone", "Europe/Berlin"]
    result = CliRunner().invoke(app, words, input=f"{password}\n")
    if result.exception is not None:
        raise result.exception
    return result.output


def owners(slug: str) -> list[tuple[str, str]]:
    tenant_id = tenant_id_by_slug(slug)
    assert tenant_id is not None
    with tenant_scope(tenant_id):
        return list(Membership.objects.values_list("user__email", "role"))


def test_a_provider_and_its_owner(db: None) -> None:
    assert opened("west") == (
        "West Calls (west) is open; anna@west.example owns it. Sign in: tollwright serve\n"
    )
    assert owners("west") == [("anna@west.example", "owner")]
    assert User.objects.get(email="anna@west.example").check_password(PASSWORD)


def test_someone_who_can_sign_in_keeps_the_password(db: None) -> None:
    opened("west")
    opened("east", owner=" Anna@west.example ", password="another one 12345")
    assert owners("east") == [("anna@west.example", "owner")]
    assert User.objects.get(email="anna@west.example").check_password(PASSWORD)


@pytest.mark.parametrize(
    ("slug", "password", "error"),
    [
        ("west", PASSWORD, DomainError),
        ("We st", PASSWORD, FieldInvalid),
        ("east", "1", FieldInvalid),
    ],
)
def test_what_is_refused_leaves_nothing(
    db: None, slug: str, password: str, error: type[Exception]
) -> None:
    opened("west")
    with pytest.raises(error):
        opened(slug, owner="bert@west.example", password=password)
    assert not User.objects.filter(email="bert@west.example").exists()
    assert tenant_id_by_slug("east") is None


def test_tenants_are_apart(db: None) -> None:
    opened("west")
    tenant_id = tenant_id_by_slug("west")
    assert tenant_id is not None
    with tenant_scope(tenant_id):
        assert [one.slug for one in Tenant.objects.all()] == ["west"]
