"""What the last test run proved, and what it found on the way."""
