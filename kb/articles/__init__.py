"""Articles: what they say, their versions, the ward's word on them, pictures and links."""
