"""The rows of the work: tickets, consultations, notes, drafts, identity checks, and the rules on them."""
