"""Staff and callers: who works here, and who calls."""
