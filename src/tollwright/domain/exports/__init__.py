"""Files of tables that are too long for a request."""
