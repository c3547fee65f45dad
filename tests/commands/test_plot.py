"""`partnership plot`: any outcome by arms, parameters or choices; equal bytes; and what cannot be drawn is told."""

from __future__ import annotations

import io
from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.image import imread

from experiments.cli import main
from experiments.commands import plot
from experiments.config.to_study import compose
from experiments.execution import sweep, worker
from experiments.execution.sweep import Console
from experiments.report import rebuild
from experiments.storage import store

WORDS = [
    "name=drawn", "design.box=none", "design.factors.noise=[0,0.6]", "design.factors.load_per_seat=[0,0.3]",
    "design.factors.town={choices:{small:{n_partners:4},large:{n_partners:12}}}", "design.points=240",
    "parameters.months=24", "arms=[structure_first,purpose_first,alone]", "trajectory_points=20",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    study = compose(WORDS)
    found = store.folder_of(study, tmp_path_factory.mktemp("results"))
    assert sweep.simulate(study, found, 2, Console(quiet=True)) == []
    return found


def ask(folder, capsys, *words):
    code = main(["plot", f"study={folder}", *words])
    return code, *capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ([], "cloud-added_value_mean-arm"),
        (["by=town", "outcome=burden_mean", "of=structure_first"], "cloud-burden_mean-town-structure_first"),
        (["by=load_per_seat", "outcome=effort"], "ridge-effort-load_per_seat"),
        (["by=noise,load_per_seat", "outcome=trust"], "map-trust-noise+load_per_seat"),
        (["by=load_per_seat", "kind=trend", "outcome=burden"], "trend-burden-load_per_seat"),
        (["kind=ecdf", "outcome=commitment"], "ecdf-commitment-arm"),
        (["kind=dots", "outcome=structure"], "dots-structure-arm"),
        (["kind=histogram", "outcome=purpose"], "histogram-purpose-arm"),
        (["kind=fan", "outcome=trust"], "fan-trust-arm"),
        (["kind=fan"], "fan-added_value_mean-arm"),
    ],
)
def test_every_kind_is_drawn_from_stored_tables(folder, capsys, monkeypatch, words, name):
    def fail(*_, **__):
        raise AssertionError("simulated")

    monkeypatch.setattr(worker, "simulate_runs", fail)
    if words and words[0] == "by=town":
        words = [*words, "kind=cloud"]
    code, said, _ = ask(folder, capsys, *words)
    assert code == 0 and name in said
    written = {kind: (folder / "plots" / f"{name}.{kind}").read_bytes() for kind in ("png", "svg", "csv")}
    assert imread(io.BytesIO(written["png"])).std() > 0.03
    assert f"study {folder.name}".encode() in written["svg"]
    assert len(pd.read_csv(io.BytesIO(written["csv"]))) >= 2
    assert ask(folder, capsys, *words)[0] == 0
    assert written == {kind: (folder / "plots" / f"{name}.{kind}").read_bytes() for kind in written}


def test_the_kinds_are_all_tried_here():
    drawn = {case.split("-")[0] for case in (mark.args[1][k][1] for mark in
             test_every_kind_is_drawn_from_stored_tables.pytestmark for k in range(len(mark.args[1])))}  # fmt: skip
    assert drawn == set(plot.PLOTS_BY_KIND)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["outcome=trst"], "did you mean 'trust'"),
        (["by=nois"], "did you mean 'noise'"),
        (["kind=clod"], "did you mean 'cloud'"),
        (["of=structure_fist", "by=noise"], "did you mean 'structure_first'"),
        (["kind=map", "by=noise"], "by=PARAMETER,PARAMETER"),
        (["kind=map", "by=noise,noise"], "by=PARAMETER,PARAMETER"),
        (["kind=ridge", "by=town"], "by=PARAMETER"),
        (["kind=dots", "by=noise"], "takes by=arm"),
        (["kind=cloud", "by=noise,town"], "one parameter or choice"),
        (["outcome=cycle_1"], "missing in every run"),
        (["outcome=axed"], "is 0 in every world"),
        (["kind=fan", "outcome=gini_effort"], "no monthly series 'gini_effort'"),
        (["colour=red"], "partnership plot takes study=FOLDER"),
    ],
)
def test_what_cannot_be_drawn_is_told_and_nothing_written(folder, capsys, words, said):
    before = sorted((folder / "plots").iterdir()) if (folder / "plots").exists() else []
    code, _, complaint = ask(folder, capsys, *words)
    assert code == 2 and said in complaint and len(complaint.splitlines()) == 1
    assert before == (sorted((folder / "plots").iterdir()) if (folder / "plots").exists() else [])


def replaced(words, *keys):
    """The words without those of some keys."""
    return [word for word in words if word.partition("=")[0] not in keys]


@pytest.mark.slow
def test_choices_with_the_longest_names_are_drawn(tmp_path, capsys):
    """Forty signs and a space between: what a name may be, no figure may fail on."""
    names = "W" * 40 + " " + "m" * 39, "v-1.0_" * 13
    study = compose([*replaced(WORDS, "design.points", "trajectory_points"), "design.points=60", "trajectory_points=0"])
    town = {name: {"n_partners": 4.0 + 5.0 * k} for k, name in enumerate(names)}
    study = replace(study, design=replace(study.design, choices={"town": town}))
    folder = store.folder_of(study, tmp_path)
    assert sweep.simulate(study, folder, 2, Console(quiet=True)) == []
    code, said, complaint = ask(folder, capsys, "by=town", "kind=cloud", "outcome=effort")
    assert (code, complaint) == (0, ""), said
    assert rebuild.rebuild(folder) == 0
