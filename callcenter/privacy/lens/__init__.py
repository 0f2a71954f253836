"""The lens: one sealed, disposable index a period, through which everything personal is found."""
