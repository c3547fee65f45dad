"""Habits of Hydra: several studies, interpolations, lists of defaults, files of one's own."""

from __future__ import annotations

import os
import pickle
import threading

import numpy as np
import pytest
from hydra.core.config_store import ConfigStore

from experiments.cli import main
from experiments.config.to_study import compose
from tests.config.test_given import EXPERIMENT, own, studied

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


# -- Hydra ------------------------------------------------------------------------------------------------


RUNS_CODE = {
    "a callback": "hydra: {callbacks: {x: {_target_: numpy.load, file: canary.npy, allow_pickle: true}}}\n",
    "a folder": "hydra: {run: {dir: elsewhere}, output_subdir: here}\n",
    "a choice": "defaults: [{override /hydra/job_logging: custom}]\n",
    "logging": "hydra: {job_logging: {version: 1, handlers: {x: {(): os.mkdir, path: elsewhere}}}}\n",
}


class Canary:
    def __reduce__(self):
        return os.mkdir, ("elsewhere",)


@pytest.mark.parametrize("kind", RUNS_CODE)
@pytest.mark.parametrize("options", [[], ["--cfg", "job"], ["-m"]])
def test_nothing_that_a_file_names_is_run(kind, options, elsewhere, capsys):
    np.save("canary.npy", np.array([Canary()], dtype=object), allow_pickle=True)
    own(elsewhere, "# @package _global_\n" + RUNS_CODE[kind] + "name: mine\n")
    before = sorted(elsewhere.rglob("*"))
    assert main(["sweep", "--config-dir", "own", "experiment=mine", *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1 and sorted(elsewhere.rglob("*")) == before
    np.load("canary.npy", allow_pickle=True)
    assert (elsewhere / "elsewhere").is_dir(), "control: the canary sings when it is loaded"


OPTIONS = {
    "--experimental-rerun canary": "it would run what a file contains",
    "--config-path x": "files of your own are taken with --config-dir",
    "--config-dir nowhere": "there is no such folder",
    "--config-dir": "expected one argument",
    "--cfg hydra": "invalid choice",
    "--package design": "give both",
    "--cfg job -p desing": "did you mean 'design'",
    "--cfg job -m seed=1,2": "give one of them",
    "hydra.run.dir=x": "of Hydra's own settings",
    "hydra/launcher=joblib": "of Hydra's own settings",
    "+experiment=[../../../x]": "choose by name",
    "experiment=/etc/passwd": "choose by name",
    "~seed": "not understood",
    "noise=0,2": "did you mean 'parameters.noise'",
    "parameters.noise=0,2": "as in parameters.noise=0.2",
    "-m seed=interval(0,1)": "list the values",
    "-m seed=range(0,100000)": "more than 1,000 values",
    "-m seed=range(0,100) world=range(0,100)": "it runs 1 to 1,000",
}


@pytest.mark.parametrize("words", OPTIONS)
def test_an_option_that_is_not_taken_is_named(words, elsewhere, capsys):
    (elsewhere / "canary").write_bytes(pickle.dumps(Canary()))
    before = sorted(elsewhere.rglob("*"))
    assert main(["sweep", *words.split()]) == 2
    said = capsys.readouterr().err
    assert OPTIONS[words] in said and said.count("\n") == 1, said
    assert sorted(elsewhere.rglob("*")) == before


def test_options_stand_anywhere(capsys):
    for words in ("--cfg job seed=3", "seed=3 --cfg job", "seed=3 -c job experiment=quick_look"):
        assert main(["sweep", *words.split()]) == 0
        assert "seed: 3" in capsys.readouterr().out
    assert main(["sweep", "experiment=quick_look", "--help"]) == 0
    assert "structure_vs_purpose" in capsys.readouterr().out
    assert main(["sweep", "--version"]) == 0 and capsys.readouterr().out.startswith("partnership ")


def test_tables_of_names_of_ones_own_are_given_at_once_or_one_by_one():
    for words in (["variants={mine: {noise: 0.1}}"], ["variants.mine={noise: 0.1}"], ["++variants.mine.noise=0.1"]):
        assert compose([*words, "variant_points=3"]).variants == {"mine": {"noise": 0.1}}
    assert compose(["design.factors={noise: [0, 0.1], patience: null}"]).design.factors["noise"] == (0.0, 0.1)


def test_a_whole_number_is_one_however_it_is_written(elsewhere):
    folder = own(elsewhere, EXPERIMENT + "parameters: {n_partners: 12.0}\n")
    written = {studied(folder).id, studied(folder, "parameters.n_partners=12").id}
    assert written == {studied(folder, "parameters.n_partners=12.0").id}


def test_a_host_that_uses_hydra_too_does_not_change_what_is_composed():
    """Its global store of configurations may be reset, or come to hold the host's own under our names."""
    study, stored = compose(["design.points=4"]), ConfigStore.instance().repo
    stored.pop("root.yaml"), stored.pop("schema.yaml")
    assert compose(["design.points=4"]) == study
    ConfigStore.instance().store(name="schema", node={"of_the_host": 1})
    assert compose(["design.points=4"]) == study


def test_threads_compose_side_by_side():
    found, faults = [], []

    def work(seed):
        try:
            found.append((seed, compose(["experiment=quick_look", f"seed={seed}"]).seed))
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == [] and sorted(found) == [(seed, seed) for seed in range(8)]
