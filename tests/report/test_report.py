"""The report of planted studies: what it says, what it holds, and that it only reads."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from experiments import wording
from experiments.analysis import headline
from experiments.analysis.answer import NEEDED
from experiments.analysis.contrasts import Estimate, count
from experiments.analysis.discovery import Condition, Region
from experiments.errors import StudyError
from experiments.execution import sweep, worker
from experiments.report import rebuild
from experiments.report.methods import ANALYSES
from experiments.report.verdict import becomes, judge, region_sentence
from experiments.storage import store
from experiments.storage.reading import open_study
from experiments.study.definition import Contrast
from experiments.study.small import small_study
from experiments.study.tables import part_name
from sim import params
from sim.outcomes import OUTCOME_NAMES, SERIES_NAMES
from sim.runs import Runs
from tests.faults import ROOT

pytestmark = pytest.mark.slow

COLUMN = {name: place for place, name in enumerate(params.NAMES)}


def planted(effect):
    """A stand-in for the engine: `effect(points)` is what building structure first, not purpose first, adds."""

    def simulate(points, worlds, seed, *, trajectories=False):
        chance = np.random.default_rng(seed).normal(0, 0.1, 10_000)[worlds]
        order = points[:, COLUMN["early_emphasis"]] - points[:, COLUMN["late_emphasis"]]
        outcomes = np.full((len(points), len(OUTCOME_NAMES)), np.nan)
        outcomes[:, [OUTCOME_NAMES.index(name) for name in NEEDED if name != "collapse_month"]] = 0.0
        outcomes[:, OUTCOME_NAMES.index("added_value_mean")] = np.where(
            points[:, COLUMN["alone"]] == 1, 0, chance + order / 2 * effect(points)
        )
        months = int(points[0, COLUMN["months"]])
        series = np.tile(np.linspace(0, 1, months)[None, :, None], (len(points), 1, len(SERIES_NAMES))) * (
            0.5 + chance[:, None, None]
        )
        return Runs(outcomes, series if trajectories else None)

    return simulate


def depends(points):
    """Structure first wins where load is low, purpose first where it is high; without load, structure first always."""
    load = points[:, COLUMN["load_per_seat"]]
    return np.where(load <= 0.032, 0.05, np.where(load > 0.064, -0.05, 0.0))


def study_of(points=1000, **changes):
    study = replace(
        small_study(points), name="planted", variants={"no_load": {"load_per_seat": 0.0}}, variant_points=points // 2
    )
    return replace(study, trajectory_points=20, **changes)


def stored(study, tmp_path, monkeypatch, effect):
    monkeypatch.setattr(worker, "simulate_runs", planted(effect))
    folder = store.folder_of(study, tmp_path)
    sweep.simulate(study, folder, 1, Console(quiet=True))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The report of a study in which the answer depends on the load."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        worlds = stored(study_of(), tmp_path_factory.mktemp("results"), monkeypatch, depends)
    rebuild.rebuild(worlds, say=lambda _: None)
    return worlds


@pytest.fixture(scope="module")
def summary(folder):
    return json.loads((folder / "summary.json").read_text())


@pytest.fixture(scope="module")
def page(folder):
    return (folder / "report.html").read_text()


class Page(HTMLParser):
    """What a browser would find in a page: tags with their attributes, and the text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def all(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


def outside_addresses(text):
    """Everything in a page that would make a browser ask another machine."""
    tags = Page(text).tags
    pairs = [pair for _, attributes in tags for pair in attributes.items()]
    loading = {"src", "href", "srcset", "action", "data", "poster"}
    found = [value for name, value in pairs if name in loading and not value.startswith(("data:", "#"))]
    found += re.findall(r"url\([^)]*\)|@import[^;]*", text)
    return found + [tag for tag, _ in tags if tag in ("script", "iframe", "link")]


def test_the_numbers_are_the_planted_ones(summary):
    contrast = summary["contrast"]
    assert contrast["wins"]["share"]["value"] == pytest.approx(0.4, abs=0.002)
    assert contrast["losses"]["share"]["value"] == pytest.approx(0.2, abs=0.002)
    assert contrast["mean"]["value"] == pytest.approx(0.05 * 0.4 - 0.05 * 0.2, abs=0.001)
    assert summary["variants"]["no_load"]["wins"]["share"]["value"] == 1.0
    assert summary["discovery"]["effects"][0]["factor"] == "load_per_seat"
    assert summary["worlds"] == 1000 and summary["runs"] == 1000 * 8 + 500 * 2
    assert summary["box"]["load_per_seat"] == [0.0, 0.08]


def test_the_verdict_says_so_in_words(summary, page):
    verdict = summary["verdict"]
    assert verdict["headline"] == "It depends on the world; structure first does better more often."
    assert (
        "structure first did better in 40, purpose first in 20, and in 40 there was no practical difference"
        in verdict["shares"]
    )
    assert "drawn from a wide box of 91 unknowns" in verdict["shares"]
    assert "Structure first does best where load per seat is at most 0.032" in verdict["where"][1]
    assert "structure first wins 100 of 100 worlds and purpose first 0" in verdict["mechanisms"][0]
    text = Page(page).text
    for sentence in (
        verdict["headline"],
        verdict["shares"],
        verdict["size"],
        *verdict["where"],
        *verdict["mechanisms"],
    ):
        assert sentence in text


@pytest.mark.parametrize(
    ("effect", "sentence"),
    [
        (lambda points: np.full(len(points), 0.05), "Structure first does better, or as well, almost everywhere."),
        (lambda points: np.full(len(points), -0.05), "Purpose first does better, or as well, almost everywhere."),
        (lambda points: np.full(len(points), 0.005), "In practice it hardly matters which comes first."),
        (
            lambda points: np.where(points[:, COLUMN["noise"]] > 0.3, 0.05, -0.05),
            "Neither is better in general: it depends on the world.",
        ),
        (lambda points: -depends(points), "It depends on the world; purpose first does better more often."),
    ],
)
def test_the_verdict_can_come_out_any_way(effect, sentence, tmp_path, monkeypatch):
    finished = open_study(stored(study_of(400), tmp_path, monkeypatch, effect))
    assert judge(headline.read_findings(finished)).headline == sentence


def test_what_becomes_of_an_answer_is_told_apart():
    said = [becomes(*pair) for pair in (("a", "a"), (None, None), ("a", "b_first"), ("a", None), (None, "b_first"))]
    assert said[:2] == ["the answer is the same"] * 2
    assert said[2:] == ["the answer reverses", "neither leads any longer", "b first leads"]


def test_an_arm_that_wins_no_more_often_in_its_region_only_loses_less_there():
    none, some, many = (count(np.arange(100) < wins) for wins in (0, 10, 60))
    condition = (Condition("noise", True, 0.3),)
    region = Region("balanced", condition, 0.4, none, some, none, many, 0.0, Estimate(0.5, 0.4, 0.6), True)
    contrast = Contrast("balanced", "neither", "added_value_mean", 0.01)
    assert region_sentence(region, contrast).startswith("Balanced does least badly where noise is above 0.3")
    better = region_sentence(replace(region, won=some), contrast)
    assert better.startswith("Balanced does best where noise is above 0.3"), "control: it wins more often there"


@pytest.mark.parametrize(("factors", "said"), [(1, "a box of 1 unknown"), (2, "a box of 2 unknowns"),
                                               (10, "a wide box of 10 unknowns")])  # fmt: skip
def test_a_box_is_called_wide_only_where_much_varies(factors, said):
    design = replace(small_study(10).design, factors=dict(list(params.DEFAULT_BOX.items())[:factors]))
    assert wording.worlds_of(design) == f"drawn from {said}"


def test_the_page_asks_no_other_machine(page):
    assert outside_addresses(page) == []
    assert "default-src 'none'" in page
    assert outside_addresses('<img src="https://example.org/x.png"><script></script><a href="//x">y</a>') == [
        "https://example.org/x.png",
        "//x",
        "script",
    ]


def test_the_page_is_marked_up_for_all_readers(page):
    found = Page(page)
    assert found.all("html") == [{"lang": "en"}]
    assert len(found.all("h1")) == 1 and found.all("main") and found.all("title") is not None
    images = found.all("img")
    assert len(images) >= 15
    assert all(len(image["alt"]) > 60 and image["src"].startswith("data:image/svg+xml;base64,") for image in images)
    assert all(cell.get("scope") in ("col", "row") for cell in found.all("th"))
    assert len(found.all("caption")) == len(found.all("table")) >= 10
    targets = {attributes["id"] for _, attributes in found.tags if "id" in attributes}
    assert {link["href"].removeprefix("#") for link in found.all("a")} <= targets
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in found.all("meta")


def test_the_page_is_small_and_holds_no_path(page, folder):
    assert len(page) < 3_000_000
    assert str(folder.parent.parent) not in page


def test_the_box_is_named_with_every_range(page):
    text = Page(page).text
    for name, (low, high) in study_of().design.factors.items():
        cells = rf'<tr><th scope="row">{wording.plain(name)}</th><td>([^<]*)</td><td>([^<]*)</td>'
        row = re.search(cells, page.split('id="box"')[1])
        assert row is not None, name
        assert [float(cell.replace("\N{MINUS SIGN}", "-")) for cell in row.groups()] == pytest.approx(
            [low, high], rel=0.01
        )
    assert "Every share of worlds in this report is a share of worlds drawn from this box." in text


def test_the_page_says_how_to_repeat_it(page):
    text = Page(page).text
    assert "partnership sweep experiment=planted" in text
    assert study_of().id in text


def test_a_name_with_markup_does_no_harm(tmp_path, monkeypatch):
    study = study_of(60, question="Is <b>this</b> & that so?")
    folder = stored(study, tmp_path, monkeypatch, depends)
    rebuild.rebuild(folder, say=lambda _: None)
    assert "<h1>Is &lt;b&gt;this&lt;/b&gt; &amp; that so?</h1>" in (folder / "report.html").read_text()


def derived(folder):
    names = [
        "summary.json",
        "report.html",
        *(f"figures/{path.name}" for path in sorted((folder / "figures").iterdir())),
        *(f"analysis/{path.name}" for path in sorted((folder / "analysis").glob("*"))),
    ]
    return {name: (folder / name).read_bytes() for name in names}


def test_a_report_is_rebuilt_to_the_byte_and_without_simulating(folder, monkeypatch):
    def fail(*_, **__):
        raise AssertionError("simulated")

    monkeypatch.setattr(worker, "simulate_runs", fail)
    monkeypatch.setattr("sim.runs.simulate", fail)
    before = derived(folder)
    for name in before:
        (folder / name).unlink()
    assert rebuild.rebuild(folder, say=lambda _: None) == 0
    assert derived(folder) == before
    assert len(before) >= 2 + 15 * 2


def test_a_damaged_table_leaves_the_report_as_it_was(tmp_path, monkeypatch):
    folder = stored(study_of(60), tmp_path, monkeypatch, depends)
    rebuild.rebuild(folder, say=lambda _: None)
    before = derived(folder)
    part = folder / part_name(0)
    content = bytearray(part.read_bytes())
    content[100] ^= 1
    part.write_bytes(content)
    with pytest.raises(StudyError, match=r"part-000000.parquet is damaged"):
        rebuild.rebuild(folder)
    assert derived(folder) == before


def test_results_of_another_version_are_not_reported(folder, monkeypatch):
    monkeypatch.setattr(rebuild, "RESULTS_VERSION", -1)
    with pytest.raises(StudyError, match="this software reports -1"):
        rebuild.rebuild(folder)


def test_a_folder_without_a_study_is_told(tmp_path):
    with pytest.raises(StudyError, match="holds no study"):
        rebuild.rebuild(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_bare_study_has_a_report_too(tmp_path, monkeypatch):
    """No factors, no variants, no trajectories, two arms: what cannot be said is left out, not guessed."""
    study = small_study(100, arms=("structure_first", "purpose_first"), **params.DEFAULTS)
    folder = stored(study, tmp_path, monkeypatch, lambda points: np.full(len(points), 0.05))
    rebuild.rebuild(folder, say=lambda _: None)
    page = (folder / "report.html").read_text()
    assert re.findall(r'<h[23] id="(\w+)">', page) == [
        "fates", "orders", "groups", "differences", "ecdf", "arm_means", "dots", "rainclouds",
    ]  # fmt: skip
    assert "alike except for chance" in page


def test_an_outcome_that_is_often_missing_is_told(tmp_path, monkeypatch):
    study = small_study(100)
    study = replace(study, contrast=replace(study.contrast, outcome="gain_month"))
    folder = stored(study, tmp_path, monkeypatch, depends)
    with pytest.raises(StudyError, match="0 worlds have the outcome"):
        rebuild.rebuild(folder)


def test_an_outcome_that_is_the_same_in_every_run_is_told(tmp_path):
    """Nobody is axed where no review is held."""
    study = small_study(40, arms=("structure_first", "purpose_first"))
    study = replace(study, contrast=replace(study.contrast, outcome="axed"))
    folder = store.folder_of(study, tmp_path)
    sweep.simulate(study, folder, 1, Console(quiet=True))
    with pytest.raises(StudyError, match=r"'axed' is 0 in every run .* choose another"):
        rebuild.rebuild(folder)
    assert not (folder / "report.html").exists()
    pairs = pd.DataFrame({"a": [0.0, 1.0], "b": [0.0, 1.0]})
    headline.refuse_constant(pairs, study.contrast)  # control: worlds differ, only the arms do not


def test_an_arm_that_lacks_the_outcome_is_left_out(tmp_path):
    """Acting alone has no month of gain; the others are reported all the same."""
    study = small_study(150, arms=("structure_first", "purpose_first", "alone"), own_effort=0.2)
    study = replace(study, contrast=replace(study.contrast, outcome="gain_month", region=1.0))
    folder = store.folder_of(study, tmp_path)
    sweep.simulate(study, folder, 1, Console(quiet=True))
    findings = headline.read_findings(open_study(folder))
    assert list(findings.arms.index) == ["structure_first", "purpose_first"] and findings.result.missing > 0


def test_every_explanation_of_a_method_belongs_to_a_figure():
    """A name that no figure has would leave its explanation out, and nobody would see it."""
    drawn = {name for path in (ROOT / "experiments/report").glob("*_figures.py")
             for name in re.findall(r'Picture\(\s*"(\w+)"', path.read_text(encoding="utf-8"))}  # fmt: skip
    assert set(ANALYSES) <= drawn and len(drawn) > 20
