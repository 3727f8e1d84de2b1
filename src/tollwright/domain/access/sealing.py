"""Secrets as the database keeps them, for callers above the domain."""

from __future__ import annotations

from tollwright.data.sealing import SealBroken, seal, unseal

__all__ = ["SealBroken", "seal", "unseal"]
