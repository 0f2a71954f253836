"""Who was told an answer that is wrong now, and calling them back."""
