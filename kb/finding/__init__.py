"""Looking things up: the shelf, and what people searched, asked for and pinned."""
