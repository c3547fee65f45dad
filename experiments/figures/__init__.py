"""Stored tables become pictures. A figure function takes tables and returns a `Figure`; none of them simulates."""
