"""Events on a real PostgreSQL."""
