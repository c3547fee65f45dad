"""The model: numbers in, numbers out. Its sources are read first, so that what is loaded afterwards is known."""

from sim import sources

__all__ = ["sources"]
