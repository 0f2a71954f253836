"""The words of the office: what it writes, and what callers say for the same thing."""
