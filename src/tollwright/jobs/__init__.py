"""Work that runs later or on a schedule. Nothing does yet: every job so far ends in its request."""
