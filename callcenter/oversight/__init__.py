"""The rooms of the privacy officer and the auditor."""
