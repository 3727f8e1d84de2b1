"""No record stops its file: what no database can store waits, and the rest is billed."""

from __future__ import annotations

import json

from tests.integration.engine.conftest import AT, Plant
from tests.support.odd_texts import ODD, WORD, WRITERS, odd_files
from tollwright.engine.ingest.reprocess import reprocess


def test_no_text_of_a_record_stops_its_file(plant: Plant) -> None:
    """Each odd text in each field of each format, of pushed calls too; every call beside them is
    rated, and nobody reprocesses one into a file that stops."""
    for name, writer in WRITERS.items():
        options = json.dumps({"columns": writer.columns})
        plant.run(f"UPDATE source SET format = '{name}', options = '{options}'")
        for kind, content, keys in odd_files(name):
            batch = plant.take(content, f"{name} {kind}")
            assert batch.records == 2 * len(keys) - 1, (name, kind)
            said = ", ".join(f"'{key}'" for key in keys)
            rated = plant.rows(
                "SELECT count(*) FROM call c JOIN charge ch ON ch.call_id = c.id"
                f" WHERE batch_id = {batch.batch_id} AND split_part(call_key, '/', 1) IN ({said})"
            )
            assert rated == [(len(keys),)], (name, kind)
    waiting = plant.rows("SELECT id FROM quarantine WHERE status = 'open' AND reason = 'internal'")
    assert len(waiting) >= len(WRITERS) * len(ODD)
    again = reprocess(
        plant.connection, tenant_id=plant.switch.tenant_id, ids=[one for (one,) in waiting],
        at=AT, by="test",
    )  # fmt: skip
    assert again.waiting > 0  # too long as before
    assert plant.rows(f"SELECT count(*) FROM call WHERE caller = '{WORD}'") == [(0,)]
