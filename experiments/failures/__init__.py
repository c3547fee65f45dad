"""Failure modes shown: a world that fails so, the early sign, the remedy, and how far the detectors can be trusted."""
