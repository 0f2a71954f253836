"""The start page, and the saving of what is being typed."""
