"""A contact comes in and is filed: tray, call screen, identity check."""
