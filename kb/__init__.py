"""The shelf: articles, revisions, search and suggestion, rendering."""
