"""What the command line writes to, and the system it stands on, may fail it: the study goes on, the exit code tells."""

from __future__ import annotations

import ast
import os
import pty
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.cli import main
from experiments.commands.sweep import sweep_study
from experiments.config.to_study import compose
from experiments.execution.place import Shard
from experiments.storage import manifest
from experiments.terminal import program, streams
from tests.faults import ROOT

pytestmark = pytest.mark.slow

STUDY = ["name=tiny", "design.points=32", "parameters.months=6"]
PART = "shard=1/1"  # all of the study, but no report, which takes the longest
SCRIPT = "from experiments.cli import script; script()"


def partnership(*words, cwd=ROOT, **how):
    """The command line as a process of its own, where its streams are what a test makes of them."""
    line = [sys.executable, "-c", SCRIPT, *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **how.pop("environment", {})}
    return subprocess.Popen(line, cwd=cwd, env=environment, **how)


def small_sweep(results, **how):
    return partnership("sweep", *STUDY, PART, f"results={results}", **how)


def is_there(results):
    """Whether the study has come to its end: every file of it is listed."""
    study = compose(STUDY)
    (folder,) = (results / study.name).iterdir()
    files = manifest.read_manifest(folder).files
    return {"provenance.json", "design/part-000000.parquet", "runs/part-000000.parquet"} == set(files)


def python(code, **how):
    """Some Python as a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **how.pop("environment", {})}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, **how)


# -- streams that fail ------------------------------------------------------------------------------------


def test_a_closed_output_costs_nothing(tmp_path):
    process = small_sweep(tmp_path, stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
    assert process.communicate(timeout=120)[1] == b"" and process.returncode == 0
    assert is_there(tmp_path)


def test_a_full_output_is_told_at_the_end_and_the_study_goes_on(tmp_path):
    with Path("/dev/full").open("wb") as full:
        process = small_sweep(tmp_path, stdout=full, stderr=subprocess.PIPE)
        complaint = process.communicate(timeout=120)[1].decode()
    assert complaint == "partnership: some output could not be written: No space left on device\n"
    assert process.returncode == 1 and is_there(tmp_path)


def test_a_reader_that_has_left_is_no_fault(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    process = small_sweep(tmp_path, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert process.communicate(timeout=120)[1] == b"" and process.returncode == 0
    assert is_there(tmp_path)


def test_whatever_becomes_of_the_messages_the_exit_code_is_kept(tmp_path):
    with Path("/dev/full").open("wb") as full:
        for how in ({"preexec_fn": lambda: os.close(2)}, {"stderr": full}):
            process = partnership("sweep", "parameters.noise=5", stdout=subprocess.PIPE, **how)
            assert process.communicate(timeout=60)[0] == b"", "a message does not go to the output instead"
            assert process.returncode == 2


def test_with_all_streams_closed_it_works_and_its_files_do_not_take_their_place(tmp_path):
    def close():
        os.closerange(0, 3)

    process = small_sweep(tmp_path, preexec_fn=close)
    assert process.wait(timeout=120) == 0 and is_there(tmp_path)
    lowest = "import os, sys; {}; os._exit(os.open('/dev/null', os.O_RDONLY))"
    held = python(lowest.format("from experiments.terminal import streams; streams.install()"), preexec_fn=close)
    left = python(lowest.format("pass"), preexec_fn=close)
    assert held.wait(timeout=60) == 3 and left.wait(timeout=60) < 3, "control: they would"
    held.stderr.close()
    left.stderr.close()


def test_an_output_that_takes_nothing_for_a_while_loses_nothing():
    size = 1_000_000
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    code = f"from experiments.terminal import streams; streams.install(); print('x' * {size}, flush=True)"
    process = python(code, stdout=writer)
    os.close(writer)
    with open(reader, "rb") as pipe:  # noqa: PTH123
        assert len(pipe.read()) == size + 1
    assert process.communicate(timeout=60)[1] == b"" and process.returncode == 0


@pytest.mark.parametrize("leaves", [False, True], ids=["stays", "leaves"])
def test_a_terminal_sees_a_bar_and_may_leave(tmp_path, leaves):
    terminal, end = pty.openpty()
    environment = {"PYTHONIOENCODING": "ascii", "TERM": "xterm"}
    process = small_sweep(tmp_path, stdout=end, stderr=subprocess.PIPE, environment=environment)
    os.close(end)
    seen = b""
    while not leaves or b"Study" not in seen:
        try:
            seen += os.read(terminal, 1000)
        except OSError:  # so Linux says that nobody writes to the terminal any more
            break
    os.close(terminal)
    assert process.communicate(timeout=120)[1] == b"" and process.returncode == 0
    assert is_there(tmp_path) and b"Study" in seen
    assert leaves or b"2/2" in seen, "control: there was a bar"


# -- encodings --------------------------------------------------------------------------------------------

SAID = "−0.1 ± 0.2 → “naïve” ●"
MEANT = {
    "utf-8": SAID.encode(),
    "cp1252": "-0.1 ± 0.2 -> “naïve” *".encode("cp1252"),
    "latin-1": '-0.1 ± 0.2 -> "naïve" *'.encode("latin-1"),
    "ascii": b'-0.1 +/- 0.2 -> "naive" *',
}


@pytest.mark.parametrize("encoding", MEANT)
def test_what_an_encoding_cannot_say_is_said_plainly(encoding):
    code = f"{{}}; import sys; print({SAID!r}); print({SAID!r}, file=sys.stderr)"
    install = "from experiments.terminal import streams; streams.install()"
    environment = {"PYTHONIOENCODING": encoding}
    process = python(code.format(install), environment=environment, stdout=subprocess.PIPE)
    assert process.communicate(timeout=60) == (MEANT[encoding] + b"\n",) * 2 and process.returncode == 0
    control = python(code.format("pass"), environment=environment, stdout=subprocess.PIPE)
    assert (b"UnicodeEncodeError" in control.communicate(timeout=60)[1]) == (encoding != "utf-8"), "control"


def test_a_report_is_told_in_ascii(tmp_path):
    environment = {"PYTHONIOENCODING": "ascii"}
    results = f"results={tmp_path}"
    process = partnership(
        "sweep", *STUDY, results, stdout=subprocess.PIPE, stderr=subprocess.PIPE, environment=environment
    )
    said, complaint = process.communicate(timeout=120)
    assert process.returncode == 0 and complaint == b""
    assert b"95% interval -" in said or b"95% interval +" in said
    assert all(
        re.fullmatch(rb"- (Is|In|When|On|For)[ \w]*", asked) for asked in re.findall(rb"^.*(?=\?)", said, re.M)
    ), "a question mark ends a question, and stands for no character"


def test_every_character_that_the_package_may_say_has_a_plain_one():
    texts = [
        node.value
        for path in [*ROOT.glob("experiments/**/*.py"), *ROOT.glob("sim/*.py")]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    texts += [path.read_text(encoding="utf-8") for path in ROOT.glob("configs/**/*.yaml")]
    characters = {character for text in texts for character in text if ord(character) > 127 and character.isprintable()}
    assert {"−", "±"} <= characters, "control: there are some"
    assert {character for character in characters if streams.plain(character) == "?"} == set()
    assert streams.plain("漢") == "?", "control"


def test_paths_are_told_as_they_are(tmp_path, capsys):
    study = compose(STUDY)
    results = tmp_path / "[bold]a[/x] :warning:"
    assert sweep_study(study, results, 1, shard=Shard(1, 1)) == 0
    assert str(results) in capsys.readouterr().out


# -- what the system refuses ------------------------------------------------------------------------------

REFUSALS = {
    "PermissionError(13, 'Permission denied', '/a/b')": "/a/b: Permission denied",
    "OSError(28, 'No space left on device', '/a/b')": "/a/b: No space left on device",
    "OSError(24, 'Too many open files')": "Too many open files",
    "OSError('a library cannot be loaded')": "a library cannot be loaded",
    "MemoryError()": "there is not enough memory",
    "MemoryError('Unable to allocate 9 TiB')": "there is not enough memory: Unable to allocate 9 TiB",
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_the_system_refuses_is_one_message(refusal, monkeypatch, capsys):
    def refuse(*_):
        raise eval(refusal)

    monkeypatch.setattr("experiments.commands.run.run", refuse)
    assert main(["run"]) == 2
    assert capsys.readouterr().err == f"partnership: {REFUSALS[refusal]}\n"


@pytest.mark.parametrize("fault", ["TypeError('x')", "KeyError('x')", "AttributeError('x')", "RuntimeError('x')"])
def test_a_fault_of_our_own_keeps_its_traceback(fault):
    code = f"import experiments.commands.run as jobs\ndef fail(*_): raise {fault}\njobs.run = fail\n{SCRIPT}"
    process = subprocess.run([sys.executable, "-c", code, "run"], cwd=ROOT, capture_output=True, check=False)
    assert process.returncode == 1
    assert b"Traceback" in process.stderr and b"in fail" in process.stderr and process.stdout == b""


def test_a_working_folder_that_is_gone_is_told(tmp_path):
    here = tmp_path / "here"
    here.mkdir()
    process = partnership("sweep", *STUDY, cwd=here, stderr=subprocess.PIPE, preexec_fn=here.rmdir)
    assert process.communicate(timeout=60)[1].decode() == f"partnership: {program.GONE}\n"
    assert process.returncode == 2 and not list(tmp_path.iterdir())


@pytest.mark.parametrize("files", [5, 24])
def test_few_open_files_are_enough_or_one_message_says_so(tmp_path, files):
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

    process = small_sweep(tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=limit)
    complaint = process.communicate(timeout=120)[1].decode()
    if files == 5:
        assert process.returncode == 2 and "Too many open files" in complaint and complaint.count("\n") == 1
    else:
        assert process.returncode == 0 and complaint == "" and is_there(tmp_path)


def test_more_files_are_opened_where_they_may_be(monkeypatch):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    asked = "import resource; from experiments.terminal import program; program.allow_files(); "
    asked += "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    if limits[1] != resource.RLIM_INFINITY and limits[1] < 100:
        pytest.skip("no more may be opened here")

    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (50, limits[1]))

    process = python(asked, stdout=subprocess.PIPE, preexec_fn=limit)
    assert int(process.communicate(timeout=60)[0]) > 50


# -- signals ----------------------------------------------------------------------------------------------

TWICE = """
import os, signal, time
from experiments.terminal import program
def main():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    finally:
        print("tidied", flush=True)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
program.as_program(main)
"""
LOST = """
import os, signal, time
from experiments.terminal import program
class Last:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0)
def main():
    last = Last()
    del last
    time.sleep(60)
program.as_program(main)
"""
OTHER = """
from experiments.terminal import signals
class Fault:
    def __del__(self): 1 / 0
signals.Heed().install(); Fault()
"""


def test_a_second_signal_ends_what_the_first_is_still_tidying_up(heeded):
    process = python(TWICE, stdout=subprocess.PIPE)
    said, complaint = process.communicate(timeout=30)
    assert said == b"tidied\n" and process.returncode == 143
    assert complaint == b"partnership: terminated; finished work is kept; run the same command again to continue\n"


def test_a_signal_that_python_would_drop_ends_it_all_the_same(heeded):
    process = python(LOST, stdout=subprocess.PIPE)
    complaint = process.communicate(timeout=30)[1]
    assert process.returncode == 143
    assert complaint == b"partnership: terminated; finished work is kept; run the same command again to continue\n"
    control = python(OTHER, stdout=subprocess.PIPE)
    assert b"ZeroDivisionError" in control.communicate(timeout=30)[1], "control: other errors are told as ever"
