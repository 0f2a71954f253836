"""Complaints: in the caller's words, with one owner, a supervisor's call, and another person's word to close."""
