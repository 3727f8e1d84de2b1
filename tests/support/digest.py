"""What the money of a database comes to, in a form that two machines can compare.

`digest(connection)` reads every call, charge, document figure, posting, payment and day's sum by
business keys: no ids, no moment at which something was done, no wording. Few rows stand there as
they are, many as their number, sums and a hash, a group each, so that a difference names its place.
`python -m tests.support.digest ADDRESS` prints the digest of a database (read as a superuser), with
`--rows` every row behind it: compare two of those with `diff`.

A release may change how something is stored: then the SQL here follows, the expected figures stay.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg
from psycopg.rows import dict_row

Row = dict[str, object]

# A number carries the year in which it was issued; the demo is run in any year.
NUMBER = "regexp_replace({}, '-[0-9]{{4}}-', '-YYYY-')"
TENANT = "JOIN tenant t ON t.id = {}.tenant_id"


@dataclass(frozen=True)
class Section:
    """One question to the database.

    `group` are columns that name a group, whose `sums` and hash stand in the digest; without them
    each row stands there itself.
    """

    sql: str
    group: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()


SECTIONS = {
    "imports": Section(
        f"""
        SELECT t.slug AS tenant, s.code AS source, b.filename, b.sha256, b.status, b.records,
               b.rated, b.unanswered, b.duplicates, b.ignored, b.quarantined
          FROM import_batch b {TENANT.format("b")} JOIN source s ON s.id = b.source_id
        """
    ),
    "quarantine": Section(
        f"""
        SELECT t.slug AS tenant, s.code AS source, b.filename, q.line_no, q.call_key, q.reason,
               q.status, q.raw
          FROM quarantine q {TENANT.format("q")} JOIN source s ON s.id = q.source_id
          JOIN import_batch b ON b.id = q.batch_id
        """
    ),
    "calls": Section(
        f"""
        SELECT t.slug AS tenant, c.code AS customer, g.code AS campaign, s.code AS source,
               b.filename, l.line_no, l.call_key, l.revision, l.is_current, l.group_key,
               l.direction, l.caller, l.called, l.dialled, l.started_at, l.answered_at, l.ended_at,
               l.answered_ms, l.cause, l.disposition, l.trunk, l.agent
          FROM call l {TENANT.format("l")} JOIN source s ON s.id = l.source_id
          JOIN import_batch b ON b.id = l.batch_id
          JOIN customer c ON c.id = l.customer_id JOIN campaign g ON g.id = l.campaign_id
        """,
        group=("tenant", "customer", "campaign", "source"),
        sums=("answered_ms",),
    ),
    "charges": Section(
        f"""
        SELECT t.slug AS tenant, c.code AS customer, g.code AS campaign, h.leg, h.level,
               s.code AS source, l.call_key, l.revision AS call_revision, h.started_at,
               h.revision, h.is_current, k.code AS card, v.number AS card_version,
               p.code AS plan, w.number AS plan_version, h.rate_no, h.prefix, h.billed_s,
               h.allowance_s, h.amount_micros, h.currency, {NUMBER.format("i.number")} AS invoice,
               n.kind AS line_kind
          FROM charge h {TENANT.format("h")}
          JOIN call l ON l.id = h.call_id AND l.started_at = h.started_at
          JOIN source s ON s.id = l.source_id
          JOIN customer c ON c.id = h.customer_id JOIN campaign g ON g.id = h.campaign_id
          JOIN card_version v ON v.id = h.card_version_id JOIN rate_card k ON k.id = v.card_id
          LEFT JOIN plan_version w ON w.id = h.plan_version_id
          LEFT JOIN call_plan p ON p.id = w.plan_id
          LEFT JOIN invoice_line n ON n.id = h.invoice_line_id
          LEFT JOIN invoice i ON i.id = n.invoice_id
        """,
        group=("tenant", "customer", "campaign", "leg", "level", "revision"),
        sums=("billed_s", "allowance_s", "amount_micros"),
    ),
    "allowances": Section(
        f"""
        SELECT t.slug AS tenant, c.code AS customer, g.code AS campaign, k.code AS card, u.pool,
               l.call_key, h.leg, h.level, h.revision, u.answered_at, u.before, u.taken
          FROM allowance_use u {TENANT.format("u")}
          JOIN charge h ON h.id = u.charge_id AND h.started_at = u.started_at
          JOIN call l ON l.id = h.call_id AND l.started_at = h.started_at
          JOIN customer c ON c.id = u.customer_id LEFT JOIN campaign g ON g.id = u.campaign_id
          JOIN rate_card k ON k.id = u.card_id
        """,
        group=("tenant", "customer", "campaign", "card", "pool"),
        sums=("before", "taken"),
    ),
    "days": Section(
        f"""
        SELECT t.slug AS tenant, c.code AS customer, g.code AS campaign, d.currency, d.day, d.calls,
               d.answered, d.answered_ms, d.billed_s, d.sell_micros, d.buy_micros, d.bought
          FROM usage_day d {TENANT.format("d")}
          JOIN customer c ON c.id = d.customer_id JOIN campaign g ON g.id = d.campaign_id
         WHERE d.calls <> 0
        """,
        group=("tenant", "customer", "campaign", "currency"),
        sums=("calls", "answered", "answered_ms", "billed_s", "sell_micros", "buy_micros"),
    ),
    "invoices": Section(
        f"""
        SELECT t.slug AS tenant, c.code AS customer, i.document_type, i.status, i.currency,
               {NUMBER.format("i.number")} AS number, {NUMBER.format("x.number")} AS corrects,
               i.detail, i.period_from, i.period_to, i.period_zone,
               i.due_on - i.issued_on AS due_days, i.net_micros, i.tax_micros, i.rounding_micros,
               i.total_micros, i.paid_micros
          FROM invoice i {TENANT.format("i")} JOIN customer c ON c.id = i.customer_id
          LEFT JOIN invoice x ON x.id = i.corrects_id
        """
    ),
    "invoice_lines": Section(
        f"""
        SELECT t.slug AS tenant, {NUMBER.format("i.number")} AS invoice, n.position, n.kind,
               g.code AS campaign, p.code AS plan, w.number AS plan_version, f.name AS fee,
               n.period_from, n.period_to, n.days, n.of_days, n.calls, n.billed_s, n.amount_micros,
               n.tax_category, n.tax_rate::numeric(6, 3) AS tax_rate
          FROM invoice_line n {TENANT.format("n")} JOIN invoice i ON i.id = n.invoice_id
          LEFT JOIN campaign g ON g.id = n.campaign_id LEFT JOIN plan_fee f ON f.id = n.fee_id
          LEFT JOIN plan_version w ON w.id = f.version_id LEFT JOIN call_plan p ON p.id = w.plan_id
        """
    ),
    "invoice_taxes": Section(
        f"""
        SELECT t.slug AS tenant, {NUMBER.format("i.number")} AS invoice, x.category,
               x.rate::numeric(6, 3) AS rate, x.base_micros, x.tax_micros
          FROM invoice_tax x {TENANT.format("x")} JOIN invoice i ON i.id = x.invoice_id
        """
    ),
    "postings": Section(
        f"""
        SELECT t.slug AS tenant, e.kind AS entry, {NUMBER.format("e.memo")} AS memo, a.kind,
               a.currency, c.code AS customer, p.amount_micros
          FROM posting p {TENANT.format("p")} JOIN entry e ON e.id = p.entry_id
          JOIN account a ON a.id = p.account_id LEFT JOIN customer c ON c.id = a.customer_id
        """
    ),
    "payments": Section(
        f"""
        SELECT t.slug AS tenant, c.code AS customer, p.currency, p.amount_micros, p.method,
               {NUMBER.format("p.reference")} AS reference, p.received_at, p.idempotency_key,
               {NUMBER.format("r.number")} AS receipt
          FROM payment p {TENANT.format("p")} JOIN customer c ON c.id = p.customer_id
          LEFT JOIN receipt r ON r.payment_id = p.id
        """
    ),
    "allocations": Section(
        f"""
        SELECT t.slug AS tenant, p.idempotency_key AS payment, a.amount_micros,
               {NUMBER.format("x.number")} AS credit, {NUMBER.format("i.number")} AS invoice
          FROM allocation a {TENANT.format("a")} JOIN invoice i ON i.id = a.invoice_id
          LEFT JOIN payment p ON p.id = a.payment_id LEFT JOIN invoice x ON x.id = a.credit_id
        """
    ),
    "number_series": Section(
        f"""
        SELECT t.slug AS tenant, e.number_prefix, s.document_type, s.last_number
          FROM number_series s {TENANT.format("s")} JOIN legal_entity e ON e.id = s.legal_entity_id
        """
    ),
    "cards": Section(
        f"""
        SELECT t.slug AS tenant, k.code AS card, k.side, k.currency, v.number, v.status,
               v.effective_from, v.content_hash, count(r.id) AS rates,
               sum(r.price_nanos)::bigint AS price_nanos
          FROM card_version v {TENANT.format("v")} JOIN rate_card k ON k.id = v.card_id
          LEFT JOIN rate r ON r.version_id = v.id GROUP BY t.slug, k.id, v.id
        """
    ),
}  # fmt: skip


def digest(connection: psycopg.Connection[object]) -> dict[str, object]:
    """Every section's rows, or its groups. The connection sees all tenants (an owner's)."""
    return {name: _told(section, rows(connection, section)) for name, section in SECTIONS.items()}


def rows(connection: psycopg.Connection[object], section: Section) -> list[str]:
    """The rows of one section, each as one line of JSON, in an order of their own."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(section.sql)
        return sorted(json.dumps(_plain(row), ensure_ascii=False) for row in cursor)


def hashed(lines: Iterable[str]) -> str:
    """The sha256 of lines, in their order."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _told(section: Section, lines: Sequence[str]) -> object:
    if not section.group:
        return [json.loads(line) for line in lines]
    groups: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        row = json.loads(line)
        groups[" ".join(str(row[name]) for name in section.group)].append(line)
    return {name: _summed(found, section.sums) for name, found in sorted(groups.items())}


def _summed(lines: Sequence[str], sums: tuple[str, ...]) -> dict[str, object]:
    parsed = [json.loads(line) for line in lines]
    totals = {name: sum(row[name] for row in parsed) for name in sums}
    return {"rows": len(lines), **totals, "sha256": hashed(lines)}


def _plain(row: Row) -> Row:
    return {name: _said(value) for name, value in row.items()}


def _said(value: object) -> object:
    """Moments in UTC and shares without trailing noughts, however the server spells them."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value


def main(arguments: Sequence[str]) -> None:
    """Print the digest of the database at an address, or the rows behind it."""
    *options, address = arguments
    with psycopg.connect(address) as connection:
        if "--rows" in options:
            for name, section in SECTIONS.items():
                sys.stdout.writelines(f"{name} {line}\n" for line in rows(connection, section))
        else:
            json.dump(digest(connection), sys.stdout, indent=1, ensure_ascii=False)
            sys.stdout.write("\n")


if __name__ == "__main__":
    main(sys.argv[1:])
