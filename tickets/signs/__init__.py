"""What stands on every door of the work: the blueprint, how a page comes to its ticket, words, fields."""
