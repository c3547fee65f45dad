"""Compiled code on disk: found again, never older than its source, and never in the way when it is damaged.

The package here is a small one: the project's own `cache.py`, one rule, and one entry point that calls the rule from
another file. That is the case in which numba by itself goes wrong, as the tests called "numba alone" show.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sim import cache, errors
from tests.faults import ROOT

pytestmark = pytest.mark.slow

RULE = """
import numba

@numba.njit
def rule(x):
    return {factor} * x
"""

ENTRY = """
import numba
from sim.cache import kept
from sim.rule import rule

def plain(x):
    return rule(x) + 1.0

entry = {decorator}(plain)
"""


@pytest.fixture
def package(tmp_path):
    """A folder with a package `sim` whose entry point is kept; 20.5 goes in and 42 comes out."""
    (tmp_path / "sim").mkdir()
    (tmp_path / "sim" / "__init__.py").touch()
    for module in (cache, errors):
        shutil.copy(module.__file__, tmp_path / "sim")
    write(tmp_path, "rule", RULE.format(factor=2.0))
    write(tmp_path, "entry", ENTRY.format(decorator="kept"))
    return tmp_path


@pytest.fixture
def numba_alone(package):
    """The same, with numba's own cache in place of ours."""
    write(package, "entry", ENTRY.format(decorator="numba.njit(cache=True)"))
    return package


def write(package, module, text):
    (package / "sim" / f"{module}.py").write_text(text)


def python(package, text, folder="cache"):
    """What Python prints when it runs a text beside the package, with its cache in a folder there."""
    place = str(package / folder)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA")}
    environment |= {"PARTNERSHIP_CACHE": place, "PYTHONDONTWRITEBYTECODE": "1"}
    if "njit(cache" in (package / "sim" / "entry.py").read_text():
        environment["NUMBA_CACHE_DIR"] = place
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=package, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


def answer(package, folder="cache"):
    return float(python(package, "from sim.entry import entry; print(entry(20.5))", folder))


def stored(package):
    """The files of compiled code anywhere beside the package, with the time each was written."""
    return {file: file.stat().st_mtime_ns for file in sorted(package.rglob("*.nb[ic]"))}


# -- kept -------------------------------------------------------------------------------------------------


def test_compiled_code_is_found_again(package):
    assert answer(package) == 42.0
    first = stored(package)
    assert {file.suffix for file in first} == {".nbi", ".nbc"}
    assert all((package / "cache" / "partnership-dynamics") in file.parents for file in first)
    assert answer(package) == 42.0
    assert stored(package) == first


def test_interpreted_nothing_is_compiled_and_nothing_kept(package):
    text = "import os; os.environ['NUMBA_DISABLE_JIT'] = '1'; from sim.entry import entry, plain; print(entry is plain)"
    assert python(package, text) == "True"
    assert not stored(package)


# -- never older than its source --------------------------------------------------------------------------


def test_a_changed_rule_counts_at_once(package):
    assert answer(package) == 42.0
    write(package, "rule", RULE.format(factor=4.0))
    assert answer(package) == 83.0


def test_numba_alone_would_go_on_with_the_old_rule(numba_alone):
    """It watches only the file that the entry point stands in."""
    assert answer(numba_alone) == 42.0
    write(numba_alone, "rule", RULE.format(factor=4.0))
    assert answer(numba_alone) == 42.0


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A folder of source files for `cache.folder` to look at."""
    for name in ("cache", "rules", "params"):
        (tmp_path / f"{name}.py").write_text(f"# {name}\n")
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "cache.py"))
    return tmp_path


@pytest.mark.parametrize("name", ["rules", "params", "new"])
def test_any_change_of_any_source_gives_another_folder(sources, name):
    before = cache.folder()
    (sources / f"{name}.py").write_text("# changed\n")
    assert cache.folder() != before


def test_the_same_source_gives_the_same_folder(sources):
    before = cache.folder()
    (sources / "rules.py").write_text("# changed\n")
    (sources / "rules.py").write_text("# rules\n")
    (sources / "notes.txt").write_text("no source\n")
    assert cache.folder() == before


def test_another_numba_or_python_gives_another_folder(sources, monkeypatch):
    before = cache.folder()
    monkeypatch.setattr(cache.numba, "__version__", "0.0")
    other_numba = cache.folder()
    monkeypatch.setattr(cache.sys, "version", "0.0")
    assert len({before, other_numba, cache.folder()}) == 3


def test_where_the_folder_lies(monkeypatch):
    """Where the user says, else where the system keeps such things, else in the home folder."""
    monkeypatch.delenv("PARTNERSHIP_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache.folder().is_relative_to(Path.home() / ".cache" / "partnership-dynamics")
    monkeypatch.setenv("XDG_CACHE_HOME", "/system")
    assert cache.folder().is_relative_to("/system/partnership-dynamics")
    monkeypatch.setenv("PARTNERSHIP_CACHE", "/mine")
    assert cache.folder().is_relative_to("/mine/partnership-dynamics")


# -- damaged or unwritable --------------------------------------------------------------------------------

HEALED = """
from pathlib import Path
from sim.cache import kept
from sim.entry import plain

kept(plain)(20.5)
for file in sorted(Path("cache").rglob("*.nb[ic]")):
    whole = file.read_bytes()
    for length in (0, 1, len(whole) // 4, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        print(file.suffix, kept(plain)(20.5), file.stat().st_size > length)
"""


def test_a_truncated_file_heals(package):
    """At whatever length it was cut: the answer is right, and the file is whole again."""
    assert python(package, HEALED).splitlines() == [
        f"{suffix} 42.0 True" for suffix in (".nbc", ".nbi") for _ in range(5)
    ]
    healed = stored(package)
    assert answer(package) == 42.0
    assert stored(package) == healed


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_numba_alone_would_stop_at_a_truncated_file(numba_alone, suffix):
    answer(numba_alone)
    (file,) = [file for file in stored(numba_alone) if file.suffix == suffix]
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(RuntimeError, match=r"UnpicklingError|EOFError"):
        answer(numba_alone)


@pytest.fixture
def unwritable(package):
    """The name of a folder that nobody, not even the superuser, can make: its parent is a file."""
    (package / "file").touch()
    return "file/cache"


def test_an_unwritable_folder_is_done_without(package, unwritable):
    assert answer(package, unwritable) == 42.0
    assert not stored(package), "nor is anything left beside the source"


def test_without_a_folder_a_changed_rule_counts_at_once(package, unwritable):
    assert answer(package, unwritable) == 42.0
    write(package, "rule", RULE.format(factor=4.0))
    assert answer(package, unwritable) == 83.0


# -- code that others could have put there ----------------------------------------------------------------


def refused(package, folder="cache"):
    """The last line of what importing the entry point says, where it fails."""
    with pytest.raises(RuntimeError) as failed:
        answer(package, folder)
    return str(failed.value).strip().splitlines()[-1]


@pytest.fixture
def filled(package):
    """The folder of this package's compiled code, with code in it, and the folder that holds it."""
    assert answer(package) == 42.0
    (folder,) = (package / "cache" / "partnership-dynamics").iterdir()
    return folder


@pytest.mark.skipif(os.name == "nt", reason="folders of a profile on Windows are private")
def test_what_is_made_is_private(filled):
    assert [level.stat().st_mode & 0o777 for level in (filled, filled.parent)] == [0o700, 0o700]


@pytest.mark.skipif(os.name == "nt", reason="folders of a profile on Windows are private")
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
@pytest.mark.parametrize("level", ["folder", "parent"])
def test_a_folder_that_others_can_write_is_refused(package, filled, level, mode):
    place = filled if level == "folder" else filled.parent
    place.chmod(mode)
    said = refused(package)
    assert said.startswith(f"sim.cache.CacheError: the folder of compiled code {place} can be written by others")
    assert "set PARTNERSHIP_CACHE" in said
    place.chmod(0o755)
    assert answer(package) == 42.0, "control: others may read it"


@pytest.mark.skipif(os.name == "nt", reason="links on Windows take a privilege")
@pytest.mark.parametrize("level", ["folder", "parent"])
def test_a_link_in_its_place_is_refused(package, filled, level):
    place = filled if level == "folder" else filled.parent
    place.rename(package / "elsewhere")
    place.symlink_to(package / "elsewhere")
    assert f"{place} is a symbolic link" in refused(package)


def test_a_link_above_it_is_the_users_own(package, filled):
    (package / "link").symlink_to(package / "cache")
    assert answer(package, "link") == 42.0


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only the superuser can give a folder away")
def test_a_folder_of_another_user_is_refused(package, filled):
    os.chown(filled, 12345, -1)
    assert f"{filled} belongs to another user (number 12345)" in refused(package)


@pytest.mark.skipif(os.name == "nt", reason="folders of a profile on Windows are private")
def test_the_command_line_says_it_in_one_line(tmp_path):
    folder = tmp_path / "partnership-dynamics"
    folder.mkdir()
    folder.chmod(0o777)
    words = ["run", "parameters.months=2", "parameters.n_partners=2"]
    done = subprocess.run(
        [sys.executable, "-m", "experiments.cli", *words], env={**os.environ, "PARTNERSHIP_CACHE": str(tmp_path)},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith(f"partnership: the folder of compiled code {folder} can be written by others")
    assert done.stderr.count("\n") == 1
