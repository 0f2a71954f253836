"""Lists, searches, and what is owed."""
