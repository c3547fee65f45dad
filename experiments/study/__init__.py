"""What a study asks: its definition, its design, and how it is cut into tasks."""
