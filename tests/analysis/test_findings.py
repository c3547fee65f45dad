"""What a report computes part by part is what it would compute with all runs in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from experiments.analysis import headline
from experiments.config.to_study import compose
from experiments.execution import sweep
from experiments.execution.sweep import Console
from experiments.storage import store
from experiments.storage.reading import Finished, open_study
from experiments.study.definition import NO_VARIANT
from experiments.study.tables import DESIGN, RUNS
from sim.failures import MODE_NAMES

WORDS = [
    "name=findings", "design.box=none", "design.factors.noise=[0,0.6]", "design.points=150", "design.replicates=3",
    "parameters.n_partners=4", "parameters.months=24", "arms=[structure_first,purpose_first,alone]", "failures=true",
    "variants.no_load={load_per_seat:0.0}", "variant_points=20",
]  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    study = compose(WORDS)
    folder = store.folder_of(study, tmp_path_factory.mktemp("results"))
    assert sweep.simulate(study, folder, 2, Console(quiet=True)) == []
    return open_study(folder)


@pytest.fixture(scope="module")
def runs(finished):
    return finished.read(finished.parts(RUNS))


def test_means_over_replicates_are_those_of_all_runs_at_once(finished, runs):
    found, count = headline.by_point(finished)
    by = ["point", "arm", "variant"]
    at_once = runs.groupby(by, observed=True)["added_value_mean"]
    assert count == len(runs) and len(finished.parts(RUNS)) > 1
    found = found.astype({"arm": str, "variant": str}).set_index(by)["added_value_mean"].sort_index()
    whole = at_once.mean().reset_index().astype({"arm": str, "variant": str}).set_index(by).sort_index()
    assert found.index.equals(whole.index)
    np.testing.assert_allclose(found, whole["added_value_mean"], rtol=0, atol=1e-15)
    assert not np.allclose(found, at_once.first().to_numpy()), "control: one replicate is not the mean"


def test_a_run_that_failed_is_in_no_mean_and_a_point_of_none_has_no_value(finished, runs):
    table = runs[["point", "arm", "variant", "added_value_mean"]].copy()
    table.loc[(table["point"] == 7) & (table["arm"] == "structure_first"), "added_value_mean"] = np.nan
    one = table.index[(table["point"] == 8) & (table["arm"] == "alone")][0]
    table.loc[one, "added_value_mean"] = np.nan
    found, _ = headline.over_replicates(finished.study, [table[:500], table[500:]])
    value = found.set_index(["point", "arm", "variant"])["added_value_mean"]
    assert np.isnan(value[7, "structure_first", NO_VARIANT]) and value.isna().sum() <= 2
    kept = table.drop(index=one)
    kept = kept[(kept["point"] == 8) & (kept["arm"] == "alone")]["added_value_mean"]
    assert len(kept) == 2 and value[8, "alone", NO_VARIANT] == pytest.approx(kept.mean(), abs=1e-15)


def test_flags_are_those_of_the_first_worlds_in_all_their_replicates(finished, runs, monkeypatch):
    whole = headline.flags(finished)
    kept = runs[(runs["variant"] == NO_VARIANT) & (runs["arm"] != "alone")]
    assert len(whole) == len(kept) == 150 * 3 * 2
    pd.testing.assert_series_equal(whole[list(MODE_NAMES)].sum(), kept[list(MODE_NAMES)].sum(), check_dtype=False)
    assert (whole[list(MODE_NAMES)].sum() > 0).any(), "control: some runs fail"
    parts = finished.parts(RUNS)
    assert set(headline.first_parts(finished.study, 40)) < set(parts), "control: not all files hold those"
    assert headline.first_parts(finished.study, 150) == parts
    monkeypatch.setattr(Finished, "read", first_points(Finished.read, 40))
    part = headline.flags(finished)
    assert sorted(part["point"].unique()) == list(range(40)) and len(part) == 40 * 3 * 2


def first_points(read, count):
    """The same reader, with only the first points in the design."""

    def reader(finished, names, columns=None):
        table = read(finished, names, columns)
        return table[:count] if names[0].startswith(DESIGN) else table

    return reader
