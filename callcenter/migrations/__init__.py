"""How the tables came to be: Alembic revisions, one step a file."""
