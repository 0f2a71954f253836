"""One ticket: its page, its time line, and what is done to it."""
