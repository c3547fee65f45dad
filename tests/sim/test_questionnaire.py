"""The simulated questionnaire: known answers, who is asked, and that nothing in the model acts on an answer."""

import numpy as np
import pytest

from sim import questionnaire
from sim.outcomes import OUTCOME_NAMES
from sim.params import as_array, resolve
from sim.runs import simulate
from sim.state import PARTNER, SERIES_NAMES

ANSWERS = ("pat_need", "pat_purpose", "pat_ownership", "pat_trust", "pat_arrangements", "pat_learning")


def played(values, setup="balanced", worlds=1):
    """Series by name (worlds, months), and outcomes by name (worlds,)."""
    points = np.tile(as_array(resolve(values, setup)), (worlds, 1))
    runs = simulate(points, np.arange(worlds), 3, trajectories=True)
    series = {name: runs.trajectories[:, :, place] for place, name in enumerate(SERIES_NAMES)}
    return series, dict(zip(OUTCOME_NAMES, runs.outcomes.T, strict=True))


@pytest.mark.parametrize(("answers", "score"), [(0.0, 35.0), (3.0, 105.0), (6.0, 175.0)])
def test_the_score_goes_from_the_fewest_points_to_the_most(answers, score):
    assert questionnaire.score(answers) == score


def test_the_bands_are_those_of_the_checklist():
    """35 to 84, 85 to 126 and 127 to 175: each begins one point above where the one before ends."""
    assert (questionnaire.LEAST_SCORE, *questionnaire.BANDS, questionnaire.MOST_SCORE) == (35, 85, 127, 175)


def test_answers_are_those_of_the_states():
    series, outcome = played({})
    assert np.array_equal(series["pat_arrangements"], series["structure"] * series["fit"])
    assert np.array_equal(series["pat_ownership"], (series["endorsed"] + series["owned"]) / 2)
    assert np.array_equal(series["pat_need"], series["commitment"]), "everyone is at the table here"
    summed = np.add.reduce([series[name] for name in ANSWERS])
    assert np.allclose(series["vichealth_score"], 35 + 140 * summed / 6, rtol=1e-15)
    for name in (*ANSWERS, "vichealth_score"):
        assert outcome[name] == series[name][0, -1]


def test_only_those_at_the_table_are_asked():
    values = {"exit_level": 0.45, "exit_prob": 0.2, "return_prob": 0.0, "commitment": 0.4}
    points = np.tile(as_array(resolve(values, "balanced")), (20, 1))
    runs = simulate(points, np.arange(20), 3, partners=True)
    seated, commitment = (runs.partners[:, :, PARTNER.place[name]] for name in ("seated", "commitment"))
    some_left = (seated.sum(axis=1) > 0) & (seated.sum(axis=1) < 12)
    assert some_left.any(), "control: some have left"
    asked = (seated * commitment).sum(axis=1)[some_left] / seated.sum(axis=1)[some_left]
    assert np.allclose(runs.outcomes[some_left, OUTCOME_NAMES.index("pat_need")], asked, rtol=1e-12)
    assert not np.allclose(asked, commitment.mean(axis=1)[some_left], rtol=1e-3), "control: not everyone is"


def test_where_nobody_is_there_the_answer_is_missing():
    series, outcome = played({"review_month": 10, "review_floor": 1.0})
    assert outcome["axed"] == 1 and not series["vichealth_score"][0, 10:].any() and series["vichealth_score"][0, 9] > 35
    assert all(np.isnan(outcome[name][0]) for name in (*ANSWERS, "vichealth_score"))


def test_what_partners_say_can_part_from_what_the_population_gains():
    """The Better Care Fund: joint working was reported to be better, and admissions rose."""
    series, outcome = played({"coordination_effect": 0.0, "relational_effect": 0.0}, worlds=50)
    better = series["vichealth_score"][:, -1] > series["vichealth_score"][:, 11]
    assert (better & (outcome["added_value"] < 0.0)).any()
