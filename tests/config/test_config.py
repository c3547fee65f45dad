"""Configurations: each says how to run it, composes, and means what it says."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
import yaml

from experiments.config.folders import configs
from experiments.config.to_study import compose
from experiments.errors import ConfigError
from experiments.study.definition import Study
from experiments.study.plan import count_runs
from sim.params import DEFAULT_BOX, DEFAULTS, SETUPS, setup_values

FILES = {group: sorted(path.stem for path in (configs() / group).glob("*.yaml")) for group in ("experiment", "setup")}


def test_there_are_configurations():
    assert "structure_vs_purpose" in FILES["experiment"]


@pytest.mark.parametrize("name", FILES["experiment"])
def test_an_experiment_opens_with_the_command_that_runs_it_and_composes(name):
    lines = (configs() / "experiment" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["# @package _global_", f"# partnership sweep experiment={name}"]
    study = compose([f"experiment={name}"])
    assert study.name == name and study.question.endswith((".", "?", ")"))


def test_the_setup_files_are_the_arms():
    assert set(FILES["setup"]) == set(SETUPS)
    for name in FILES["setup"]:
        values = yaml.safe_load((configs() / "setup" / f"{name}.yaml").read_text(encoding="utf-8"))
        assert values["parameters"] == setup_values(name)


def test_the_headline_study_is_what_it_claims_to_be():
    study = compose(["experiment=structure_vs_purpose"])
    assert study.arms == tuple(SETUPS)
    assert count_runs(study) >= 200_000
    assert dict(study.design.factors) == DEFAULT_BOX
    assert (study.contrast.a, study.contrast.b) == ("structure_first", "purpose_first")
    changed = set().union(*study.variants.values())
    mechanisms = {"own_work_effect", "relational_effect", "exit_prob", "outside_share", "outside_emphasis", "gate"}
    assert mechanisms | {"endorsement_weight", "months"} <= changed


def test_defaults_are_those_of_the_table():
    study = compose([])
    assert {name: study.parameters.get(name, DEFAULTS[name]) for name in DEFAULTS} == DEFAULTS


def test_the_id_of_a_study_follows_what_can_change_its_results():
    study = compose(["experiment=quick_look"])
    again = compose(["experiment=quick_look", "workers=1", "results=elsewhere"])
    assert study.id == again.id
    for words in (
        "seed=2",
        "parameters.noise=0.1",
        "design.points=201",
        "contrast.region=0.02",
        "arms=[alone,neither]",
    ):
        extra = ["contrast.a=alone", "contrast.b=neither"] if words.startswith("arms") else []
        assert compose(["experiment=quick_look", words, *extra]).id != study.id, words
    assert replace(study, seed=study.seed).id == study.id
    assert {field.name for field in fields(Study)} >= {"name", "seed", "design", "arms", "contrast", "variants"}


def test_factors_add_to_the_box_change_it_and_leave_it():
    study = compose(
        ["design.factors.pooled_share=[0,1]", "design.factors.noise=[0,0.1]", "design.factors.patience=null"]
    )
    factors = dict(study.design.factors)
    assert factors["pooled_share"] == (0.0, 1.0) and factors["noise"] == (0.0, 0.1) and "patience" not in factors


def test_mistakes_from_python_are_the_same_errors():
    with pytest.raises(ConfigError, match="noise"):
        compose(["design.factors.nois=null"])
