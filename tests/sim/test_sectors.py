"""Partners composed of sectors: the two-sector world is one composition among others, and contradictions are named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from experiments.config.to_study import compose
from experiments.errors import ConfigError
from experiments.storage.records import study_from
from experiments.study.definition import Study
from sim.model import Partnership
from sim.params import COMPOSITION, DEFAULTS, NAMES, ParameterError, as_array, count_partners, resolve
from sim.runs import simulate
from sim.state import PARTNER

SEED = 5
OF_TWELVE = {"sector_1_count": 8, "sector_2_count": 4, "sector_2_capacity": 0.3, "sector_2_small": 1}
"""The default world, whose twelve partners are a third small, said as sectors."""


def outcomes(values, setup="structure_first", **asked):
    return simulate(np.tile(as_array(resolve(values, setup)), (20, 1)), np.arange(20), SEED, **asked)


def same(one, other):
    return np.array_equal(one.outcomes, other.outcomes, equal_nan=True)


@pytest.mark.parametrize("more", [{}, {"umbrella": 1, "partnerships": 3, "cycle_months": 20}])
def test_two_sectors_said_as_sectors_are_the_same_world_to_the_last_bit(more):
    assert same(outcomes(more), outcomes(OF_TWELVE | more))
    assert not same(outcomes(more), outcomes(OF_TWELVE | more | {"sector_2_capacity": 0.3001})), "control"


def test_sectors_may_have_gaps_and_any_number():
    moved = {"sector_1": "sector_3", "sector_2": "sector_8"}
    gaps = {moved[name[:8]] + name[8:]: value for name, value in OF_TWELVE.items()}
    assert same(outcomes(OF_TWELVE), outcomes(gaps))


def test_needs_that_fall_evenly_are_those_of_a_world_without():
    falling = {"need_1": 4, "need_2": 3, "need_3": 2, "need_4": 1}
    assert same(outcomes({}), outcomes(falling))
    assert not same(outcomes({}), outcomes(falling | {"need_4": 2})), "control"


def test_capacity_is_shared_among_partnerships():
    fire = {"sector_1_count": 1, "sector_1_capacity": 20, "sector_2_count": 5, "smallest_capacity": 0.001, "months": 2}
    alone, shared = (outcomes(fire | {"sector_1_partnerships": n}, partners=True).partners for n in (1, 200))
    capacity = PARTNER.place["capacity"]
    np.testing.assert_allclose(shared[:, 0, capacity], alone[:, 0, capacity] / 200, rtol=1e-12)
    assert np.array_equal(shared[:, 1:6, capacity], alone[:, 1:6, capacity])


def test_partners_of_a_run_are_those_the_mesa_window_shows():
    values = OF_TWELVE | {"months": 6, "sector_1_accountability": 0.2}
    left = outcomes(values, partners=True).partners[3]
    model = Partnership("structure_first", rng=SEED, world=3, **values)
    for _ in range(6):
        model.step()
    for name in ("capacity", "commitment", "effort", "accountability", "trust"):
        assert [getattr(partner, name) for partner in model.partners] == left[:, PARTNER.place[name]].tolist()
    assert [partner.sector_number for partner in model.partners] == [1] * 8 + [2] * 4
    assert [partner.sector for partner in model.partners] == ["large"] * 8 + ["small"] * 4
    assert Partnership(rng=1).partners[0].sector_number == 0


def test_partners_beyond_a_run_are_missing_and_nobody_else_is():
    points = np.array([as_array(resolve({"n_partners": n, "months": 2})) for n in (3, 5)])
    partners = simulate(points, np.arange(2), SEED, partners=True).partners
    assert np.isnan(partners[0, 3:]).all() and not np.isnan(partners[0, :3]).any() and not np.isnan(partners[1]).any()
    assert simulate(points, np.arange(2), SEED).partners is None


# -- contradictions -----------------------------------------------------------------------------------------


def test_partners_are_counted_and_another_number_is_refused():
    assert resolve(OF_TWELVE)["n_partners"] == 12
    assert resolve(OF_TWELVE | {"sector_3_count": 2})["n_partners"] == 14
    with pytest.raises(ParameterError, match="n_partners=13 contradicts the sectors, which count 12"):
        resolve(OF_TWELVE | {"n_partners": 13})
    with pytest.raises(ParameterError, match="out of range"):
        resolve({"sector_1_count": 1})
    point = as_array(resolve(OF_TWELVE))[None].copy()
    point[0, NAMES.index("n_partners")] = 11
    with pytest.raises(ParameterError, match="contradicts"):
        simulate(point, np.array([0]), SEED)
    count_partners(point)
    assert simulate(point, np.array([0]), SEED).outcomes.shape[0] == 1


def test_every_issue_has_a_need_or_none_has():
    with pytest.raises(ParameterError, match="need_2=0, and others are above"):
        resolve({"need_1": 3})
    assert resolve({"need_1": 3, "n_issues": 1})["need_1"] == 3
    point = as_array(resolve({}))[None].copy()
    point[0, NAMES.index("need_3")] = 1.0
    with pytest.raises(ParameterError, match="need_1=0"):
        simulate(point, np.array([0]), SEED)


def test_a_study_of_sectors_counts_them_at_every_point_and_keeps_their_box_apart():
    study = compose(["scenario=hwb_2015", "design.box=default", "design.points=2"])
    assert {"n_partners", "small_share"} & set(study.design.factors) == set()
    assert study.parameters["n_partners"] == 10
    with pytest.raises(ConfigError, match=r"design.factors.n_partners: the sectors of the scenario decide it"):
        compose(["scenario=hwb_2015", "design.factors.n_partners=[5,20]"])
    with pytest.raises(ConfigError, match="n_partners=13 contradicts"):
        compose(["scenario=hwb_2015", "parameters.n_partners=13"])


def test_a_count_may_vary_from_point_to_point():
    from experiments import run_study

    study = compose(["scenario=hwb_2015", "design.factors.sector_6_count=[1,6]", "arms=[structure_first,purpose_first]",
                     "design.points=6", "design.replicates=1", "parameters.months=3"])  # fmt: skip
    assert np.isfinite(run_study(study)["outcome"]).all()


def test_a_record_holds_every_parameter_with_and_without_a_composition():
    """So that a study is read back as it was, whatever defaults come to be."""
    plain, composed = compose(["experiment=quick_look"]), compose(["scenario=hwb_2015"])
    for study in (plain, composed):
        assert set(study.as_dict()["parameters"]) == set(NAMES)
        assert study_from(study.as_dict()) == study
    assert plain.id != replace(plain, parameters=plain.parameters | {"partnerships": 2.0}).id
    assert composed.scenario.sources == ("HWB",)
    assert Study(**{**vars(composed), "scenario": None}).id == composed.id, "words decide nothing"
    assert all(DEFAULTS[name] == 0 for name in COMPOSITION if name.endswith("_count"))
