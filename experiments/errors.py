"""The error of a configuration or a word of the command line that cannot be used."""

from __future__ import annotations


class ConfigError(ValueError):
    """What was asked cannot be used; the message names the value, what is allowed and the nearest name.

    Where it is about one key, the message begins with that key, so that the place where it was given can be added.
    """
