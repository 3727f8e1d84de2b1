"""The demo's story, step by step. Each step first looks whether it was done before."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console

from tollwright.cli import demo_world as world
from tollwright.cli import migrate, runtime
from tollwright.cli.files import write_document
from tollwright.cli.progress import reading
from tollwright.core.labels import label, phrase
from tollwright.core.money import show

if TYPE_CHECKING:
    from tollwright.data.models import Document, Invoice

BERLIN = ZoneInfo("Europe/Berlin")
OCTOBER_ENDS = datetime(2026, 11, 1, tzinfo=BERLIN)
SINCE = datetime(2026, 10, 1, tzinfo=BERLIN).astimezone(UTC)
STEPS = 9

console = Console(highlight=False)


def tell(examples: Path, documents: Path) -> None:
    """Do every step that is still to do, saying what each did; write the PDFs to `documents`."""
    began = perf_counter()
    head(1, "The database")
    migrate.apply()
    server()
    with console.status("     Compiling the rating kernel for this machine; once, half a minute …"):
        kernel()
    head(2, "A provider, its people and two customers")
    tenant_id = world.provider(SINCE)
    from tollwright.data.scope import tenant_scope

    def step(do: Callable[[], None]) -> None:
        with tenant_scope(tenant_id):
            do()

    step(lambda: world.people(say))
    step(lambda: world.customers(say, SINCE))
    head(3, "Rate cards")
    step(lambda: deck(examples / "decks" / "az_eur.csv"))
    step(lambda: world.key_markets(say, examples / "cards" / "key_markets.json", SINCE))
    step(lambda: world.carrier(say, examples / "cards" / "elbe_buy.json", SINCE))
    head(4, "Rules, set once at system level")
    step(lambda: world.rules(say, SINCE))
    head(5, "Call plans")
    step(lambda: world.plans(say))
    head(6, "Call records, from the switch's files to rated calls")
    step(lambda: world.sources(say))
    step(lambda: calls("freeswitch", examples / "freeswitch" / "Master.csv"))
    step(lambda: calls("asterisk", examples / "asterisk" / "Master.csv"))
    head(7, "Billing October")
    step(lambda: billing(documents))
    step(margins)
    step(what_if)
    head(8, "A payment and its receipt")
    step(lambda: payment(documents))
    head(9, "Proof")
    step(proof)
    say(f"Done in {perf_counter() - began:.1f} s. The documents are in {documents}")
    logins()


def head(number: int, title: str) -> None:
    """Announce a step."""
    console.print(f"\n[bold]{number}/{STEPS}  {title}[/bold]")


def say(text: str) -> None:
    """A line about what was done."""
    console.print(f"     {text}", markup=False, soft_wrap=True)


def server() -> None:
    """Say which PostgreSQL this is."""
    from django.conf import settings
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_user")
        version, role = cursor.fetchone()
    kind = "embedded" if settings.TOLLWRIGHT.embedded else "by DATABASE_URL"
    say(f"PostgreSQL {version} ({kind}); row-level security binds the application's role {role}.")


def kernel() -> None:
    """Have the rating kernel compiled before the first call needs it."""
    from tollwright.kernel.warm import warm

    began = perf_counter()
    made = warm(lambda _: None)
    if made:
        say(f"Compiled the rating kernel for this machine in {perf_counter() - began:.0f} s.")


def deck(path: Path) -> None:
    """Import the A–Z deck: preview, apply, publish."""
    from tollwright.data.models import RateCard
    from tollwright.domain.rates import operations as rates

    card = RateCard.objects.filter(code="AZ").first()
    if card is not None:
        say(f"The A–Z card is there: {card.versions.get(number=1).rates.count():,} rates.")
        return
    at, by = runtime.now(), world.by()
    began = perf_counter()
    with console.status(f"     Reading {path.name} …"):
        card = rates.create_card(
            code="AZ", name="Retail A–Z", side="sell", currency="EUR", at=at, by=by
        )
        preview = rates.preview_deck(
            card=card,
            filename=path.name,
            content=path.read_bytes(),
            mode="replace",
            at=at,
            by=by,
        )
    say(f"Preview of {path.name}, before anything is written:")
    for line in world.preview_lines(preview.summary):
        say(f"   {line}")
    with console.status("     Publishing …"):
        version = rates.apply_deck(deck_import=preview, at=at, by=by)
        version = rates.publish_version(version=version, effective_from=SINCE, at=at, by=by)
    took = perf_counter() - began
    hashed = version.content_hash[:12]
    say(f"Published version {version.number} from 1 October, fingerprint {hashed}.")
    say(f"From the file to published prices in {took:.1f} s.")


def calls(source: str, path: Path) -> None:
    """Ingest one file: parse, attribute, dedupe, rate, store, all in one transaction."""
    from tollwright.domain.calls import operations

    content = path.read_bytes()
    began = perf_counter()
    with reading(path.parent.name, len(content)) as progress:
        result = operations.ingest(
            source_code=source,
            filename=f"{source}/{path.name}",
            stream=io.BytesIO(content),
            at=runtime.now(),
            by=world.by(),
            progress=progress,
        )
    if result.already:
        say(f"{path.parent.name}/{path.name} was ingested before; nothing was done twice.")
        return
    took = perf_counter() - began
    say(f"{path.parent.name}/{path.name}: {result.records:,} records in {took:.1f} s")
    say(
        f"   {result.rated:,} rated, {result.unanswered:,} not answered, "
        f"{result.ignored:,} second legs, {result.duplicates:,} duplicates, "
        f"{result.quarantined:,} in quarantine"
    )
    for reason, count in sorted(result.reasons.items()):
        if not reason.startswith("supplier"):  # counted as second legs above
            say(f"      {count:,} × {label('reason', reason).text}")


def billing(documents: Path) -> None:
    """Draft, finalise and print October's invoices."""
    from tollwright.data.models import Invoice
    from tollwright.domain.invoices import operations as invoices

    at, by = runtime.now(), world.by()
    run = invoices.run_billing(until=OCTOBER_ENDS, key="demo-october", at=at, by=by)
    with console.status("     Finalising and writing PDFs …"):
        invoices.finalise_run(run=run, at=at, by=by, render=world.renderer())
    for invoice in Invoice.objects.filter(run=run).order_by("number"):
        say(f"{invoice.number}  {invoice.customer.name}: {told(invoice)}")
        say(f"   {invoice.lines.count()} lines, {phrase('invoice_detail', invoice.detail)}")
        say(f"   {write(documents, invoice.document)}")


def margins() -> None:
    """The margin of October."""
    from tollwright.domain.reports.margins import by_campaign

    for one in by_campaign(date(2026, 10, 1), date(2026, 10, 31)):
        kept = one.margin_micros
        if kept is not None:
            say(
                f"{one.campaign}: charged {show(one.sell_micros, 2)}, paid to carriers"
                f" {show(one.buy_micros, 2)}, kept {show(kept, 2)} {one.currency}"
            )


def what_if() -> None:
    """What a customer would have paid on another plan."""
    from tollwright.data.models import Customer, PlanVersion
    from tollwright.domain.rerating import whatif
    from tollwright.domain.rerating.scope import CallScope

    lumen = Customer.objects.get(code="LUMEN")
    plan = PlanVersion.objects.get(plan__code="COST")
    scope = CallScope(first=SINCE, last=OCTOBER_ENDS.astimezone(UTC), customer_id=lumen.pk)
    payload = whatif.WhatIfRequest(plan=plan)
    for line in whatif.what_if(payload, scope, everyone=True, at=runtime.now()).lines:
        say(
            f"What if {line.customer} were on {plan.plan.name}? Calls for"
            f" {show(line.usage.new_micros, 2)} instead of {show(line.usage.old_micros, 2)}"
            f" {line.currency}."
        )


def told(invoice: Invoice) -> str:
    """An invoice's figures in a line."""
    parts = [f"net {show(invoice.net_micros)}", f"tax {show(invoice.tax_micros, 2)}"]
    if invoice.rounding_micros:
        parts.append(f"rounding {show(invoice.rounding_micros)}")
    return f"{', '.join(parts)}, total {show(invoice.total_micros, 2)} {invoice.currency}"


def write(documents: Path, document: Document) -> Path:
    """Write the stored bytes of an invoice or a receipt beside the others."""
    return write_document(documents, document)


def payment(documents: Path) -> None:
    """Acme pays its invoice by bank transfer."""
    from tollwright.data.models import Invoice
    from tollwright.domain.payments import operations as payments

    invoice = Invoice.objects.filter(customer__code="ACME").order_by("number")[0]
    paid = payments.record_payment(
        customer=invoice.customer,
        amount_micros=invoice.total_micros,
        currency=invoice.currency,
        method="transfer",
        reference=str(invoice.number),
        received_at=min(
            datetime.combine(date(2026, 11, 20), datetime.min.time(), BERLIN), runtime.now()
        ),
        key="demo-acme-october",
        confirmed=True,  # the story's month may be long ago
        at=runtime.now(),
        by=world.by(),
        render=world.renderer(),
    )
    invoice.refresh_from_db()
    say(
        f"{invoice.customer.name} paid {show(paid.amount_micros, 2)} {paid.currency} for "
        f"{invoice.number}, which is now {invoice.status}."
    )
    say(f"{paid.receipt.number}  {write(documents, paid.receipt.document)}")


def proof() -> None:
    """Check every figure against the rows behind it, and the audit chain."""
    from tollwright.domain.audit import queries as audit
    from tollwright.domain.invoices.queries import check_sums

    violations = list(check_sums())
    if violations:
        raise AssertionError(f"figures without their rows: {violations}")
    say("Every figure on every document equals the sum of the rows behind it, to the micro.")
    chain = audit.verify_chain()
    if not chain.ok:
        raise AssertionError(f"the audit chain breaks at row {chain.first_bad_seq}")
    say(f"The audit log has {chain.rows} rows; its hash chain is whole.")


def logins() -> None:
    """Print how to sign in."""
    console.print("\n[bold]Sign in[/bold] (demo accounts, for this machine only)")
    for email, where in world.LOGINS:
        say(f"{email:<32} {world.PASSWORD}   {where}")
