"""What all tests share: Hypothesis draws the same examples every time, and takes the time that compiling takes."""

from hypothesis import settings

settings.register_profile("project", derandomize=True, deadline=None, database=None)
settings.load_profile("project")
