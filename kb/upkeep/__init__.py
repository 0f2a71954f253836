"""What keeps an answer true: the rules it rests on, what makes it doubtful, and who looks after it."""
