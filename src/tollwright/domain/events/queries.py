"""What happened, in the order in which it was told."""

from __future__ import annotations

from django.db.models import QuerySet

from tollwright.data.events import Event


def events(*, type: str = "") -> QuerySet[Event]:
    """All, or those of a type, oldest first."""
    found = Event.objects.order_by("id")
    return found.filter(type=type) if type else found


def events_of(object_kind: str, object_id: int) -> QuerySet[Event]:
    """What happened to one object, by its sequence."""
    found = Event.objects.filter(object_kind=object_kind, object_id=object_id)
    return found.order_by("sequence")
