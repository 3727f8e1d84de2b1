"""Working off a group here and now, for the command line, whether or not a worker runs."""

from __future__ import annotations

from tollwright.data.jobs import Job
from tollwright.data.scope import tenant_scope
from tollwright.domain.jobs import operations, queries
from tollwright.jobs import areas
from tollwright.jobs.runner import perform

__all__ = ["areas", "work_off"]  # with the areas come the functions that do the jobs


def work_off(tenant_id: int, group_id: int) -> list[Job]:
    """Do the group's open parts, each in its own transaction; those that failed.

    A worker may take some meanwhile: nothing is done twice. Killed in the middle, the rest stays
    in the queue for a worker.
    """
    with tenant_scope(tenant_id):
        group = queries.job_by_id(group_id)
        todo = [one.pk for one in queries.parts(group) if one.is_open]
    for pk in todo:
        perform(tenant_id, pk)
        with tenant_scope(tenant_id):
            operations.leave_queue(queries.job_by_id(pk))
    with tenant_scope(tenant_id):
        return list(queries.parts(group).filter(status="failed"))
