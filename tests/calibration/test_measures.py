"""Kinds of patterns that read months, amounts, delays and correlations: known answers, and what is missing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.calibration.measure import FARTHEST, judge_pattern, measure, shown
from experiments.calibration.order import interval, order_in, outcome
from experiments.calibration.pattern import load_patterns
from experiments.calibration.readings import play, values_read
from experiments.calibration.validate import Column
from experiments.config.boxes import of_box
from experiments.config.scenarios import load_scenario
from experiments.errors import ConfigError
from sim.outcomes import SERIES_NAMES
from tests.calibration.test_facts import fake, pattern
from tests.test_docs import ROOT

SCORE = {"series": "vichealth_score"}


def monthly(series, localities=4, months=40):
    """Localities whose series have these values (months,) or (localities, months); everyone is at the table."""
    table = np.zeros((1, localities, months, len(SERIES_NAMES)))
    table[..., SERIES_NAMES.index("members")] = 1.0
    for name, values in series.items():
        table[..., SERIES_NAMES.index(name)] = values
    played = fake(localities=localities)
    return replace(played, series=table)


# -- readings -----------------------------------------------------------------------------------------------


def test_a_series_is_read_by_the_mean_over_its_months_less_another_for_each_of_so_many():
    played = monthly({"outcome": np.arange(40.0)})
    assert values_read(played, {"series": "outcome", "from": 1, "to": 3})[0, 0] == 1.0
    later = {"series": "outcome", "from": 31, "to": 40, "less": {"series": "outcome", "from": 1, "to": 10}, "per": 3}
    assert values_read(played, later)[0, 0] == 10.0


def test_an_answer_is_missing_where_nobody_is_there_to_give_it():
    played = monthly({"vichealth_score": 100.0, "members": np.where(np.arange(40) < 20, 1.0, 0.0)})
    assert values_read(played, SCORE | {"from": 1, "to": 5})[0, 0] == 100.0
    assert np.isnan(values_read(played, SCORE | {"from": 20, "to": 21})[0, 0])
    risen = pattern("amount", {"from": 4, "to": 28}, this=SCORE | {"from": 40, "to": 40})
    assert measure(risen, [played]).distance[0] == FARTHEST


def test_months_are_kept_where_a_pattern_reads_them_and_nowhere_else():
    kind = load_scenario("hwb_2015")
    assert play(kind, [{}], {}, 1).series is None
    series = play(kind, [{}], {}, 1, months_wanted=True).series
    assert series.shape == (1, 5, 36, len(SERIES_NAMES))


# -- kinds --------------------------------------------------------------------------------------------------


def test_an_amount_is_a_mean_over_localities_and_met_within_its_range():
    played = monthly({"vichealth_score": np.linspace(100.0, 139.0, 40)})
    rise = SCORE | {"from": 40, "to": 40, "less": SCORE | {"from": 1, "to": 1}}
    met, missed = (pattern("amount", {"from": 30, "to": top}, this=rise) for top in (50, 35))
    assert measure(met, [played]).value[0] == pytest.approx(39.0)
    assert measure(met, [played]).distance[0] == 0.0 and measure(missed, [played]).distance[0] == pytest.approx(1.6)


@pytest.mark.parametrize(("late", "months"), [(0, 0), (7, 7), (30, 21)])
def test_a_delay_is_counted_until_the_level_is_reached_or_the_run_ends(late, months):
    rising = np.minimum(np.arange(40.0), 20.0)
    later = np.concatenate([np.zeros(late), rising])[:40]
    undisturbed, disturbed = (monthly({"results": values}) for values in (rising, later))
    delayed = pattern("delay", {"from": 5, "to": 9}, reading={"series": "results"}, at=20, without={"noise": 0})
    found = measure(delayed, [disturbed, undisturbed])
    assert found.value[0] == months and (found.distance[0] == 0.0) == (5 <= months <= 9)


def test_an_association_is_a_difference_of_rank_correlations():
    places = np.arange(8.0)
    played = fake({"trust": places, "effort": places**3, "added_value": places[::-1]}, localities=8)
    pairs = {"this": [{"outcome": "trust"}, {"outcome": "effort"}],
             "than": [{"outcome": "trust"}, {"outcome": "added_value"}]}  # fmt: skip
    higher, lower = (pattern("association", way, **pairs) for way in ("higher", "lower"))
    assert measure(higher, [played]).value[0] == pytest.approx(2.0)
    assert (
        judge_pattern(higher, measure(higher, [played])).met and not judge_pattern(lower, measure(lower, [played])).met
    )
    flat = fake({"trust": 0.5, "effort": places, "added_value": places}, localities=8)
    assert np.isnan(measure(higher, [flat]).value[0]) and not shown(higher, measure(higher, [flat]))[0]


def test_an_order_may_be_that_of_conditions():
    conditions = {"none": {}, "some": {"outside_share": 0.02}, "much": {"outside_share": 0.1}}
    ranked = pattern("order", ["much", "some", "none"], reading={"outcome": "outcome"}, conditions=conditions)
    assert [changes.get("outside_share") for changes in ranked.changes] == [None, 0.02, 0.1]
    right = measure(ranked, [fake({"outcome": value}) for value in (0.1, 0.2, 0.3)])
    assert (right.value[0], measure(ranked, [fake({"outcome": 0.1})] * 3).value[0]) == (1.0, 0.0)


def test_a_condition_that_is_not_there_is_named():
    from experiments.calibration.pattern import check_readings

    wrong = pattern("order", ["mch"], reading={"outcome": "outcome"}, conditions={"much": {"outside_share": 0.1}})
    with pytest.raises(ConfigError, match="did you mean 'much'"):
        check_readings(wrong, load_scenario("hwb_2015"))


# -- the declaration ----------------------------------------------------------------------------------------


def test_the_files_say_what_was_declared_before_anything_was_simulated():
    declared = (Path(ROOT) / "docs/declarations/2026-11-27-patterns.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", declared, re.MULTILINE)
    listed = {name: (source.strip(), tuple(use.strip().split(", "))) for name, source, use in rows}
    assert listed == {each.name: (each.source, each.use) for each in load_patterns()}


# -- the order in the worlds of each model ------------------------------------------------------------------


def test_the_order_is_that_of_the_headline_study_in_the_same_worlds():
    column, worlds = Column("wide box", box="default"), of_box("default", 40, 3)
    found = order_in(column, worlds, 3)
    assert found.first + found.neither + found.second == pytest.approx(1.0) and found.distinct == 40
    apart = np.subtract(*(outcome(worlds, {}, arm, 3) for arm in ("structure_first", "purpose_first")))
    assert found.mean == pytest.approx(apart.mean()) and found.low <= found.mean <= found.high
    assert found.first == np.mean(apart > 0.01)


def test_worlds_that_are_repeated_tell_nothing_new():
    """Ten worlds, ten times each, have the interval of ten and not of a hundred."""
    values = np.random.default_rng(1).normal(size=10)
    once, repeated = (
        interval(values, np.arange(10), 1),
        interval(np.repeat(values, 10), np.repeat(np.arange(10), 10), 1),
    )
    blind = interval(np.repeat(values, 10), np.arange(100), 1)
    assert np.allclose(np.diff(once), np.diff(repeated), rtol=0.15)
    assert np.diff(blind)[0] < 0.5 * np.diff(repeated)[0], "control: taken for a hundred worlds, it is too narrow"
