"""The main job with the real engine, on studies small enough for a test."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import experiments
from experiments import execute, provenance, store, sweep
from experiments.design import sample, small_study
from experiments.store import StudyError
from sim import params
from sim.outcomes import OUTCOME_NAMES


def tiny(points=150, **changes):
    """Few partners, few months, all arms, one mechanism removed, a few trajectories."""
    study = small_study(points, n_partners=4, months=6)
    variants = {"no_load": {"load_per_seat": 0.0, "load_per_talk": 0.0}}
    return replace(study, name="tiny", variants=variants, variant_points=70, trajectory_points=12, **changes)


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished study, run by one worker."""
    results = tmp_path_factory.mktemp("results")
    assert sweep.run(tiny(), results, workers=1) == 0
    return store.folder_of(tiny(), results)


def test_a_study_leaves_what_it_promises(finished):
    found = files(finished)
    parts = [name for name in found if name.startswith("runs/")]
    assert len(parts) == 3
    expected = {
        "design.parquet",
        "trajectories.parquet",
        "provenance.json",
        "manifest.json",
        "summary.json",
        "report.html",
    }
    assert expected <= set(found)
    assert not [name for name in found if name.endswith(".tmp")]
    runs = experiments.load(finished)
    assert list(runs.columns) == ["world", "arm", "variant", *OUTCOME_NAMES]
    assert len(runs) == 150 * 7 + 70 * 2 == sweep.count_runs(tiny())
    assert runs.groupby(["arm", "variant"], observed=True).size()["structure_first", "no_load"] == 70


def test_a_repeated_study_gives_the_same_bytes_with_any_number_of_workers(finished, tmp_path):
    sweep.run(tiny(), tmp_path, workers=2)
    again = files(store.folder_of(tiny(), tmp_path))
    first = files(finished)
    assert list(again) == list(first)
    assert [name for name in first if first[name] != again[name]] == []


def test_another_seed_gives_another_study(finished):
    other = tiny(seed=2)
    assert other.id != tiny().id
    runs = experiments.run_study(other, workers=1)
    assert not np.array_equal(runs["outcome"], experiments.load(finished)["outcome"])


def test_runs_in_memory_equal_those_on_disk(finished):
    pd.testing.assert_frame_equal(experiments.run_study(tiny()), experiments.load(finished))


def test_nothing_of_the_place_or_the_workers_is_recorded(finished):
    written = (finished / "provenance.json").read_text()
    assert str(finished.parent.parent) not in written
    assert "workers" not in written
    record = provenance.record(tiny(), "partnership sweep workers=2 seed=1 results=/tmp/x experiment=tiny")
    assert record == provenance.record(tiny(), "partnership sweep experiment=tiny seed=1")
    assert record["command"] == "partnership sweep experiment=tiny seed=1"
    assert provenance.record(tiny())["command"] == "partnership sweep experiment=tiny"
    assert store.study_from(record["study"]) == tiny()
    assert set(record["versions"]) >= {"python", "numpy", "numba", "mesa", "partnership"}


def test_trajectories_end_where_the_runs_do(finished):
    months = experiments.load(finished, "trajectories")
    assert len(months) == 12 * 7 * 6
    last = months[months["month"] == 6].set_index(["world", "arm"])["outcome"].sort_index()
    runs = experiments.load(finished).query("variant == 'none' and world < 12")
    assert np.array_equal(last, runs.set_index(["world", "arm"])["outcome"].sort_index())


def test_the_design_holds_the_worlds_that_were_run(finished):
    pd.testing.assert_frame_equal(experiments.load(finished, "design"), sample(tiny()))


def test_a_finished_study_is_verified_and_only_reported(finished, monkeypatch, capsys):
    def fail(*_, **__):
        raise AssertionError("simulated again")

    before = files(finished)
    monkeypatch.setattr(sweep, "simulate_runs", fail)
    assert sweep.run(tiny(), finished.parent.parent) == 0
    assert "finished and every file of it verified" in capsys.readouterr().out
    assert files(finished) == before
    with pytest.raises(AssertionError, match="simulated again"):  # the control: another study would be simulated
        sweep.run(tiny(seed=5), finished.parent.parent, workers=1)


def test_a_damaged_finished_study_is_told_and_left_alone(tmp_path):
    study = small_study(10, n_partners=2, months=2)
    folder = store.folder_of(study, tmp_path)
    sweep.simulate(study, folder, 1, sweep.Console(quiet=True))
    part = folder / store.part_name(0)
    part.write_bytes(part.read_bytes()[:-9] + b"damagedxx")
    before = files(folder)
    with pytest.raises(StudyError, match=r"part-00000.parquet is damaged"):
        sweep.run(study, tmp_path)
    assert files(folder) == before


def test_an_interrupted_study_is_not_taken_for_finished(tmp_path, monkeypatch):
    study = tiny(300)
    folder = store.folder_of(study, tmp_path)
    real, calls = sweep.simulate_runs, []

    def interrupted(*args, **keywords):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args, **keywords)

    monkeypatch.setattr(sweep, "simulate_runs", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep.simulate(study, folder, 1, sweep.Console(quiet=True))
    assert not store.is_finished(folder)
    monkeypatch.setattr(sweep, "simulate_runs", real)
    sweep.simulate(study, folder, 1, sweep.Console(quiet=True))
    store.verify(store.open_study(folder))


def test_a_study_that_cannot_be_run_writes_nothing(tmp_path):
    study = small_study(10)
    with pytest.raises(StudyError, match="variant_points"):
        sweep.run(replace(study, variant_points=99), tmp_path / "results")
    with pytest.raises(StudyError, match="at least 2 worlds"):
        sweep.run(small_study(1), tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_arms_meet_the_same_worlds_and_acting_alone_adds_nothing(finished):
    runs = experiments.load(finished).query("variant == 'none'")
    alone = runs.pivot(index="world", columns="arm", values="alone_outcome_mean")
    assert (alone.nunique(axis=1) == 1).all()
    assert (runs.loc[runs["arm"] == "alone", "added_value_mean"] == 0).all()
    assert (runs.loc[runs["arm"] == "balanced", "added_value_mean"] != 0).any()


@pytest.mark.parametrize("worlds", [1, 63, 64, 500, 30_000])
def test_chunks_cover_all_worlds_once(worlds):
    chunks = sweep.cut(worlds, 7)
    assert [world for rows in chunks for world in range(worlds)[rows]] == list(range(worlds))
    assert all(rows.stop - rows.start <= 2000 for rows in chunks)


def test_progress_is_plain_lines_where_there_is_no_terminal(tmp_path, capsys):
    study = small_study(10, n_partners=2, months=2)
    sweep.simulate(study, store.folder_of(study, tmp_path), 1, sweep.Console(soft_wrap=True))
    said = capsys.readouterr().out
    assert "70 runs in 10 worlds" in said and "simulated 1 of 1 chunks" in said and "\x1b" not in said


def test_results_come_in_order_with_a_bounded_number_in_flight():
    lock, in_flight, most = threading.Lock(), 0, 0
    gate = threading.Event()

    def task(number):
        nonlocal in_flight, most
        if number == 0:
            gate.wait(0.2)  # the first is the slowest
        return number

    def tasks():
        nonlocal in_flight, most
        for number in range(20):
            with lock:
                in_flight += 1
                most = max(most, in_flight)
            yield number

    found = []
    with ThreadPoolExecutor(4) as executor:
        for number in execute.in_order(executor, task, tasks(), window=3):
            with lock:
                in_flight -= 1
            found.append(number)
    assert found == list(range(20))
    assert most <= 4  # three in the window, and the one that is being handed over


def test_a_failing_task_stops_the_rest():
    done = []

    def task(number):
        if number == 1:
            raise ValueError("poison")
        done.append(number)
        return number

    with pytest.raises(ValueError, match="poison"), execute.threads(1) as executor:
        list(execute.in_order(executor, task, range(1000), window=4))
    assert len(done) < 10


def test_importing_the_package_is_light():
    """The command line imports it, and `StudyError`, before it knows whether there is work to do."""
    heavy = "{'numpy', 'pandas', 'pyarrow', 'scipy', 'matplotlib', 'numba', 'mesa'}"
    code = f"import sys, experiments; experiments.StudyError; print(sorted({heavy} & set(sys.modules)))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
    control = code.replace("StudyError", "run_study")
    assert (
        "pandas" in subprocess.run([sys.executable, "-c", control], capture_output=True, text=True, check=True).stdout
    )


def test_five_lines_in_a_notebook():
    runs = experiments.run_study(experiments.small_study(points=3, months=2, n_partners=2))
    difference = runs.pivot_table(index="world", columns="arm", values="added_value_mean", observed=True)
    assert difference.shape == (3, len(params.SETUPS))
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        experiments.simulat  # noqa: B018
