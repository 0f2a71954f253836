"""Application records and the links to them."""
