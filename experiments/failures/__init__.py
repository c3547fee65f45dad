"""Failure modes demonstrated: a world that fails, the early sign, the remedy, and how far to trust the detectors."""
