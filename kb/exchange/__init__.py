"""Articles out and in as files."""
