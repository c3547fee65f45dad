"""A value that is given has its effect or is refused, wherever it was given; and Hydra does nothing but compose."""

from __future__ import annotations

import os

import pytest

from experiments import small_study
from experiments.cli import main
from experiments.config.composition import composed
from experiments.config.to_study import compose, study_and_list, study_in
from experiments.errors import ConfigError, StudyError
from experiments.study import design, plan
from sim.params import BY_NAME, DEFAULT_BOX, NAMES, NEEDS, SETUPS, UNTIL

pytestmark = pytest.mark.slow

EXPERIMENT = "# @package _global_\nname: mine\ndesign: {points: 4}\n"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def own(folder, text, group="experiment", name="mine"):
    """A file of the user's own, and the folder it is found in."""
    path = folder / "own" / group / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder / "own"


def studied(folder, *words):
    """The study of a file of the user's own."""
    asked = composed(["experiment=mine", *words], folder)
    return study_in(asked.plain, asked.given)[0]


def simulated(study, parameter):
    """The values of a parameter in the runs of a study's first points, arm by arm."""
    runs = plan.batch(study, plan.placed(design.points(study, 0, 2), 0))
    return runs.parameters[:, NAMES.index(parameter)]


# -- parameters -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(DEFAULT_BOX)[::6])
def test_a_parameter_that_is_given_is_fixed_and_leaves_the_box(name):
    low, high = DEFAULT_BOX[name]
    value = int(high) if BY_NAME[name].integer else low + (high - low) / 3
    study, drawn = compose([f"parameters.{name}={value}"]), compose([])
    assert name not in study.design.factors and len(study.design.factors) == len(drawn.design.factors) - 1
    free = [arm for arm in study.arms if name not in SETUPS[arm]]
    values = simulated(study, name).reshape(len(study.arms), -1)
    assert all((values[study.arms.index(arm)] == value).all() for arm in free) and free
    assert not (simulated(drawn, name) == value).all(), "control: it is drawn where nobody gives it"


def test_a_parameter_that_is_given_leaves_a_listed_box_too():
    study, listed = study_and_list(composed(["design.box=calibrated", "parameters.noise=0.2", "design.points=9"]))
    assert "noise" not in study.design.factors and "noise" not in listed
    runs = plan.batch(study, plan.placed(design.points(study, listed=listed), 0))
    assert (runs.parameters[:, NAMES.index("noise")] == 0.2).all()
    assert "noise" in compose(["design.box=calibrated"]).design.factors, "control"


def test_a_file_gives_parameters_as_a_word_does(elsewhere):
    study = studied(own(elsewhere, EXPERIMENT + "parameters: {free_riding: 0}\n"))
    assert "free_riding" not in study.design.factors and not simulated(study, "free_riding").any()


def test_what_a_scenario_states_is_not_drawn():
    study = compose(["scenario=healthy"])
    assert (simulated(study, "commitment") == 0.65).all() and "load_per_seat" not in study.design.factors
    varied = compose(["scenario=healthy", "design.factors.commitment=[0.3,0.4]"])
    assert varied.design.factors["commitment"] == (0.3, 0.4), "what is named later overrides it"


def test_places_differ_around_the_value_that_is_given():
    assert compose(["scenario=hwb_2015", "parameters.commitment=0.4"]).design.factors["commitment"] == (0.25, 0.55)


def test_one_at_a_time_a_given_value_is_where_the_factor_sets_out():
    words = ["experiment=one_at_a_time", "design.replicates=1"]
    study = compose([*words[:1], "parameters.noise=0.15"])
    points = design.points(study)
    assert "noise" in study.design.factors and (points["noise"] == 0.15).sum() > len(points) / 2


def test_fixed_and_varied_at_once_is_a_contradiction_unless_one_overrides_the_other(elsewhere):
    with pytest.raises(ConfigError, match=r"parameters.noise=0.2 fixes what design.factors.noise varies"):
        compose(["parameters.noise=0.2", "design.factors.noise=[0,1]"])
    folder = own(elsewhere, EXPERIMENT + "  \nparameters: {noise: 0.2}\n")
    assert studied(folder, "design.factors.noise=[0,0.1]").design.factors["noise"] == (0.0, 0.1)
    folder = own(elsewhere, "# @package _global_\nname: mine\ndesign: {points: 4, factors: {noise: [0, 0.1]}}\n")
    study = studied(folder, "parameters.noise=0.2")
    assert "noise" not in study.design.factors and (simulated(study, "noise") == 0.2).all()


def test_several_values_make_studies_that_differ(elsewhere, monkeypatch):
    made = []
    monkeypatch.setattr(
        "experiments.commands.sweep.sweep_study", lambda study, *_, **how: made.append((study, how["command"])) or 0
    )
    assert main(["sweep", "experiment=quick_look", "-m", "parameters.free_riding=0,0.4,0.8"]) == 0
    assert [float(simulated(study, "free_riding")[0]) for study, _ in made] == [0.0, 0.4, 0.8]
    assert made[1][1] == "partnership sweep experiment=quick_look parameters.free_riding=0.4", "each repeats itself"
    made.clear()
    assert main(["sweep", "-m", "parameters.noise=range(0.1,0.4,0.1)"]) == 0
    assert [study.parameters["noise"] for study, _ in made] == [0.1, 0.2, 0.3]
    made.clear()
    assert main(["sweep", "-m", "seed=1,2,-1"]) == 2 and made == [], "all are checked before any is run"


IDLE = {
    # words that could not act: the reason and the way
    "sweep setup=purpose_first": "name the setups in arms=",
    "sweep parameters.early_emphasis=0.3": "every arm of a study sets it",
    "sweep design.factors.late_emphasis=[0,1]": "no arm leaves it open",
    "sweep parameters.review_floor=0.3": "set parameters.review_month as well",
    "sweep design.factors.umbrella_fidelity=[0,1]": "set parameters.umbrella as well",
    "sweep parameters.sector_2_capacity=3": "set parameters.sector_2_count as well",
    "sweep parameters.need_7=3": "there are 4 issues",
    "sweep scenario=hwb_2015 parameters.small_share=0.5": "the sectors of the scenario decide it",
    "sweep scenario=hwb_2015 parameters.n_partners=12": "contradicts the sectors",
    "sweep world=3": "does not use world",
    "sweep runs=10": "does not use runs",
    "sweep judging.rare=0.2": "does not use judging",
    "sweep failure=overload": "does not use failure",
    "sweep claim=c01_purpose_over_structure": "does not use claim",
    "sweep limits.window=12": "failures=true looks for",
    "sweep design.levels=5": "takes none; grid and one_at_a_time do",
    "sweep design.sampler=grid design.box=none design.points=9 design.factors.noise=[0,1]": "counts its own",
    "sweep design.adaptive.batch=8": "design.adaptive.precision",
    "sweep design.adaptive.precision=0.1 design.replicates=5": "decides how many there are",
    "sweep variants.mine={noise:0.1}": "give variant_points as well",
    "sweep variant_points=5": "there are no variants",
    "sweep scenario.about=mine": "the file of a scenario says this",
    "sweep scenario.sectors=[a]": "a study knows it by name only",
    "sweep scenario.between={early_emphasis:0.1}": "every arm of a study sets it",
    "sweep variant_points=2 variants={a:{umbrella_fidelity:0.2}}": "umbrella_fidelity would have no effect",
    "sweep variant_points=2 variants={a:{need_12:3}}": "there are 4 issues",
    "sweep variant_points=2 parameters.noise=0.2 variants={a:{noise:0.2}}": "the values of the study itself",
    "sweep design.factors.t={choices:{a:{umbrella_fidelity:0.1},b:{}}}": "umbrella_fidelity would have no effect",
    "sweep design.factors.t={choices:{a:{},b:{}}}": "its options set the same values",
    "sweep design.sampler=list design.list=points.csv design.factors.noise=[0,1]": "the points of the list say",
    "sweep design.box=calibrated design.list=nowhere.csv": "go together",
    "sweep design.factors={noise:[0,1]} design.factors.noise={levels:[0,1]}": "given twice",
    "sweep parameters.noise={a:1}": "parameters.noise takes a value, and not a table",
    "sweep -sc query=bash": "there is no completion yet",
    "sweep scenario.n_localities=3": "give design.points",
    "sweep seed=1 seed=2": "given twice",
    "sweep seed=???": "a value is missing",
    "run design.points=4": "does not use design",
    "run experiment=quick_look": "does not use experiment",
    "run results=x": "writes nothing",
    "run setup=neither parameters.early_emphasis=0.3": "there is no setup to spend on",
    "run parameters.umbrella_fidelity=0.3": "set parameters.umbrella as well",
    "run parameters.months=10 limits.window=12": "longer than the 10 months",
    "demo seed=4": "name a failure mode as well",
    "demo failure=overload workers=2": "does not use workers",
    "claims contrast.a=balanced": "names its own tests",
    "claims shard=1/2": "does not use shard",
}


@pytest.mark.parametrize("words", IDLE)
def test_what_could_not_act_is_refused_with_the_reason(words, capsys, elsewhere):
    assert main(words.split()) == 2
    captured = capsys.readouterr()
    assert IDLE[words] in captured.err and captured.err.count("\n") == 1 and captured.out == ""
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_acts_or_is_refused(name):
    """A value other than its default reaches the runs of a study, or the study is refused."""
    row, value = BY_NAME[name], {"n_issues": 7, "months": 24}.get(name)
    value = next(x for x in (row.high, row.low) if x != row.default) if value is None else value
    refusal = ""
    try:
        study = compose([f"parameters.{name}={value:g}"])
    except ConfigError as error:
        refusal = str(error)
    if refusal:
        together = name in NEEDS or (name in UNTIL and f"{name}={value:g}" in refusal)
        assert refusal.startswith(f"parameters.{name}=") or together, refusal
    else:
        assert (simulated(study, name) == value).any()


# -- places -----------------------------------------------------------------------------------------------


def test_a_message_names_the_file_and_the_line(elsewhere, capsys):
    for text, place in (
        ("parameters:\n  noise: 5\n", "line 5: parameters.noise=5 is out of range"),
        ("sed: 3\n", "line 4: there is no 'sed' in the configuration (did you mean 'seed'?)"),
        ("design:\n  pionts: 3\n", "did you mean 'design.points'?"),
        ("contrast:\n  outcome: added_valu\n", "line 5: contrast.outcome=added_valu is unknown"),
        ("seed: ???\n", "line 4: seed=???: a value is missing"),
        ("parameters: ${oc.env:HOME}\n", "line 4: parameters=${oc.env:HOME}: parameters is a table"),
    ):
        own(elsewhere, "# @package _global_\nname: mine\ndesign: {points: 4}\n" + text if "design" not in text else
            "# @package _global_\nname: mine\n\n" + text)  # fmt: skip
        assert main(["sweep", "--config-dir", "own", "experiment=mine"]) == 2
        said = capsys.readouterr().err
        assert place in said and "own/experiment/mine.yaml" in said and said.count("\n") == 1, said


IDLE_IN_FILES = {
    # what a file gives, and could not act: what is said of it, with the file and the line
    "defaults: [{override /setup: purpose_first}]\n": "line 3: setup=purpose_first",
    "setup: purpose_first\n": "line 3: setup=purpose_first",
    "defaults: [{override /hydra/job_logging: default}]\n": "line 3: defaults",
    "scenario: {name: x}\n": "line 3: scenario.name=x",
    "world: 3\n": "line 3: world=3",
    "limits: {flat: 0.2}\n": "line 3: limits.flat would have no effect",
    "variants: {a: {noise: 0.1}}\n": "line 3: variants.a would have no effect",
    "yes: 2\n": "there is no 'True'",
    "variants: {a$b: {noise: 0.1}}\nvariant_points: 2\n": "is not a valid name",
}


@pytest.mark.parametrize("text", IDLE_IN_FILES)
def test_what_a_file_gives_acts_or_is_refused_as_well(text, elsewhere, capsys):
    own(elsewhere, f"# @package _global_\nname: mine\n{text}")
    assert main(["sweep", "--config-dir", "own", "experiment=mine"]) == 2
    said = capsys.readouterr().err
    assert IDLE_IN_FILES[text] in said and "own/experiment/mine.yaml" in said and said.count("\n") == 1, said


def test_a_setup_that_a_scenario_chooses_does_not_leak_into_every_arm(elsewhere):
    text = "# @package _global_\ndefaults: [{override /setup: alone}]\nscenario: {name: mine, about: x}\n"
    folder = own(elsewhere, text, group="scenario")
    asked = composed(["scenario=mine"], folder)
    assert asked.plain["parameters"]["alone"] == 1, "control: run plays it so"
    assert study_in(asked.plain, asked.given)[0].parameters["alone"] == 0


def test_studies_made_in_python_refuse_what_could_not_act():
    for values in ({"early_emphasis": 0.2}, {"umbrella_fidelity": 0.2}, {"sector_1_capacity": 3.0}, {"need_9": 2.0}):
        with pytest.raises(StudyError, match="would have no effect"):
            small_study(4, months=3, **values)
    assert small_study(4, months=3, umbrella=1, umbrella_fidelity=0.2).parameters["umbrella_fidelity"] == 0.2, "control"


def test_letters_beyond_ascii_need_no_quotes():
    assert compose(["question=Größe?"]).question == compose(["question='Größe?'"]).question == "Größe?"


BAD_DEFAULTS = ["null", "{a: b}", "[5]", "[null]", "[[a]]", "[{a: 1, b: 2}]", '[{"": ""}]', '[""]', '["${name}"]']


@pytest.mark.parametrize("defaults", BAD_DEFAULTS)
def test_a_list_of_defaults_that_is_none_gets_one_message(defaults, elsewhere, capsys):
    own(elsewhere, f"# @package _global_\nname: mine\ndefaults: {defaults}\n")
    for words in (["experiment=mine"], ["experiment=mine", "--cfg", "job"]):
        assert main(["sweep", "--config-dir", "own", *words]) == 2
        said = capsys.readouterr().err
        assert "own/experiment/mine.yaml, line 3: defaults" in said and said.count("\n") == 1, said


BAD_FILES = {
    "latin-1": ("# @package _global_\nquestion: Caf\xe9?\n".encode("latin-1"), "line 2: byte 0xe9 is not UTF-8"),
    "utf-16": ("# @package _global_\nname: x\n".encode("utf-16"), "is in UTF-16"),
    "binary": (b"\x00\x01\x02", "cannot be read"),
    "empty": (b"", "is empty"),
    "scalar": (b"hello\n", "this is not 'key: value'"),
    "list": (b"- a\n", "this is not 'key: value'"),
    "no package": (b"name: mine\n", "begins with '# @package _global_'; it has none"),
    "another package": (b"# @package design\npoints: 4\n", "begins with '# @package _global_'"),
    "twice": (b"# @package _global_\nseed: 1\nseed: 2\n", "line 3: 'seed' appears twice"),
    "deep": (b"# @package _global_\nvariants: " + b"{a: " * 5000 + b"1" + b"}" * 5000, "levels deep"),
    "bomb": (
        b"# @package _global_\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 10)),
        "aliases",
    ),
    "cycle": (b"# @package _global_\nvariants: &v {a: *v}\n", "stands for what contains it"),
    "tag": (b"# @package _global_\nname: !!python/object/apply:os.system ['touch run']\n", "could not determine"),
    "itself": (b"# @package _global_\ndefaults: [mine]\nname: x\n", "refer to one another"),
    "outside": (b"# @package _global_\ndefaults: [../../secret]\nname: x\n", "without '..'"),
    "no list": (b"# @package _global_\ndefaults: 5\nname: x\n", "line 2: defaults=5 is not a list"),
    "no table": (b"# @package _global_\nname: x\ndesign:\n", "line 3: design=None: design is a table"),
    "environment": (b"# @package _global_\nname: ${oc.env:HOME}\n", "line 2: name=${oc.env:HOME}: a study is made of"),
    "recursion": (b"# @package _global_\nname: ${name}\n", "name"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_file_that_cannot_be_used_gets_one_message(kind, elsewhere, capsys):
    content, says = BAD_FILES[kind]
    own(elsewhere, content)
    before = sorted(elsewhere.rglob("*"))
    assert main(["sweep", "--config-dir", "own", "experiment=mine"]) == 2
    said = capsys.readouterr().err
    assert says in said and said.count("\n") == 1, said
    assert sorted(elsewhere.rglob("*")) == before


def test_a_folder_of_ones_own_brings_nothing_of_hydras(elsewhere, capsys):
    folder = own(elsewhere, EXPERIMENT)
    for path in ("hydra/launcher/basic.yaml", "schema.yaml", "config.yaml"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("seed: 99\nhydra: {launcher: {_target_: os.mkdir}}\n")
    assert main(["sweep", "--config-dir", "own", "experiment=mine", "--cfg", "job"]) == 0
    said = capsys.readouterr()
    assert "seed: 1" in said.out and "name: mine" in said.out and said.err == ""


def test_where_results_go_may_depend_on_the_environment(monkeypatch):
    monkeypatch.setenv("SCRATCH", "there")
    assert composed(["results=${oc.env:SCRATCH}/results"]).plain["results"] == "there/results"
    with pytest.raises(ConfigError, match="not of the environment") as refused:
        composed(["question=${oc.env:SCRATCH}"])
    assert "there" not in str(refused.value)


def test_pipes_folders_and_huge_files_are_no_configurations(elsewhere, capsys):
    folder = own(elsewhere, EXPERIMENT) / "experiment"
    os.mkfifo(folder / "pipe.yaml")
    (folder / "huge.yaml").write_bytes(b"# @package _global_\nname: x\n" + b"#" * 2**20)
    for name, says in (("pipe", "is not a regular file"), ("huge", "has at most")):
        assert main(["sweep", "--config-dir", "own", f"experiment={name}"]) == 2
        assert says in capsys.readouterr().err
    (folder / "folder.yaml").mkdir()
    assert main(["sweep", "--config-dir", "own", "experiment=folder"]) == 2
    (folder / "mine.yaml").write_bytes(b"\xef\xbb\xbf" + EXPERIMENT.encode())
    assert main(["sweep", "--config-dir", "own", "experiment=mine", "--cfg", "job"]) == 0, "a byte order mark is text"
