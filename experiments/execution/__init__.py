"""Doing what a study asks: tasks, workers, and when to stop."""
