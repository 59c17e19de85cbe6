"""What keeps credentials, foreign code and control characters out of what is shown and run."""
