"""The JSON API: how programs come in, what they may send, and how they are answered. Nouns stand in their rooms."""
