"""Work that runs later or on a schedule: one file an area; each loads by id and makes one domain
call."""
