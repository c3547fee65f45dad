"""What was observed of real partnerships, and the model held against it."""
