"""The page for every reader: access, a dozen partners, and one file that needs nothing else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from experiments.page import build, bundle
from sim.outcomes import OUTCOME_NAMES
from sim.params import BY_NAME, DEFAULT_BOX, NAMES, SETUPS, as_array, resolve
from sim.runs import simulate
from tests.page.test_page import ARMS, still

pytestmark = pytest.mark.slow


# -- access -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    """The checker of accessibility, from the package registry where there is one."""
    folder = tmp_path_factory.mktemp("axe")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed: axe-core cannot be had")
    got = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), "axe-core@4"],
        check=False, capture_output=True, timeout=120,
    )  # fmt: skip
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if got.returncode or not script.is_file():
        pytest.skip("axe-core cannot be had from the package registry here")
    return script.read_text(encoding="utf-8")


def faults(page, axe):
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(({ violations }) => violations)")
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in ("serious", "critical")
    ]


def test_axe_finds_no_serious_fault(opened, axe):
    page = still(opened, "month=24&partner=1")
    page.click("#many")
    page.wait_for_selector("#distributions:not([hidden])")
    assert faults(page, axe) == []
    page.click("#open-share")
    assert faults(page, axe) == []
    page = still(opened, "view=lessons")
    assert faults(page, axe) == []
    page = still(opened, "lesson=overload", size=(390, 844))
    page.check("#prediction input >> nth=0")
    page.click("#reveal")
    assert faults(page, axe) == []
    page.evaluate("document.querySelector('label.month').replaceWith(document.querySelector('#month'))")
    assert faults(page, axe) != [], "the control: a slider without a name is found"


# -- the dozen --------------------------------------------------------------------------------------------------


ASKED_FIRST = ("n_partners", "setup_share")
"""Two sliders that are there whatever they move."""


def weights(drawn, moved):
    """How much each parameter moves something, by regression of ranks on ranks."""
    ranks = [(one.argsort().argsort() - (len(one) - 1) / 2) / len(one) for one in (*drawn.T, moved)]
    return np.abs(np.linalg.lstsq(np.stack(ranks[:-1], axis=1), ranks[-1], rcond=None)[0])


def test_the_sliders_are_those_that_moved_most():
    worlds, rng = 20_000, np.random.default_rng(1)
    names = list(DEFAULT_BOX)
    points = np.tile(as_array(resolve()), (worlds, 1))
    for name, (low, high) in DEFAULT_BOX.items():
        drawn = rng.uniform(low, high + BY_NAME[name].integer, worlds)
        points[:, NAMES.index(name)] = np.floor(drawn) if BY_NAME[name].integer else drawn
    added = []
    for arm in ARMS:
        for name, value in SETUPS[arm].items():
            points[:, NAMES.index(name)] = value
        added.append(simulate(points, np.arange(worlds), 1).outcomes[:, OUTCOME_NAMES.index("added_value_mean")])
    drawn = points[:, [NAMES.index(name) for name in names]]
    by_mean = [names[place] for place in np.argsort(-weights(drawn, added[0] + added[1]))]
    by_difference = [names[place] for place in np.argsort(-weights(drawn, added[0] - added[1]))]
    by_mean, by_difference = ([name for name in order if name not in ASKED_FIRST] for order in (by_mean, by_difference))
    most = by_mean[:6]
    most += [name for name in by_difference if name not in most][:4]
    listed = re.search(
        r"const DOZEN = \[(.*?)\];", (build.SOURCE / "controls.js").read_text(encoding="utf-8"), re.DOTALL
    )
    sliders = re.findall(r'"(\w+)"', listed[1])
    assert sorted(sliders) == sorted([*ASKED_FIRST, *most])
    assert by_mean[:6] != by_difference[:6], "the control: the two orders differ"


# -- one file ---------------------------------------------------------------------------------------------------


def module(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")


def test_modules_become_one_script_in_the_order_they_need_each_other(tmp_path):
    module(
        tmp_path, "main.js", 'import {twice as two} from "./a.js";\nimport {one} from "./b.js";\nresult = two(one);\n'
    )
    module(tmp_path, "a.js", 'import {one} from "./b.js";\nexport function twice(x) {\n  return x + one;\n}\n')
    module(tmp_path, "b.js", "export const one = 1;\n")
    script = bundle.bundle(tmp_path, "main.js")
    assert script.index("// b.js") < script.index("// a.js") < script.index("// main.js")
    assert script.count("// b.js") == 1 and "import" not in script and "export" not in script


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('import {a} from "./a.js";\n', "in a circle"),
        ('import {a} from "./none.js";\n', "not there"),
        ("export default 1;\n", "does not take"),
        ('import * as a from "./b.js";\n', "does not take"),
    ],
)
def test_what_the_bundle_does_not_understand_is_refused(tmp_path, text, said):
    module(tmp_path, "main.js", 'import {a} from "./a.js";\n')
    module(tmp_path, "a.js", f"{text}export const a = 1;\n")
    with pytest.raises(bundle.BundleError, match=said):
        bundle.bundle(tmp_path, "main.js")


def test_data_cannot_end_its_block():
    data = {"text": "</script><script>alert(1)</script><!--"}
    text = bundle.as_json(data)
    assert "<" not in text and json.loads(text) == data
    with pytest.raises(bundle.BundleError, match="ends a script"):
        bundle.block("data", "application/json", "</SCRIPT>")


def test_names_of_parameters_are_the_engines(opened):
    page = still(opened)
    assert page.locator("#settings .control").count() == len(NAMES)
