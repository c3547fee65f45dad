"""The jobs that ask a study one thing: any two settings, any outcome; and bad input, told in one line."""

import re

import pytest

import experiments
from experiments.analysis import settings
from experiments.cli import main
from experiments.config.to_study import compose
from experiments.errors import StudyError
from experiments.execution import sweep
from experiments.execution.sweep import Console
from experiments.storage import store
from experiments.storage.reading import open_study

WORDS = [
    "name=asked", "design.box=none", "design.factors.noise=[0,0.6]", "design.points=60", "design.replicates=2",
    "parameters.months=24", "arms=[structure_first,purpose_first,balanced]", "trajectory_points=30",
    "variants.no_load={load_per_seat:0.0,load_per_talk:0.0}", "variant_points=40",
]  # fmt: skip
CHOICES = [
    "name=towns", "design.sampler=grid", "design.box=none", "design.worlds=shared", "design.replicates=30",
    "design.factors.town={choices:{small:{n_partners:4},large:{n_partners:12}}}", "parameters.months=12",
    "design.factors.noise={levels:[0.0,0.5]}", "arms=[structure_first,purpose_first]",
]  # fmt: skip


def made(words, results):
    study = compose(words)
    folder = store.folder_of(study, results)
    assert sweep.simulate(study, folder, 2, Console(quiet=True)) == []
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return made(WORDS, tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="module")
def towns(tmp_path_factory):
    return made(CHOICES, tmp_path_factory.mktemp("results"))


def ask(capsys, *words):
    code = main([str(word) for word in words])
    return code, *capsys.readouterr()


def test_a_variant_is_compared_with_the_arm_itself(folder, capsys):
    code, said, _ = ask(
        capsys, "contrast", f"study={folder}", "a=structure_first/no_load", "b=structure_first", "outcome=burden_mean"
    )
    assert code == 0 and "in 40 worlds" in said
    runs = experiments.load(folder).to_pandas()
    runs = runs[(runs["arm"] == "structure_first")]
    means = runs.groupby(["variant", "point"], observed=True)["burden_mean"].mean().unstack("variant").dropna()
    expected = (means["no_load"] - means["none"]).mean()
    told = re.search(r"mean difference +(\S+)", said)[1].replace("\N{MINUS SIGN}", "-")
    assert float(told) == pytest.approx(expected, abs=6e-4) and expected < -0.05


def test_arms_are_compared_and_the_month_of_parting_told(folder, capsys):
    code, said, _ = ask(capsys, "contrast", f"study={folder}", "a=balanced", "outcome=structure")
    assert code == 0 and "structure: balanced less purpose_first, in 60 worlds" in said
    assert re.search(r"when paths part: on average structure (differs from month \d+ on|never parts)", said)
    assert "shared worlds tell as much as" in said


def test_points_that_differ_in_a_choice_are_paired_by_shared_worlds(towns):
    finished = open_study(towns)
    a, b = (settings.setting(f"structure_first@town={town}", finished.study) for town in ("small", "large"))
    pairs = settings.paired(finished, a, b, "burden_mean")
    assert len(pairs) == 30
    runs = experiments.load(towns).to_pandas().merge(experiments.load(towns, "design").to_pandas(), on="point")
    runs = runs[runs["arm"] == "structure_first"]
    by_town = runs.groupby(["town", "world"], observed=True)["burden_mean"].mean()
    assert (pairs["a"] - by_town["small"]).abs().max() < 1e-12
    assert (pairs["b"] - by_town["large"]).abs().max() < 1e-12
    setting = settings.setting("structure_first@town=small,noise=0", finished.study)
    other = settings.setting("structure_first@town=large,noise=0.5", finished.study)
    assert len(settings.paired(finished, setting, other, "burden_mean")) == 30


def test_a_pilot_with_replicates_plans_both(folder, capsys):
    code, said, _ = ask(capsys, "power", f"study={folder}", "precision=0.001")
    assert code == 0 and said.count("\N{PLUS-MINUS SIGN}0.001") == 2
    assert "from 60 points met more than once" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["contrast", "a=structure_frst"], "did you mean 'structure_first'"),
        (["contrast", "outcome=efort"], "did you mean 'effort'"),
        (["contrast", "a=balanced/no_load"], "not under balanced"),
        (["contrast", "a=structure_first/no_lod"], "did you mean 'no_load'"),
        (["contrast", "a=structure_first@noise=0.1", "b=structure_first@noise=0.2"], "design.worlds=shared"),
        (["contrast", "a=structure_first@nois=0.1"], "did you mean 'noise'"),
        (["contrast", "a=structure_first@noise=x"], "noise=x is not a number"),
        (["contrast", "a=purpose_first"], "a contrast needs two"),
        (["contrast", "region=-1"], "region=-1 is out of range"),
        (["contrast", "outcome=cycle_1"], "0 worlds have the outcome"),
        (["contrast", "b=balanced", "b=balanced"], "given twice"),
        (["power", "precision=zero"], "precision=zero is out of range"),
        (["power", "precision=1e-300"], "precision=1e-300 is out of range; it takes a number from 1e-06 up"),
        (["power", "outcome=alone_outcome"], "the same in every world"),
        (["power", "precison=0.1"], "did you mean 'precision'"),
    ],
)
def test_bad_input_is_told_in_one_line(folder, capsys, words, said):
    code, _, complaint = ask(capsys, words[0], f"study={folder}", *words[1:])
    assert code == 2 and said in complaint and len(complaint.splitlines()) == 1


def test_a_missing_study_is_told(tmp_path, capsys):
    assert ask(capsys, "power", f"study={tmp_path}/none")[::2] == (
        2, f"partnership: there is no folder {tmp_path}/none\n",
    )  # fmt: skip
    assert "study is missing" in ask(capsys, "contrast")[2]


def test_settings_that_never_meet_are_told(towns):
    finished = open_study(towns)
    study = finished.study
    with pytest.raises(StudyError, match="both must name the same factors"):
        settings.paired(
            finished, settings.setting("structure_first@town=small", study),
            settings.setting("structure_first@noise=0", study), "effort",
        )  # fmt: skip
    with pytest.raises(StudyError, match=r"no run of this study is structure_first@noise=0\.1"):
        settings.paired(
            finished, settings.setting("structure_first@noise=0.1", study),
            settings.setting("structure_first@noise=0", study), "effort",
        )  # fmt: skip
