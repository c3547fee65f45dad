"""Boxes, trees, boundaries and shares: what was planted is found, and chance is not taken for it."""

import numpy as np
import pandas as pd
import pytest

from experiments.analysis import boundary, boxes, shares, tree
from experiments.errors import StudyError

ARMS = ("structure_first", "purpose_first")
FACTORS = ("commitment", "load_per_seat", "noise", "fit_floor", "trust_rate", "n_partners")


def worlds(count, seed=1):
    rng = np.random.default_rng(seed)
    design = pd.DataFrame({name: rng.random(count) for name in FACTORS})
    design["n_partners"] = rng.integers(5, 41, count)
    return design, rng


def planted(count=8000, seed=1):
    """Arm a wins 9 of 10 worlds with commitment above 0.6, load at most 0.4 and 12 partners or more, else 1 of 10."""
    design, rng = worlds(count, seed)
    inside = (design["commitment"] > 0.6) & (design["load_per_seat"] <= 0.4) & (design["n_partners"] >= 12)
    chance = rng.random(count)
    won = np.where(inside, chance < 0.9, chance < 0.1)
    lost = ~won & (rng.random(count) < 0.3)
    return design, np.where(won, 1, np.where(lost, -1, 0)).astype(np.int8)


def test_a_planted_box_is_found_and_counted_on_worlds_held_back():
    found = boxes.find(*planted(), ARMS, 1)[0]
    sides = {side.factor: side for side in found.sides}
    assert set(sides) == {"commitment", "load_per_seat", "n_partners"}
    assert sides["commitment"].low == pytest.approx(0.6, abs=0.04) and sides["commitment"].high == np.inf
    assert sides["load_per_seat"].high == pytest.approx(0.4, abs=0.04)
    assert sides["n_partners"].low == pytest.approx(12, abs=2)
    assert found.density.share.low <= 0.9 <= found.density.share.high + 0.03
    assert found.elsewhere.share.value < 0.15
    assert found.coverage.share.value == pytest.approx(0.13 * 0.9 / (0.13 * 0.9 + 0.87 * 0.1), abs=0.06)
    assert found.density.of + found.elsewhere.of == 4000


def test_peeling_trades_coverage_for_density():
    found = boxes.find(*planted(), ARMS, 1)[0]
    coverage = [step.coverage for step in found.steps]
    assert coverage[0] == 1.0 and coverage == sorted(coverage, reverse=True)
    assert found.steps[0].cut == 0 and found.steps[-1].mass >= 0.05
    assert found.steps[found.chosen].density > 3 * found.steps[0].density


def test_chance_gives_no_box():
    """Without anything planted hardly a study gives one, though peeling always finds places that look better."""
    found, better = 0, []
    for seed in range(20):
        design, rng = worlds(1500, seed)
        verdict = rng.choice(np.array([-1, 0, 1], np.int8), 1500)
        found += len(boxes.find(design, verdict, ARMS, seed))
        values, won = design.to_numpy(float), verdict == 1
        better.append(won[boxes.holds(boxes.peel(values, won)[-1], values)].mean() - won.mean())
    assert found <= 4
    assert np.mean(better) > 0.1, "control: the worlds it was peeled from make a box look good"


def test_an_arm_that_hardly_wins_has_no_box():
    design, verdict = planted()
    few = np.where(np.cumsum(verdict == -1) > 40, np.maximum(verdict, 0), verdict).astype(np.int8)
    assert [one.arm for one in boxes.find(design, few, ARMS, 1)] == ["structure_first"]


def test_the_sides_of_a_box_are_those_it_needs():
    design, verdict = planted()
    values, won = design.to_numpy(float), verdict == 1
    limits = np.tile([-np.inf, np.inf], (6, 1))
    limits[0, 0], limits[1, 1], limits[2, 1] = 0.6, 0.4, 0.95  # the last, noise, is not needed
    kept = boxes.needed(limits, values, won)
    assert np.isfinite(kept).any(axis=1).tolist() == [True, True, False, False, False, False]


def test_a_tree_asks_what_was_planted():
    found = tree.grow(*planted(), 1)
    best = found.leaves[0]
    assert {condition.factor for condition in best.conditions} == {"commitment", "load_per_seat", "n_partners"}
    assert best.won.share.value > 0.8 and sum(leaf.worlds for leaf in found.leaves) == 4000
    assert found.right.share.low > found.commonest


def test_a_tree_learns_nothing_from_chance():
    design, rng = worlds(4000)
    found = tree.grow(design, rng.choice(np.array([-1, 0, 1], np.int8), 4000), 1)
    assert found.right.share.low < found.commonest < found.right.share.high + 0.02
    with pytest.raises(StudyError, match="a tree takes 240 or more worlds"):
        tree.grow(design[:100], np.ones(100, np.int8), 1)


# the boundary


def lean(x, y):
    """The net lead of arm a: its zero line is curved."""
    return 0.8 * (y - 0.3 - 0.4 * x * x)


def leaning(count, seed):
    design, rng = worlds(count, seed)
    chance = rng.random(count)
    net = lean(design["commitment"], design["noise"])
    won, lost = chance < (0.6 + net) / 2, chance > 1 - (0.6 - net) / 2
    return design, np.where(won, 1, np.where(lost, -1, 0)).astype(np.int8)


SPANS = ((0.0, 1.0), (0.0, 1.0))
NAMES = ("commitment", "noise")


def truth(found):
    return np.sign(lean(found.x[None, :], found.y[:, None]))


@pytest.mark.slow
def test_the_side_that_is_called_sure_is_the_right_one():
    """Where a place is called sure, that is wrong in at most 2.5 % of studies; over all places, in about 1 %."""
    wrong, guessed, unsure = [], [], []
    for seed in range(25):
        found = boundary.boundary(*leaning(1500, seed), NAMES, SPANS, seed)
        side = truth(found)
        wrong.append(np.mean((found.known != 0) & (found.known != side)))
        guessed.append(np.mean(np.sign(found.lead) != side))
        unsure.append(np.mean(found.known == 0))
    assert np.mean(wrong) < 0.01
    assert np.mean(guessed) > 2 * np.mean(wrong), "control: the line without its uncertainty is wrong more often"
    assert 0.03 < np.mean(unsure) < 0.4


def test_more_worlds_make_the_boundary_surer():
    few, many = (boundary.boundary(*leaning(count, 1), NAMES, SPANS, 1) for count in (500, 8000))
    assert np.mean(few.known == 0) > 2 * np.mean(many.known == 0)
    assert many.right.share.low > many.commonest


def test_no_boundary_is_sure_where_nobody_leads():
    design, rng = worlds(2000)
    found = boundary.boundary(design, rng.choice(np.array([-1, 0, 1], np.int8), 2000), NAMES, SPANS, 1)
    assert np.mean(found.known == 0) > 0.6
    with pytest.raises(StudyError, match="199 worlds are too few for a boundary"):
        boundary.boundary(design[:199], np.ones(199, np.int8), NAMES, SPANS, 1)


def test_the_pair_that_interacts_is_found_and_sums_are_not_taken_for_it():
    design, rng = worlds(4000)
    high = (design["commitment"] > 0.5) == (design["noise"] > 0.5)
    joint = np.where(rng.random(4000) < 0.3 + 0.4 * high, 1, -1).astype(np.int8)
    interactions = boundary.interactions(design, joint, FACTORS)
    assert (interactions[0].across, interactions[0].up) == NAMES and interactions[0].p < 1e-6
    assert all(interaction.p > 0.01 for interaction in interactions[1:])
    chance = 0.3 + 0.2 * (design["commitment"] > 0.5) + 0.2 * (design["noise"] > 0.5)
    sums = np.where(rng.random(4000) < chance, 1, -1).astype(np.int8)
    assert all(interaction.p > 0.01 for interaction in boundary.interactions(design, sums, FACTORS)), "control"


# shares and their box


def test_shares_change_with_the_box():
    design, verdict = planted(8000)
    spans = dict.fromkeys(FACTORS[:5], (0.0, 1.0)) | {"n_partners": (5.0, 40.0)}
    found = shares.of_boxes(design, verdict, spans)
    assert {pair[0].conditions[0].factor for pair in found.halves[:2]} <= {"commitment", "load_per_seat", "n_partners"}
    for low, high in found.halves:
        assert low.worlds + high.worlds == found.whole.worlds
        assert low.won.count + high.won.count == found.whole.won.count
    assert len(found.quarters) == 4 and found.quarters[0].net > found.halves[0][1].net
    still = {pair[0].conditions[0].factor: abs(pair[1].net - pair[0].net) for pair in found.halves}
    assert still["fit_floor"] < 0.05 < still["commitment"], "control: a factor without effect moves no share"
