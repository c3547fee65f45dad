"""What a user gives becomes a study, checked once."""
