"""The house: people, contacts, papers, and what keeps them private."""
