"""Asking the ward: escalations, their clocks, the ward's answers and the way back to the caller."""
