"""The main job with the real engine, on studies small enough for a test."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import experiments
from experiments.commands.sweep import sweep_study
from experiments.errors import StudyError
from experiments.execution import sweep, worker
from experiments.storage import provenance, store
from experiments.storage.reading import open_study
from experiments.storage.records import study_from
from experiments.study import plan
from experiments.study.small import small_study
from experiments.study.tables import RUNS, part_name
from sim import params
from sim.outcomes import OUTCOME_NAMES
from tests.strategies import sample

pytestmark = pytest.mark.slow


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
    assert sweep_study(tiny(), results, workers=1) == 0
    return store.folder_of(tiny(), results)


def test_a_study_leaves_what_it_promises(finished):
    found = files(finished)
    parts = [name for name in found if name.startswith("runs/")]
    assert len(parts) == 3
    expected = {
        "design/part-000000.parquet",
        "trajectories/part-000000.parquet",
        "provenance.json",
        "manifest.jsonl",
        "summary.json",
        "report.html",
    }
    assert expected <= set(found)
    assert not [name for name in found if name.endswith(".tmp")]
    runs = experiments.load(finished).to_pandas()
    assert list(runs.columns) == ["run", "point", "world", "arm", "variant", *OUTCOME_NAMES, "error"]
    assert len(runs) == 150 * 8 + 70 * 2 == plan.count_runs(tiny())
    assert runs["run"].is_unique and runs["error"].isna().all()
    assert runs.groupby(["arm", "variant"], observed=True).size()["structure_first", "no_load"] == 70


def test_a_repeated_study_gives_the_same_bytes_with_any_number_of_workers(finished, tmp_path):
    sweep_study(tiny(), tmp_path, workers=2)
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
    pd.testing.assert_frame_equal(experiments.run_study(tiny()), experiments.load(finished).to_pandas())


def test_nothing_of_the_place_or_the_workers_is_recorded(finished):
    written = (finished / "provenance.json").read_text()
    assert str(finished.parent.parent) not in written
    assert "workers" not in written
    record = provenance.record(tiny(), "partnership sweep workers=2 seed=1 results=/tmp/x experiment=tiny")
    assert record == provenance.record(tiny(), "partnership sweep experiment=tiny seed=1")
    assert record["command"] == "partnership sweep experiment=tiny seed=1"
    assert provenance.record(tiny())["command"] == "partnership sweep experiment=tiny"
    assert study_from(record["study"]) == tiny()
    assert set(record["versions"]) >= {"python", "numpy", "numba", "mesa", "partnership"}


def test_trajectories_end_where_the_runs_do(finished):
    months = experiments.load(finished, "trajectories").to_pandas()
    assert len(months) == 12 * 8 * 6
    last = months[months["month"] == 6].set_index(["world", "arm"])["outcome"].sort_index()
    runs = experiments.load(finished).to_pandas().query("variant == 'none' and world < 12")
    assert np.array_equal(last, runs.set_index(["world", "arm"])["outcome"].sort_index())


def test_the_design_holds_the_worlds_that_were_run(finished):
    pd.testing.assert_frame_equal(experiments.load(finished, "design").to_pandas(), sample(tiny()))


def test_a_finished_study_is_verified_and_only_reported(finished, monkeypatch, capsys):
    def fail(*_, **__):
        raise AssertionError("simulated again")

    before = files(finished)
    monkeypatch.setattr(worker, "simulate_runs", fail)
    assert sweep_study(tiny(), finished.parent.parent) == 0
    assert "finished and every file of it verified" in capsys.readouterr().out
    assert files(finished) == before
    assert sweep_study(tiny(seed=5), finished.parent.parent, workers=1) == 1
    assert "simulated again" in capsys.readouterr().out, "control: another study would be simulated"


def test_a_damaged_finished_study_is_mended_and_so_said(tmp_path, capsys):
    study = small_study(10, n_partners=2, months=2)
    folder = store.folder_of(study, tmp_path)
    sweep.simulate(study, folder, 1, sweep.Console(quiet=True))
    before = files(folder)
    part = folder / part_name(0)
    part.write_bytes(part.read_bytes()[:-9] + b"damagedxx")
    sweep.simulate(study, folder, 1, sweep.Console(soft_wrap=True))
    said = capsys.readouterr().out
    assert "part-000000.parquet is damaged" in said and "resumes" in said
    assert files(folder) == before


def test_an_interrupted_study_is_not_taken_for_finished(tmp_path, monkeypatch):
    study = tiny(300)
    folder = store.folder_of(study, tmp_path)
    real, calls = worker.simulate_runs, []

    def interrupted(*args, **keywords):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args, **keywords)

    monkeypatch.setattr(worker, "simulate_runs", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep.simulate(study, folder, 1, sweep.Console(quiet=True))
    assert not store.is_finished(folder)
    monkeypatch.setattr(worker, "simulate_runs", real)
    sweep.simulate(study, folder, 1, sweep.Console(quiet=True))
    open_study(folder).verify()


def test_a_study_that_cannot_be_run_writes_nothing(tmp_path):
    study = small_study(10)
    with pytest.raises(StudyError, match="variant_points"):
        sweep_study(replace(study, variant_points=99), tmp_path / "results")
    with pytest.raises(StudyError, match="at least 2 points"):
        sweep_study(small_study(1), tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_arms_meet_the_same_worlds_and_acting_alone_adds_nothing(finished):
    runs = experiments.load(finished).to_pandas().query("variant == 'none'")
    alone = runs.pivot(index="world", columns="arm", values="alone_outcome_mean")
    assert (alone.nunique(axis=1) == 1).all()
    assert (runs.loc[runs["arm"] == "alone", "added_value_mean"] == 0).all()
    assert (runs.loc[runs["arm"] == "balanced", "added_value_mean"] != 0).any()


@pytest.mark.parametrize("points", [2, 63, 64, 500, 30_000])
@pytest.mark.parametrize("replicates", [1, 3])
def test_chunks_cover_all_units_once(points, replicates):
    study = tiny()
    study = replace(study, design=replace(study.design, points=points, replicates=replicates), trajectory_points=0)
    chunks = [task for task in plan.tasks(study) if task.table == RUNS]
    assert [unit for task in chunks for unit in range(task.start, task.stop)] == list(range(points * replicates))
    assert all(task.stop - task.start <= 2000 for task in chunks)


def test_a_number_says_which_run_it_is():
    study = replace(tiny(), design=replace(tiny().design, points=5, replicates=3), variant_points=2)
    whole = plan.batch(study, plan.units(study, 0, 15))
    assert len(set(whole.run.tolist())) == len(whole.run) == plan.count_runs(study)
    assert len(set(zip(whole.point.tolist(), whole.world.tolist(), strict=True))) == 15
    apart = [plan.batch(study, plan.units(study, start, start + 4)) for start in (0, 4, 8)]
    rows = {run: k for k, run in enumerate(whole.run.tolist())}
    for part in apart:
        here = [rows[run] for run in part.run.tolist()]
        for column in ("parameters", "point", "world", "arm", "variant"):
            assert np.array_equal(getattr(whole, column)[here], getattr(part, column))


def test_a_study_cut_short_has_met_every_point_as_often():
    study = replace(tiny(), design=replace(tiny().design, points=5, replicates=3))
    assert plan.units(study, 0, 10)["point"].value_counts().to_dict() == dict.fromkeys(range(5), 2)
    shared = replace(study, design=replace(study.design, shared_worlds=True))
    assert plan.batch(shared, plan.units(shared, 5, 10)).world.tolist() == [1] * (8 * 5 + 2 * 5)


def test_progress_is_plain_lines_where_there_is_no_terminal(tmp_path, capsys):
    study = small_study(10, n_partners=2, months=2)
    sweep.simulate(study, store.folder_of(study, tmp_path), 1, sweep.Console(soft_wrap=True))
    said = capsys.readouterr().out
    assert "80 runs at 10 points" in said and "2 of 2 parts: 80 runs, " in said and "\x1b" not in said


def failing(worlds):
    """A stand-in for the engine that fails whenever one of some worlds is among the runs."""
    real = worker.simulate_runs

    def simulate(points, world, seed, **keywords):
        if set(worlds) & set(np.asarray(world).tolist()):
            raise ArithmeticError("no such chance")
        return real(points, world, seed, **keywords)

    return simulate


def test_a_part_in_which_a_run_fails_is_named_and_not_stored(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(worker, "simulate_runs", failing({3}))
    study = replace(tiny(), trajectory_points=0)
    assert sweep_study(study, tmp_path) == 1
    said = capsys.readouterr().out
    assert "Not made: runs/part-000000.parquet (places 0 to 63): ArithmeticError" in said
    folder = store.folder_of(study, tmp_path)
    assert not store.is_finished(folder)
    assert not (folder / part_name(0)).exists() and (folder / part_name(1)).exists()


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


@pytest.mark.parametrize("count", [126, 127, 128, 200])
def test_a_study_may_have_hundreds_of_variants(count):
    """Codes of 8 bits number 128 names; the variant of no change is one of them."""
    study = small_study(4, arms=("structure_first", "purpose_first"), n_partners=2, months=2)
    loads = {f"v{k}": {"load_per_seat": k / 100} for k in range(count)}
    study = replace(study, variants=loads, variant_points=2)
    runs = sweep.run_study(study, workers=1)
    assert len(runs) == 4 * 2 + 2 * 2 * count
    assert runs["error"].isna().all()
    assert set(runs["variant"]) == {"none", *loads}
    kinds = plan.kinds(study)
    assert [kinds[run % plan.slots(study)] for run in runs["run"]] == list(
        zip(runs["arm"], runs["variant"], strict=True)
    )
    batch = plan.batch(study, plan.units(study, 0, 4))
    load = batch.parameters[:, params.NAMES.index("load_per_seat")]
    names = np.array(batch.variants)[batch.variant]
    assert all(load[row] == loads[name]["load_per_seat"] for row, name in enumerate(names) if name != "none")


def test_codes_are_widened_only_where_there_are_too_many_names_for_eight_bits():
    """Bytes that were stored with codes of 8 bits stay the bytes they are."""
    assert [plan.code_type(count) for count in (1, 127, 128, 129, 2**15, 2**15 + 1)] == [
        np.int8, np.int8, np.int8, np.int16, np.int16, np.int32,
    ]  # fmt: skip
    for count, kind in ((127, "int8"), (128, "int16")):
        study = small_study(2, arms=("structure_first", "purpose_first"), n_partners=2, months=2)
        study = replace(study, variants={f"v{k}": {} for k in range(count)}, variant_points=1)
        table = worker.runs_table(study, plan.units(study, 0, 2))
        assert str(table.schema.field("variant").type.index_type) == kind
        assert str(table.schema.field("arm").type.index_type) == "int8"
