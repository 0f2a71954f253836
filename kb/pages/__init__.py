"""The pages of the FAQ on the desk."""
