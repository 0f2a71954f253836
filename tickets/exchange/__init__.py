"""Tickets brought in from a file."""
