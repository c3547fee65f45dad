"""Figures: the same bytes every time, what they must say, and the numbers behind them."""

import io
from dataclasses import replace
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axis import Tick
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imread

from experiments import wording
from experiments.analysis.ablation import Change
from experiments.analysis.contrasts import Estimate, by_arm, compare, pair, verdicts
from experiments.analysis.discovery import Condition, Effect
from experiments.figures import distributions, maps, mechanisms, paths, spread, style
from experiments.study.definition import Contrast
from sim.outcomes import SERIES_NAMES

pytestmark = pytest.mark.slow

CONTRAST = Contrast("structure_first", "purpose_first", "added_value_mean", 0.01)
ARMS = ("structure_first", "purpose_first", "balanced", "alone")


@pytest.fixture(scope="module")
def runs():
    rng = np.random.default_rng(1)
    world = rng.normal(0, 0.1, 400)
    outcome = {
        "structure_first": world + rng.normal(0.01, 0.03, 400),
        "purpose_first": world,
        "balanced": world,
        "alone": 0 * world,
    }
    parts = [
        pd.DataFrame({"point": np.arange(400), "arm": arm, "variant": "none", "added_value_mean": outcome[arm]})
        for arm in ARMS
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def months():
    rng = np.random.default_rng(2)
    parts = []
    for arm in ARMS[:2]:
        series = {name: np.clip(rng.random((30, 1)) + 0.01 * np.arange(24), 0, 1).ravel() for name in SERIES_NAMES}
        labels = {"point": np.repeat(np.arange(30), 24), "arm": arm, "month": np.tile(np.arange(24), 30)}
        parts.append(pd.DataFrame({**labels, **series}))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def drawn(runs, months):
    """Every figure, by name."""
    pairs = pair(runs, CONTRAST)
    result = compare(pairs, 0.01, 1)
    rng = np.random.default_rng(3)
    x, y = rng.random(400) * 0.3, rng.integers(5, 41, 400).astype(float)
    spans = maps.edges("load_per_seat", (0.0, 0.3), 400), maps.edges("n_partners", (5.0, 40.0), 400)
    cells = maps.win_table(x, y, verdicts(pairs["difference"].to_numpy(), 0.01), *spans)
    effects = tuple(
        Effect(name, Estimate(value, value - 0.1, value + 0.1))
        for name, value in (("noise", 0.3), ("commitment", -0.2))
    )
    return {
        "ecdf": distributions.draw_ecdf(runs, ARMS, CONTRAST),
        "differences": distributions.draw_differences(pairs, result, CONTRAST),
        "arm_means": distributions.draw_arm_means(by_arm(runs, ARMS, "added_value_mean", 1), "added_value_mean"),
        "fans": paths.draw_fans(months, "structure_first", "purpose_first"),
        "win_map": maps.draw_win_map(cells, ("load_per_seat", "n_partners"), spans, CONTRAST),
        "effects": maps.draw_effects(effects, CONTRAST),
        "variants": mechanisms.draw_variants({"as it stands": result, "no load": result}, CONTRAST),
    }


NAMES = ("ecdf", "differences", "arm_means", "fans", "win_map", "effects", "variants")


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_a_picture_in_both_formats(drawn, name):
    written = style.as_bytes(drawn[name], "0123456789ab")
    image = imread(io.BytesIO(written["png"]))
    assert image.shape[0] > 200 and np.std(image[..., :3]) > 0.03
    assert ElementTree.fromstring(written["svg"]).tag.endswith("svg")
    assert b"study 0123456789ab" in written["png"] and b"study 0123456789ab" in written["svg"]


@pytest.mark.parametrize("name", NAMES)
def test_the_note_names_the_number_of_worlds_or_parameters(drawn, name):
    note = drawn[name].get_supxlabel()
    assert ("of 2 parameters" if name == "effects" else "n = ") in note
    assert "95%" in note or "Empirical" in note or "median" in note


def outside(figure):
    """Texts of a figure that its edge cuts off, by more than the pixel that rounding takes."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    edge = figure.bbox.padded(1)
    ticks = {text for tick in figure.findobj(Tick) for text in (tick.label1, tick.label2)}  # beyond the axis, some
    boxes = {
        text.get_text(): text.get_window_extent(canvas.get_renderer())
        for text in set(figure.findobj(matplotlib.text.Text)) - ticks
        if text.get_visible() and text.get_text().strip()
    }
    return [text for text, box in boxes.items() if box.x0 < edge.x0 or box.x1 > edge.x1 or box.y1 > edge.y1]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_figure_is_cut_off(drawn, name):
    assert outside(drawn[name]) == []


@style.styled
def noted(text):
    figure = style.new_figure(3)
    figure.add_subplot()
    style.note(figure, text)
    return figure


@pytest.mark.parametrize("letter", ["i", "e", "W"])
def test_a_note_of_any_letters_stays_within_its_figure(letter):
    text = " ".join([letter * 7] * 60)
    figure = noted(text)
    assert outside(figure) == [] and figure.get_supxlabel().split() == text.split()
    figure.supxlabel("W" * 100, x=0.01, ha="left", fontsize=8)
    assert outside(figure) == ["W" * 100], "control: a hundred letters may be too many for a line"


def test_a_figure_drawn_again_has_the_same_bytes(runs, drawn):
    with matplotlib.rc_context(
        {"font.size": 20, "svg.hashsalt": None, "axes.facecolor": "red"}
    ):  # a user's own settings
        again = style.as_bytes(distributions.draw_ecdf(runs, ARMS, CONTRAST), "x")
    assert again == style.as_bytes(distributions.draw_ecdf(runs, ARMS, CONTRAST), "x")
    assert again == style.as_bytes(drawn["ecdf"], "x")
    assert again != style.as_bytes(drawn["ecdf"], "y")


def test_neither_date_nor_software_is_written(drawn):
    written = style.as_bytes(drawn["differences"], "x")
    assert b"matplotlib" not in written["png"].lower()
    assert b"<dc:date>" not in written["svg"]


LONGEST = ["x" * 80, "a very long name of words " + "y" * 54, "W" * 79 + "M", "$\\frac{1}{2$", "7"]


def test_names_of_any_length_are_drawn_as_they_are(drawn, runs):
    """A `$` begins mathematics in matplotlib, and an unfinished formula fails; a long name leaves no room for bars."""
    result = compare(pair(runs, CONTRAST), 0.01, 1)
    changes = [Change(name, result, Estimate(0.1, 0.0, 0.2), result.wins) for name in LONGEST]
    for figure in (
        mechanisms.draw_variants(dict.fromkeys(LONGEST, result), CONTRAST),
        mechanisms.draw_ablation(changes, result, CONTRAST),
        spread.draw_rainclouds({name: np.arange(9.0) for name in LONGEST}, "outcome", dict.fromkeys(LONGEST, "alone")),
    ):
        shown = {tick.get_text().replace("\n", "") for tick in figure.axes[0].get_yticklabels()}
        assert {wording.plain(name).replace(" ", "") for name in LONGEST} <= {text.replace(" ", "") for text in shown}
        assert all(axes.get_position().width > 0.1 for axes in figure.axes)
        assert set(style.as_bytes(figure, "id")) == {"png", "svg"}


def test_names_with_a_dollar_fail_where_mathematics_is_read():
    """Control: so they did, after all runs were made."""
    with matplotlib.rc_context({"text.parse_math": True}):
        figure = style.new_figure(2)
        figure.text(0.5, 0.5, LONGEST[3])
        with pytest.raises(ValueError, match="Parse"):
            figure.draw_without_rendering()


def test_no_figure_relies_on_mathematics(drawn):
    texts = [text.get_text() for figure in drawn.values() for text in figure.findobj(matplotlib.text.Text)]
    assert len(texts) > 100
    assert not [text for text in texts if "$" in text]


def test_of_very_many_variants_a_figure_shows_some_and_says_so(runs):
    """A picture of more than 65,535 dots in height cannot be drawn at all."""
    result = compare(pair(runs, CONTRAST), 0.01, 1)
    for rows in (60, 2000):
        named = {f"v{k}": result for k in range(rows)}
        changes = [Change(name, result, Estimate(0.1, 0.0, 0.2), result.wins) for name in named]
        for figure in (mechanisms.draw_variants(named, CONTRAST), mechanisms.draw_ablation(changes, result, CONTRAST)):
            assert len(figure.axes[0].get_yticklabels()) == 60
            assert ("60 of 2,000 rows are shown" in " ".join(figure.get_supxlabel().split())) == (rows == 2000)
            assert len(style.as_bytes(figure, "id")["png"]) > 1000


def test_arms_differ_in_line_and_marker_as_well_as_colour():
    looks = [(str(look["linestyle"]), look["marker"]) for look in style.LOOKS.values()]
    assert len(set(looks)) == len(looks)


def test_the_two_sides_differ_in_grey():
    grey = [np.dot(matplotlib.colors.to_rgb(style.colour(arm)), (0.299, 0.587, 0.114)) for arm in ARMS[:2]]
    assert abs(grey[0] - grey[1]) > 0.2


def test_bins_end_where_the_region_does():
    values = np.random.default_rng(4).normal(0, 0.05, 5000)
    edges, shares, beyond = distributions.binned(values, 0.01)
    assert {-0.01, 0.0, 0.01} <= set(edges)
    assert shares.sum() + beyond == pytest.approx(1)
    middle = (edges[:-1] + edges[1:]) / 2
    inside = (middle > -0.01) & (middle <= 0.01)
    assert shares[inside].sum() == pytest.approx(np.mean(np.abs(values) <= 0.01))


def test_a_region_of_nothing_can_be_drawn(runs):
    contrast = replace(CONTRAST, region=0.0)
    pairs = pair(runs, contrast)
    style.as_bytes(distributions.draw_differences(pairs, compare(pairs, 0.0, 1), contrast), "x")


def test_fans_hold_the_quantiles(months):
    values = paths.grid(months, "structure_first", "trust")
    assert values.shape == (30, 24)
    bands = paths.bands(values)
    assert bands.loc[1, "q50"] == pytest.approx(np.median(values[:, 0]))
    assert (bands["q5"] <= bands["q25"]).all() and (bands["q75"] <= bands["q95"]).all()
    added = paths.grid(months, "structure_first", "added_value")
    assert np.array_equal(
        added, paths.grid(months, "structure_first", "outcome") - paths.grid(months, "structure_first", "alone_outcome")
    )


def test_the_map_counts_who_wins_where():
    rng = np.random.default_rng(5)
    x, y = rng.random(4000), rng.random(4000)
    verdict = np.where((x > 0.5) & (rng.random(4000) < 0.6), 1, np.where(x < 0.25, -1, 0)).astype(np.int8)
    spans = np.array([0, 0.25, 0.5, 1.0]), np.array([0, 0.5, 1.0])
    table = maps.win_table(x, y, verdict, *spans).set_index(["column", "row"])
    assert table["worlds"].sum() == 4000
    assert (table.loc[0, "net"] == -1).all() and (table.loc[1, "net"] == 0).all()
    assert table.loc[2, "net"].to_numpy() == pytest.approx([0.6, 0.6], abs=0.05)
    assert table.loc[[0, 2], "decided"].all() and not table.loc[1, "decided"].any()


def test_the_map_does_not_decide_what_chance_would():
    rng = np.random.default_rng(6)
    spans = np.linspace(0, 1, 9), np.linspace(0, 1, 9)
    verdict = rng.integers(-1, 2, 6400).astype(np.int8)
    table = maps.win_table(rng.random(6400), rng.random(6400), verdict, *spans)
    assert table["decided"].mean() < 0.15


def test_edges_keep_whole_numbers_whole():
    edges = maps.edges("n_partners", (5.0, 7.0), 10_000)
    assert edges.tolist() == [4.5, 5.5, 6.5, 7.5]
    assert len(maps.edges("noise", (0.0, 0.6), 10_000)) == maps.MOST_BINS + 1


def test_words_a_reader_would_use():
    assert wording.percent(0.266) == "27%" and wording.percent(0.001) == "under 1%" and wording.percent(0.0) == "0%"
    assert (
        wording.signed(-0.0001) == "0.000"
        and wording.signed(0.0146) == "+0.015"
        and wording.signed(-0.2) == "\N{MINUS SIGN}0.200"
    )
    assert wording.plain("n_partners") == "number of partners"
    assert wording.condition_text(Condition("n_partners", True, 12.0)) == "number of partners is 13 or more"
    assert wording.condition_text(Condition("n_partners", False, 12.0)) == "number of partners is 12 or fewer"
    assert wording.condition_text(Condition("load_per_seat", True, 0.12)) == "load per seat is above 0.12"
    assert wording.estimated(Estimate(0.0046, 0.0040, 0.0052)) == "+0.0046 (95% interval +0.0040 to +0.0052)"
    assert wording.listing(["a", "b", "c"]) == "a, b and c"
