"""The public face: what parents find by themselves, laid down apart from the house."""
