"""What was stored for machines is shown in words: audit, quarantine, a call's explanation."""

from __future__ import annotations

import re
from html import unescape

from django.test import Client

from tests.integration.web.office.things import AT, Things
from tollwright.data.models import AuditEntry, Rule
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.rules import operations as rules

MACHINE = re.compile(r"\b[a-z]+_[a-z_]+\b|\bmicros\b|\b(cli|key):|[\[{]&?\"|\dT\d\d:")

UNSPOKEN = (
    r'(?s)<pre.*?</pre>|<form.*?</form>|<small class="code">.*?</small>|<dd class="mono">.*?</dd>'
)


def said(client: Client, path: str) -> str:
    """The text of a page's middle, without the hashes and raw lines that are no words."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    main = answer.content.decode().split("<main", 1)[1]
    main = re.sub(UNSPOKEN, " ", main)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def test_audit_quarantine_and_explanation_speak_in_words(things: Things, owner: Client) -> None:
    with tenant_scope(things.shop.tenant_id):
        rules.set_rule(
            scope=things.shop.acme.customer, setting="late_usage", value="next_invoice",
            effective_from=AT, at=AT, by=By("cli:root", "cli"),
        )  # fmt: skip
        entries = list(AuditEntry.objects.values_list("pk", flat=True))
        assert Rule.objects.exists() and len(entries) > 10
    pages = [f"/office/audit/{pk}/" for pk in entries]
    pages += ["/office/audit/", f"/office/quarantine/{things.args['quarantined'][0]}/"]
    month, call = things.args["call"]
    texts = {path: said(owner, path) for path in [*pages, f"/office/calls/{month}/{call}/"]}
    found = [f"{path}: {one[0]}" for path in texts for one in MACHINE.finditer(texts[path])]
    assert not found, found
    assert "root (command line)" in texts["/office/audit/"]
    assert any("– on the next invoice" in text for text in texts.values())
