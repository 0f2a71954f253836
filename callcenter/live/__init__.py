"""Live pages: what changed is told to the pages that are open, by the order of commits."""
