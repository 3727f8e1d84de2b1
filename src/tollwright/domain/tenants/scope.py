"""Whose rows a piece of work sees, for callers above the domain."""

from __future__ import annotations

from tollwright.data.scope import current_tenant_id, tenant_scope

__all__ = ["current_tenant_id", "tenant_scope"]
