"""What all tests share: Hypothesis draws the same examples every time, and takes the time that compiling takes.

Studies that are finished once, for tests that disturb others like them, and must not be written to.
"""

import signal

import pytest
from hypothesis import settings

settings.register_profile("project", derandomize=True, deadline=None, database=None)
settings.load_profile("project")


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A small study, finished undisturbed by one worker."""
    from tests import faults

    return faults.undisturbed(faults.SMALL, tmp_path_factory.mktemp("undisturbed"), workers=1)


@pytest.fixture(scope="session")
def long(tmp_path_factory):
    """A study of some seconds, finished undisturbed."""
    from tests import faults

    return faults.undisturbed(faults.LONG, tmp_path_factory.mktemp("undisturbed"), workers=2)


@pytest.fixture
def heeded():
    """Children heed signals, as in a terminal; what a script starts in the background inherits to ignore SIGINT."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    for number, action in before.items():
        signal.signal(number, action)
