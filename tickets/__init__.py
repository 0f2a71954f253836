"""The work: tickets, consultations, identity checks, search."""
