"""CDR formats: one file each; `registry.FORMATS` lists them."""
