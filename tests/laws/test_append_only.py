"""Laws 3 and 4: what was published, finalised, booked or written down stays, whoever asks.

The application's role tries each with plain SQL, behind the back of the domain.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection, connections, transaction

from tests.support.furnished import Furnished, furnish
from tests.support.world import START
from tollwright.data import models as m
from tollwright.data.scope import tenant_scope

# Rows that are written once. Law: the trigger is there for exactly these.
WRITTEN_ONCE = {
    "allocation",
    "audit_entry",
    "billing_run",
    "carrier_card",
    "document",
    "entry",
    "event",
    "payment",
    "payment_change",
    "posting",
    "raw_chunk",
    "receipt",
    "rerate_proposal_line",
    "rerating",
    "rule",
    "write_off",
}


@pytest.fixture
def north(db: None) -> Iterator[Furnished]:
    made = furnish("north")
    with tenant_scope(made.world.tenant.id):
        yield made


def run(statement: str, *values: object) -> int:
    """Rows that the statement touched; deferred checks are made at once."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement, [str(value) for value in values])
        return int(cursor.rowcount)


def test_the_tables_written_once_are_known(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only' "
            "AND tgenabled = 'O' AND tgfoid = 'tollwright_refuse'::regproc"
        )
        assert {name for (name,) in cursor.fetchall()} == WRITTEN_ONCE


@pytest.mark.parametrize("table", sorted(WRITTEN_ONCE))
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_a_row_written_once_stays(north: Furnished, table: str, statement: str) -> None:
    with pytest.raises(IntegrityError, match=f"{table} is append-only"):
        run(statement.format(table))


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE card_version SET tag = 'x'", "card_version .* is published: UPDATE refused"),
        ("DELETE FROM card_version", "card_version .* is published: DELETE refused"),
        ("UPDATE card_version SET status = 'draft'", "is published: UPDATE refused"),
        ("UPDATE plan_version SET routing_policy = 'quality'", "is published: UPDATE refused"),
        ("DELETE FROM plan_version", "is published: DELETE refused"),
        ("UPDATE rate SET price_nanos = 0", "rate of published card_version .* are fixed"),
        ("DELETE FROM rate", "rate of published card_version .* are fixed: DELETE refused"),
        (
            "INSERT INTO rate (tenant_id, version_id, row_no, prefix, name, price_nanos, unit_s, "
            "first_s, next_s, connect_fee_micros, blocked) SELECT tenant_id, id, 9, '1', '', 0, "
            "60, 1, 1, 0, false FROM card_version",
            "rate of published card_version .* are fixed: INSERT refused",
        ),
        ("UPDATE plan_fee SET amount_micros = 2", "plan_fee of published plan_version"),
        ("DELETE FROM plan_fee", "plan_fee of published plan_version .* DELETE refused"),
        (
            "INSERT INTO plan_fee SELECT (jsonb_populate_record(f, jsonb_build_object("
            "'id', nextval('plan_fee_id_seq'), 'name', 'x'))).* FROM plan_fee f LIMIT 1",
            "plan_fee of published plan_version .* INSERT refused",
        ),
    ],
)
def test_what_is_published_stays(north: Furnished, statement: str, sentence: str) -> None:
    with pytest.raises(IntegrityError, match=sentence):
        run(statement)


def test_a_draft_may_change(north: Furnished) -> None:
    draft = m.CardVersion.objects.create(
        tenant=north.world.tenant, card=north.card, number=2, created_at=START, created_by="anna"
    )
    m.Rate.objects.create(
        tenant=north.world.tenant, version=draft, row_no=0, prefix="1", price_nanos=1
    )
    assert run("UPDATE rate SET price_nanos = 2 WHERE version_id = %s", draft.pk) == 1
    assert run("DELETE FROM rate WHERE version_id = %s", draft.pk) == 1
    assert run("DELETE FROM card_version WHERE id = %s", draft.pk) == 1


@pytest.mark.parametrize(
    "change",
    [
        *("total_micros = total_micros + 1, rounding_micros = rounding_micros + 1",),
        *("number = 'NC-9'", "due_on = '2027-01-01'", "currency = 'USD'", "note = 'x'"),
        "status = 'draft', number = NULL",
    ],
)
def test_a_finalised_invoice_keeps_its_content(north: Furnished, change: str) -> None:
    with pytest.raises(IntegrityError, match="invoice NC-2026-1 is finalised: its content is fix"):
        run(f"UPDATE invoice SET {change} WHERE id = %s", north.issued.pk)


def test_a_finalised_invoice_is_not_deleted_but_voided(north: Furnished) -> None:
    with pytest.raises(IntegrityError, match="NC-2026-1 is finalised"):
        run("DELETE FROM invoice WHERE id = %s", north.issued.pk)
    voided = "UPDATE invoice SET status = 'void', void_reason = 'twice' WHERE id = %s"
    assert run(voided, north.issued.pk) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE invoice_line SET amount_micros = 0 WHERE invoice_id = %s",
        "DELETE FROM invoice_line WHERE invoice_id = %s",
        "INSERT INTO invoice_line (tenant_id, invoice_id, position, kind, description, "
        "amount_micros, tax_category, tax_rate) SELECT tenant_id, id, 9, 'usage', '', 1, 'S', 0 "
        "FROM invoice WHERE id = %s",
        "UPDATE invoice_tax SET tax_micros = 0 WHERE invoice_id = %s",
        "DELETE FROM invoice_tax WHERE invoice_id = %s",
        "INSERT INTO invoice_tax (tenant_id, invoice_id, category, rate, base_micros, tax_micros) "
        "SELECT tenant_id, id, 'Z', 0, 0, 0 FROM invoice WHERE id = %s",
    ],
)
def test_lines_and_taxes_of_a_finalised_invoice_stay(north: Furnished, statement: str) -> None:
    with pytest.raises(IntegrityError, match="of finalised invoice"):
        run(statement, north.issued.pk)


def test_no_line_moves_from_a_finalised_invoice_to_a_draft(north: Furnished) -> None:
    with pytest.raises(IntegrityError, match="of finalised invoice"):
        run("UPDATE invoice_line SET invoice_id = %s WHERE id = %s", north.draft.pk, north.line.pk)


def test_no_line_moves_from_a_draft_to_a_finalised_invoice(north: Furnished) -> None:
    line = m.InvoiceLine.objects.create(
        tenant=north.world.tenant,
        invoice=north.draft,
        position=5,
        kind="usage",
        description="Calls",
        amount_micros=1,
        tax_rate="0",
    )
    with pytest.raises(IntegrityError, match="of finalised invoice"):
        run("UPDATE invoice_line SET invoice_id = %s WHERE id = %s", north.issued.pk, line.pk)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("amount_micros = 0", "is fixed: re-rating writes a new revision"),
        ("billed_s = 0", "is fixed"),
        ("rate_no = 1", "is fixed"),
        ("customer_id = customer_id + 1", "is fixed"),
        ("invoice_line_id = NULL", "is on a finalised invoice: UPDATE refused"),
    ],
)
def test_a_charge_stays(north: Furnished, change: str, sentence: str) -> None:
    with pytest.raises(IntegrityError, match=sentence):
        run(f"UPDATE charge SET {change}")


# of a charge on no invoice line; what billing may do to it is to put it on one, and nothing beside
FIXED_OF_A_CHARGE = {
    "id": "id + 7", "call_id": "call_id + 1", "started_at": "started_at + interval '1 s'",
    "rated_at": "rated_at + interval '1 s'", "amount_micros": "amount_micros + 1",
    "customer_id": "customer_id + 1", "campaign_id": "campaign_id + 1",
    "card_version_id": "card_version_id + 1", "plan_version_id": "7", "rate_no": "rate_no + 1",
    "billed_s": "billed_s + 1", "allowance_s": "allowance_s + 1",
    "level": "level + 1::smallint", "revision": "revision + 1::smallint", "leg": "'parent'",
    "currency": "'GBP'", "prefix": "prefix || '9'",
}  # fmt: skip


def put_free_charge(north: Furnished) -> int:
    """A charge of the leg `buy` on no line; the id of a draft's line that it may come onto."""
    run(
        "INSERT INTO charge SELECT (jsonb_populate_record(c, jsonb_build_object("
        "'id', c.id + 1, 'leg', 'buy', 'invoice_line_id', NULL))).* FROM charge c"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO invoice_line SELECT (jsonb_populate_record(l, jsonb_build_object("
            "'id', nextval('invoice_line_id_seq'), 'invoice_id', %s::bigint))).*"
            " FROM invoice_line l WHERE id = %s RETURNING id",
            [north.draft.pk, north.line.pk],
        )
        return int(cursor.fetchone()[0])


def test_every_column_of_a_charge_is_fixed_or_billing_s(north: Furnished) -> None:
    """Row-level security has the word on the tenant before any trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM charge LIMIT 0")
        columns = {column.name for column in cursor.description}
    assert columns == set(FIXED_OF_A_CHARGE) | {"tenant_id", "invoice_line_id", "is_current"}


@pytest.mark.parametrize("column", sorted(FIXED_OF_A_CHARGE))
def test_a_charge_on_no_line_stays(north: Furnished, column: str) -> None:
    """Whether it comes onto a line in the same statement or not."""
    line_id = put_free_charge(north)
    change = f"{column} = {FIXED_OF_A_CHARGE[column]}"
    for also in ("", f", invoice_line_id = {line_id}"):
        with pytest.raises(IntegrityError, match="is fixed: re-rating writes a new revision"):
            run(f"UPDATE charge SET {change}{also} WHERE leg = 'buy'")
    assert run("UPDATE charge SET invoice_line_id = %s WHERE leg = 'buy'", line_id) == 1
    with pytest.raises(IntegrityError, match="is fixed"):
        run(f"UPDATE charge SET {change} WHERE leg = 'buy'")
    assert run("DELETE FROM charge WHERE leg = 'buy'") == 1


def test_a_charge_that_fell_does_not_rise_onto_a_line(north: Furnished) -> None:
    line_id = put_free_charge(north)
    assert run("UPDATE charge SET is_current = false WHERE leg = 'buy'") == 1
    for also in ("", f", invoice_line_id = {line_id}"):
        with pytest.raises(IntegrityError, match="is fixed"):
            run(f"UPDATE charge SET is_current = true{also} WHERE leg = 'buy'")


def test_a_billed_charge_is_not_deleted(north: Furnished) -> None:
    with pytest.raises(IntegrityError, match="is on a finalised invoice: DELETE refused"):
        run("DELETE FROM charge")


def test_no_charge_comes_onto_a_finalised_invoice(north: Furnished) -> None:
    free = (
        "INSERT INTO charge SELECT (jsonb_populate_record(c, jsonb_build_object("
        "'id', c.id + 1, 'leg', 'buy', 'invoice_line_id', %s::bigint))).* FROM charge c"
    )
    with pytest.raises(IntegrityError, match="NC-2026-1 is finalised: no charge comes onto it"):
        run(free, north.line.pk)
    assert run(free.replace("%s::bigint", "NULL::bigint")) == 1
    with pytest.raises(IntegrityError, match="NC-2026-1 is finalised: no charge comes onto it"):
        run("UPDATE charge SET invoice_line_id = %s WHERE leg = 'buy'", north.line.pk)


def test_a_superseded_charge_does_not_come_back(north: Furnished) -> None:
    assert run("UPDATE charge SET is_current = false") == 1
    with pytest.raises(IntegrityError, match="is fixed"):
        run("UPDATE charge SET is_current = true")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE number_series SET last_number = 2",
        "UPDATE number_series SET last_number = -1",
        "UPDATE number_series SET last_number = 1, year = 2027",
        "DELETE FROM number_series",
        "INSERT INTO number_series (tenant_id, legal_entity_id, document_type, year, last_number) "
        "SELECT tenant_id, legal_entity_id, 'receipt', 2026, 5 FROM number_series",
    ],
)
def test_numbers_have_no_gaps(north: Furnished, statement: str) -> None:
    with pytest.raises(IntegrityError, match="starts at 0 and counts up by one"):
        run(statement)


def test_a_number_is_the_next_one(north: Furnished) -> None:
    for _ in range(2):
        assert run("UPDATE number_series SET last_number = last_number + 1") == 1
    with pytest.raises(IntegrityError):
        run("UPDATE number_series SET last_number = last_number - 1")
    day = "UPDATE number_series SET last_number = last_number + 1, last_on = "
    assert run(day + "'2026-12-02'") == 1
    for earlier in ("'2026-12-01'", "NULL"):
        with pytest.raises(IntegrityError, match="starts at 0 and counts up"):
            run(day + earlier)


def test_an_identifier_means_one_campaign_at_a_time(north: Furnished) -> None:
    statement = (
        "INSERT INTO identifier (tenant_id, campaign_id, kind, value, valid_from) "
        "SELECT tenant_id, campaign_id, kind, value, %s FROM identifier"
    )
    with pytest.raises(IntegrityError, match="accountcode acme already means campaign"):
        run(statement, "2030-01-01")
    assert run("UPDATE identifier SET valid_to = '2030-01-01'") == 1
    assert run(statement, "2030-01-01") == 1


@pytest.mark.parametrize(
    ("seq", "previous"), [("seq + 2", "hash"), ("seq + 1", "'x'")], ids=["a gap", "another chain"]
)
def test_an_audit_row_follows_the_one_before(north: Furnished, seq: str, previous: str) -> None:
    with pytest.raises(IntegrityError, match="does not follow row 1"):
        run(
            "INSERT INTO audit_entry (tenant_id, seq, at, actor, address, action, subject, "
            f"subject_id, previous_hash, hash) SELECT tenant_id, {seq}, at, actor, address, "
            f"action, subject, subject_id, {previous}, 'y' FROM audit_entry"
        )


@pytest.mark.parametrize(
    ("amounts", "sentence"),
    [((5, -4), "is off by 1 micros EUR"), ((), "has no postings")],
)
def test_an_entry_sums_to_zero(north: Furnished, amounts: tuple[int, ...], sentence: str) -> None:
    with pytest.raises(IntegrityError, match=sentence):
        book(north, amounts)


@transaction.atomic
def book(north: Furnished, amounts: tuple[int, ...]) -> None:
    entry = m.Entry.objects.create(
        tenant=north.world.tenant, kind="x", memo="", at=START, idempotency_key="x"
    )
    for account, amount in zip(m.Account.objects.order_by("id"), amounts, strict=False):
        m.Posting.objects.create(
            tenant=north.world.tenant, entry=entry, account=account, amount_micros=amount
        )
    check_now()


def check_now() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    ("amount", "noted", "sentence"),
    [
        (6_000_000, 11_000_000, "payment .* allocates 11000000 of 5000000 micros"),
        (1, 5_000_001, "payment .* allocates 5000001 of 5000000"),
    ],
)
def test_a_payment_settles_no_more_than_it_is(
    north: Furnished, amount: int, noted: int, sentence: str
) -> None:
    with pytest.raises(IntegrityError, match=sentence):
        allocate(north, amount, noted)


@transaction.atomic
def allocate(north: Furnished, amount: int, noted: int) -> None:
    m.Invoice.objects.filter(pk=north.issued.pk).update(paid_micros=noted)
    m.Allocation.objects.create(
        tenant=north.world.tenant,
        payment=m.Payment.objects.get(),
        invoice=north.issued,
        amount_micros=amount,
        at=START,
    )
    check_now()


def test_even_the_owner_is_refused_while_the_triggers_stand(fresh_db: str) -> None:
    furnish("north")
    for table in sorted(WRITTEN_ONCE):
        with (
            pytest.raises(IntegrityError, match="is append-only"),
            connections["owner"].cursor() as cursor,
        ):
            cursor.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize(
    ("hidden", "statement", "sentence"),
    [
        ("invoice", "DELETE FROM public.charge", "is on a finalised invoice"),
        ("invoice", "DELETE FROM public.invoice_line", "of finalised invoice"),
        ("card_version", "UPDATE public.rate SET price_nanos = 0", "of published card_version"),
    ],
)
def test_a_temporary_table_hides_nothing_from_a_guard(
    north: Furnished, hidden: str, statement: str, sentence: str
) -> None:
    """A session may make an empty table of the same name, which plain names then mean."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {hidden} (LIKE public.{hidden}) ON COMMIT DROP")
        with pytest.raises(IntegrityError, match=sentence):
            run(statement)
