"""The steps of the answer, from tables in which each is known beforehand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from experiments.analysis import answer, contrasts
from experiments.analysis.answer import Horizon, answer_of, ends_of, lead, leading, together
from experiments.report.answer import answer_sentences, lasting
from experiments.study.definition import NO_VARIANT
from experiments.study.small import small_study

WORLDS = 400
STUDY = replace(
    small_study(WORLDS),
    arms=("structure_first", "purpose_first", "neither", "alone"),
    variants={"later": {"months": 120.0}, "no_load": {"load_per_seat": 0.0}},
    variant_points=WORLDS,
)
DESIGN = pd.DataFrame({name: np.random.default_rng(k).random(WORLDS) for k, name in enumerate(STUDY.design.factors)})


def rows(arm, gain, variant=NO_VARIANT, **outcomes):
    """Runs of one arm in all worlds: `gain` is their added value, over the months and in the last one."""
    table = pd.DataFrame({"point": np.arange(WORLDS), "arm": arm, "variant": variant})
    shown = {"added_value_mean": gain, "added_value": gain, "collapse_month": np.nan, "structure_peak": 1.0,
             "purpose_peak": 1.0, "added_value_worse_off_mean": gain, "added_value_others_mean": gain,
             "gap_change_mean": 0.0, **outcomes}  # fmt: skip
    return table.assign(**shown)


def planted():
    """Structure first is ahead by 0.1 where load_per_seat is low, purpose first where it is high; a fifth are dead."""
    load = DESIGN["load_per_seat"].to_numpy()
    ahead = np.where(load < 0.5, 0.1, -0.1)
    dead = np.where(np.arange(WORLDS) % 5 == 0, 12.0, np.nan)
    took = np.where(np.arange(WORLDS) % 2 == 0, 1.0, 0.1)
    first, second = np.where(np.isnan(dead), ahead, 0.0), np.zeros(WORLDS)
    runs = [
        rows("structure_first", first, collapse_month=dead, structure_peak=took, gap_change_mean=-0.02),
        rows("purpose_first", second, collapse_month=dead, added_value_worse_off_mean=0.2, gap_change_mean=0.02),
        rows("neither", np.full(WORLDS, -0.05)),
        rows("alone", np.zeros(WORLDS)),
    ]
    for variant, size in (("later", 0.0), ("no_load", 1.0)):
        runs += [rows("structure_first", size * first, variant), rows("purpose_first", second, variant)]
    return pd.concat(runs, ignore_index=True)


def findings_of(runs):
    pairs = contrasts.pair(runs, STUDY.contrast)
    variants = {
        name: contrasts.compare(contrasts.pair(runs, STUDY.contrast, name), 0.01, 1) for name in (NO_VARIANT, "no_load")
    }
    return SimpleNamespace(
        study=STUDY, contrast=STUDY.contrast, pairs=pairs, design=DESIGN, trajectories=None, variants=variants
    )


@pytest.fixture(scope="module")
def made():
    runs = planted()
    return answer_of(runs, findings_of(runs))


def test_fates_are_counted_once_each_and_the_dead_first(made):
    by_arm = {fate.arm: [count.count for count in fate.counts] for fate in made.fates}
    assert set(by_arm) == {"structure_first", "purpose_first", "neither"}
    assert all(sum(counts) == WORLDS for counts in by_arm.values())
    assert by_arm["structure_first"][0] == WORLDS // 5 and by_arm["neither"] == [0, WORLDS, 0, 0]


def test_setups_are_held_against_neither(made):
    against = {row.arm: row.result for row in made.setup}
    assert against["purpose_first"].wins.count == WORLDS and against["purpose_first"].mean.value == pytest.approx(0.05)


def test_the_order_is_asked_where_it_can_matter(made):
    counts = {name: result.worlds for name, result in made.orders.items()}
    assert counts == {"all worlds": WORLDS, "living worlds": WORLDS * 4 // 5, "both setups took": WORLDS // 2}
    assert made.orders["living worlds"].ties.count == 0 < made.orders["all worlds"].ties.count


def test_horizons_are_the_variants_that_change_only_the_months(made):
    assert [row.months for row in made.horizons] == [60, 120]
    assert made.horizons[1].last.wins.count == 0 < made.horizons[0].last.wins.count


def test_what_fades_is_timing_and_what_does_not_is_path_dependence(made):
    assert "timing" in lasting(made.horizons)
    first = made.horizons[0]
    assert "path dependence" in lasting((first, Horizon(120, first.over, first.last)))


def test_the_parameter_that_decides_comes_first_and_turns_the_sign(made):
    first, *others = made.ends
    assert first.factor == "load_per_seat" and first.turns and first.swing == pytest.approx(-1.6, abs=0.1)
    assert leading(first.low) == 1 and leading(first.high) == -1 and lead(first.low) > 0.6
    assert not any(row.turns for row in others[5:]), "control: parameters that do nothing do not turn it"
    assert max(made.ends, key=lambda row: abs(row.together)).factor == "load_per_seat"


def test_coefficients_are_those_of_a_known_regression():
    rng = np.random.default_rng(3)
    values = rng.random((2000, 3))
    coefficients, explained = together(values, 2.0 * values[:, 0] - values[:, 1])
    assert coefficients[0] == pytest.approx(-2 * coefficients[1], rel=0.1) and abs(coefficients[2]) < 0.02
    assert explained > 0.9
    _, nothing = together(values, rng.random(2000))
    assert nothing < 0.02, "control: noise is not explained"


def test_many_parameters_explain_nothing_of_noise_in_few_worlds():
    rng = np.random.default_rng(5)
    values, noise = rng.random((200, 91)), rng.random(200)
    coefficients, explained = together(values, noise)
    scaled = stats.zscore(stats.rankdata(values, axis=0))
    assert np.var(scaled @ coefficients) > 0.3, "control: by plain least squares they seem to"
    assert explained < 0.15
    assert together(values[:92], noise[:92])[1] == 0.0, "as many worlds as parameters say nothing"


def test_what_moves_no_further_than_chance_is_not_named(made):
    assert made.ends[0].moves
    assert sum(row.moves for row in made.ends) <= 2, "control: the others do nothing"
    still = tuple(replace(row, low=row.high) for row in made.ends)
    sentence = answer_sentences(replace(made, ends=still), findings_of(planted()))[4]
    assert "along none of" in sentence and "moves most" not in sentence


def test_who_gains_and_what_becomes_of_the_gap(made):
    groups = {row.arm: row for row in made.groups}
    assert groups["purpose_first"].worse_off.value == pytest.approx(0.2)
    assert groups["purpose_first"].widens.count == WORLDS and groups["structure_first"].narrows.count == WORLDS


def test_too_few_worlds_say_nothing_of_either_end():
    runs = planted()
    findings = findings_of(runs)
    assert ends_of(findings, findings.pairs.iloc[:50]) == ((), 0.0)


def test_month_by_month_the_lead_is_the_paired_one():
    months = [
        pd.DataFrame({"arm": arm, "month": month, "point": np.arange(30), "outcome": level * month})
        for arm, level in (("structure_first", 0.02), ("purpose_first", 0.0))
        for month in (1, 2)
    ]
    table = answer.by_month(pd.concat(months), STUDY.contrast)
    assert table["a"].tolist() == [1.0, 1.0] and table["b"].tolist() == [0.0, 0.0]
    assert table["mean"].tolist() == pytest.approx([0.02, 0.04])


def test_every_step_is_one_sentence_with_its_figure_and_in_order(made):
    steps = answer_sentences(made, findings_of(planted()))
    starts = ("Is partnership", "Is setup", "In which order", "When", "On which assumptions", "On which structural",
              "For whom")  # fmt: skip
    assert len(steps) == len(starts) and all(map(str.startswith, steps, starts))
    assert all(any(letter.isdigit() for letter in step) for step in steps)
    assert "later" not in steps[5], "a length of time is no structural choice"
