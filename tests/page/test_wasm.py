"""The engine in the page is this engine: the same bits from WebAssembly as from machine code, everywhere we looked."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest

from experiments.failures.demonstration import load_demonstration, sentences
from experiments.page import build, sample, wasm
from sim.model import Partnership
from sim.outcomes import OUTCOME_NAMES
from sim.params import COUNTS, DEFAULTS, NAMES, PARAMETERS, SETUPS, UNTIL, as_array, resolve
from sim.runs import simulate
from sim.state import ISSUE, PARTNER, PARTNERSHIP, SERIES_NAMES, allocate
from tests.wasm_engine import WasmEngine, columns, shipped

pytestmark = pytest.mark.slow

SETS, GROUPS = 1000, 20
"""Drawn parameter sets, and how many groups of like months and issues they come in."""


@pytest.fixture(scope="module")
def engine():
    return WasmEngine(shipped())


SCHEDULE = {
    "schedule_1_until": 5, "schedule_1_emphasis": 0.9, "schedule_2_until": 14, "schedule_2_emphasis": 0.2,
    "schedule_3_until": 15, "schedule_3_emphasis": 0.6, "gate": 0, "responsiveness": 0, "learning_prob": 0,
}  # fmt: skip
"""Now and then it stands in the place of the arm `balanced`: a schedule is in force where no arm sets another."""


def anywhere(rng, row):
    """A value anywhere in a parameter's range."""
    return float(rng.integers(int(row.low), int(row.high) + 1)) if row.integer else rng.uniform(row.low, row.high)


def drawn(rng, count):
    """Points anywhere in the ranges of all parameters, alike in months and issues, under every arm.

    Every other one is composed of sectors, of up to three partners each; where no arm says where setup goes, a gate
    does in every third.
    """
    months, n_issues = float(rng.integers(1, 49)), float(rng.integers(1, 13))
    points = []
    for number in range(count):
        values = {row.name: anywhere(rng, row) for row in PARAMETERS}
        sizes = dict.fromkeys(COUNTS, 0.0) if number % 2 else {name: float(rng.integers(0, 4)) for name in COUNTS}
        small = {
            **sizes, "n_partners": sum(sizes.values()) or float(rng.integers(2, 25)), "n_issues": n_issues,
            "setup_months": float(rng.integers(0, 49)), "review_month": float(rng.integers(0, 49)),
            "cycle_months": float(rng.integers(0, 25)), "alone": 0.0, "months": months, **dict.fromkeys(UNTIL, 0.0),
            "gate" if number % 3 else "responsiveness": 0.0,
        }  # fmt: skip
        for setup in SETUPS:
            scheduled = setup == "balanced" and number % 4 == 2
            points.append(
                as_array(resolve(values | small | (SCHEDULE if scheduled else {}), None if scheduled else setup))
            )
    return np.array(points)


def thousand():
    """The drawn sets, group by group: points, worlds and a seed."""
    rng = np.random.default_rng(8)
    for _ in range(GROUPS):
        points = drawn(rng, SETS // GROUPS)
        yield points, rng.integers(0, 2**32, len(points)), int(rng.integers(0, 2**63 - 1))


def bits(numbers):
    """Numbers as the integers behind them: NaN is equal to itself, and 0 is not -0."""
    return np.ascontiguousarray(numbers).view(np.int64)


def same(engine, points, worlds, seed):
    """Whether outcomes and series of all runs are the same here and there, to the last bit."""
    here = simulate(points, worlds, seed, trajectories=True)
    outcomes, series = engine.simulate(points, worlds, seed)
    return np.array_equal(bits(outcomes), bits(here.outcomes)) and np.array_equal(bits(series), bits(here.trajectories))


# -- many runs ----------------------------------------------------------------------------------------------


def test_a_thousand_drawn_parameter_sets_under_all_arms_give_the_same_bits(engine):
    runs = 0
    for points, worlds, seed in thousand():
        assert same(engine, points, worlds, seed)
        runs += len(points)
    assert runs == SETS * len(SETUPS)


@pytest.mark.parametrize("name", sorted(sentences()))
def test_every_failure_mode_gives_the_same_bits_with_and_without_its_remedy(engine, name):
    shown = load_demonstration(name)
    for parameters in (shown.parameters, {**shown.parameters, **shown.remedy.parameters}):
        points = np.tile(as_array(parameters), (20, 1))
        assert same(engine, points, np.arange(20), shown.seed)


def test_a_thousand_worlds_of_both_sides_give_the_same_bits(engine):
    for setup in ("structure_first", "purpose_first"):
        points = np.tile(as_array(resolve(setup=setup)), (1000, 1))
        assert same(engine, points, np.arange(1000), 1)


@pytest.mark.parametrize("setting", [{"n_partners": 2, "n_issues": 1, "months": 1}, {"n_partners": 128, "months": 3}])
def test_the_smallest_and_a_large_partnership_give_the_same_bits(engine, setting):
    assert same(engine, as_array(resolve(setting, "structure_first"))[None], np.array([0]), 1)


@pytest.mark.parametrize("name", ["decisiveness", "commitment", "outcome_delay"])
def test_the_smallest_change_of_a_parameter_is_noticed(engine, name):
    """The control: what is compared is fine enough to tell runs apart that differ in one last bit."""
    point = as_array(resolve(setup="structure_first"))
    changed = point.copy()
    changed[NAMES.index(name)] = np.nextafter(point[NAMES.index(name)], np.inf)
    here = simulate(point[None], np.array([3]), 1, trajectories=True)
    series = engine.simulate(changed[None], np.array([3]), 1)[1]
    assert np.allclose(series, here.trajectories, atol=1e-6)
    assert not np.array_equal(bits(series), bits(here.trajectories))


# -- the file -----------------------------------------------------------------------------------------------


def test_the_engine_asks_nothing_of_its_host_and_names_what_it_holds(engine):
    assert engine.imports == []
    names = columns(shipped())
    assert names["parameters"] == list(NAMES) and names["outcomes"] == list(OUTCOME_NAMES)
    assert names["series"] == list(SERIES_NAMES) and names["partner"] == list(PARTNER.names)
    assert names["partnership"] == list(PARTNERSHIP.names) and names["issue"] == list(ISSUE.names)


def test_lowering_anew_gives_the_page_s_memory_its_shapes():
    anew = WasmEngine(wasm.engine("place"))
    assert set(anew.doors) == {"place", "memory", "__heap_base"} and anew.imports == []
    for sizes in [(12, 4, 2, 60), (5, 1, 0, 1), (40, 12, 12, 7)]:
        arrays = allocate(*sizes, len(OUTCOME_NAMES), 1)
        before = np.cumsum([0, *(array.size for array in arrays)])
        assert [anew.call("place", place, *sizes) for place in range(len(arrays) + 1)] == before.tolist()


def test_a_section_of_any_length_is_passed_over():
    for length in (0, 1, 127, 128, 20_000):
        WasmEngine(wasm.with_section(shipped(), "more", b"x" * length))
    with pytest.raises(Exception, match=r"unexpected|section|size"):
        WasmEngine(shipped() + b"\0\x7f")


def test_code_keeps_no_word_about_the_machine_it_was_made_on():
    code = (
        'target datalayout = "e-m:e"\ntarget triple = "x86_64-linux"\n@x = common global ptr null\n'
        'attributes #0 = { "target-cpu"="znver3" noinline }\n'
    )
    assert wasm.portable(code, "e-wasm") == (
        f'target datalayout = "e-wasm"\ntarget triple = "{wasm.TRIPLE}"\n@x = linkonce global ptr null\n'
        "attributes #0 = {  noinline }\n"
    )


def test_the_sample_that_the_page_plays_is_this_engine_s(engine):
    stored = build.data_of(build.PAGE.read_text(encoding="utf-8"))["check"]
    assert len(stored) == len(SETUPS) + 2 * len(sentences())
    for case in stored:
        point = as_array({**DEFAULTS, **case["parameters"]})
        outcomes, series = engine.simulate(point[None], np.array([case["world"]]), case["seed"])
        assert [None if value != value else value for value in outcomes[0].tolist()] == case["outcomes"]
        assert sample.digest(series[0]) == case["series"]
        series = series.copy()
        series.view(np.uint64)[0, -1, 0] ^= np.uint64(1)
        assert sample.digest(series[0]) != case["series"]  # one bit more or less is seen


# -- month by month, through the page's script ---------------------------------------------------------------

SCRIPT = """
import {{loadEngine}} from "{engine}";
import {{runCheck}} from "{check}";
let text = "";
for await (const chunk of process.stdin) text += chunk;
const {{wasm, runs, check, defaults}} = JSON.parse(text);
const engine = await loadEngine(Buffer.from(wasm, "base64"));
const told = runs.map(({{params, seed, world}}) => {{
  engine.begin(params, BigInt(seed), world);
  const months = [];
  while (engine.month < params.months) {{
    engine.step();
    months.push({{
      series: engine.seriesAt(engine.month), trust: engine.trust(0, 1), events: engine.events(),
      partners: Array.from({{length: engine.partners}}, (_, i) => [engine.partner(i), engine.why(i)]),
      owners: Array.from({{length: engine.issues}}, (_, k) => engine.issue(k).owner), going: engine.going,
    }});
  }}
  return months;
}});
const good = runCheck(engine, check, defaults);
check[5].outcomes[0] += 2 ** -50;
console.log(JSON.stringify({{told, good, bad: runCheck(engine, check, defaults)}}));
"""

RUNS = [
    (
        "structure_first",
        {
            "turnover_prob": 0.08,
            "reorganisation_prob": 0.06,
            "cycle_months": 9.0,
            "months": 24.0,
            "exit_level": 0.5,
            "exit_prob": 0.3,
            "own_effort": 0.1,
            "return_prob": 0.5,
        },
    ),
    ("purpose_first", {"n_partners": 5.0, "review_month": 7.0, "review_floor": 1.0, "months": 12.0}),
    ("alone", {"months": 3.0}),
]


@pytest.fixture(scope="module")
def played():
    """What the page's script says of some runs, played by Node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the page's script is then tested in the browser alone")
    page = build.PAGE.read_text(encoding="utf-8")
    asked = {
        "wasm": build.held(page, "wasm"),
        "runs": [{"params": resolve(values, setup), "seed": str(2**62 + 5), "world": 7} for setup, values in RUNS],
        "check": build.data_of(page)["check"],
        "defaults": DEFAULTS,
    }
    source = SCRIPT.format(engine=(build.SOURCE / "engine.js").as_uri(), check=(build.SOURCE / "check.js").as_uri())
    done = subprocess.run(
        [node, "--no-warnings", "--input-type=module", "--eval", source],
        input=json.dumps(asked), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.parametrize("place", range(len(RUNS)))
def test_the_page_s_months_are_those_of_the_mesa_window(played, place):
    setup, values = RUNS[place]
    model = Partnership(setup, rng=2**62 + 5, world=7, **values)
    for month in played["told"][place]:
        model.step()
        assert month["series"] == {name: getattr(model, name) for name in SERIES_NAMES}
        assert month["trust"] == model.partners[0].trust_in(model.partners[1])
        assert [None if owner < 0 else owner for owner in month["owners"]] == list(model.owners)
        assert month["going"] == model.going
        for partner, (row, why) in zip(model.partners, month["partners"], strict=True):
            told = partner.why()
            for name in ("capacity", "commitment", "alignment", "effort", "burden", "cost_shift", "voice"):
                assert row[name] == getattr(partner, name)
            assert (row["seated"] > 0.0) is partner.at_table
            if told.effort is None:
                assert why is None
            else:
                assert why == {"effort": told.effort._asdict(), "commitment": told.commitment._asdict()}


def test_the_page_tells_what_happened(played):
    eventful, axed, alone = played["told"]
    kinds = {event["kind"] for month in eventful for event in month["events"]}
    assert kinds >= {"turnover", "reorganisation", "relaunch", "orphaned", "owned", "signed", "left", "returned"}
    relaunched = [number for number, month in enumerate(eventful) if {"kind": "relaunch"} in month["events"]]
    assert relaunched == [9, 18]  # each cycle of nine months over
    assert [number for number, month in enumerate(axed) if {"kind": "axed"} in month["events"]] == [6]
    assert not any(month["events"] for month in [*axed[7:], *alone])
    owners = [-1] * len(eventful[0]["owners"])
    for month in eventful:
        for event in month["events"]:
            if event["kind"] in ("orphaned", "owned"):
                owners[event["issue"]] = event["partner"] if event["kind"] == "owned" else -1
        assert owners == month["owners"]


def test_the_page_checks_itself_and_would_notice(played):
    assert played["good"] == {
        "runs": len(SETUPS) + 2 * len(sentences()), "numbers": played["good"]["numbers"],
        "equal": True, "first_difference": None,
    }  # fmt: skip
    assert played["good"]["numbers"] > 50_000
    assert not played["bad"]["equal"] and played["bad"]["first_difference"].startswith("run 6: added_value_mean is")


# -- in a browser -------------------------------------------------------------------------------------------

PLAY = """
async ([code, wasm, groups]) => {
  const make = new Function(`${code}; return [loadEngine, digest];`);
  const [loadEngine, digest] = make();
  const engine = await loadEngine(Uint8Array.from(atob(wasm), (letter) => letter.charCodeAt(0)));
  return groups.map(({points, worlds, seed}) => points.map((values, run) => {
    const params = Object.fromEntries(engine.parameters.map((name, place) => [name, values[place]]));
    const found = engine.runMany(params, BigInt(seed), worlds[run], worlds[run] + 1, {series: engine.series});
    return digest(found.series, digest(found.outcomes));
  }));
}
"""


def test_chromium_gives_the_same_bits_for_a_thousand_drawn_sets_and_the_arms_in_turn():
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    groups, wanted = [], []
    for every_arm, every_world, seed in thousand():
        turn = np.array([len(SETUPS) * place + place % len(SETUPS) for place in range(SETS // GROUPS)])
        points, worlds = every_arm[turn], every_world[turn]
        here = simulate(points, worlds, seed, trajectories=True)
        groups.append({"points": points.tolist(), "worlds": worlds.tolist(), "seed": str(seed)})
        both = zip(here.outcomes, here.trajectories, strict=True)
        wanted.append([sample.digest(np.concatenate([row, series.ravel()])) for row, series in both])
    code = "".join((build.SOURCE / name).read_text(encoding="utf-8") for name in ("engine.js", "check.js"))
    code = code.replace("export ", "")
    with api.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        wasm_text = build.held(build.PAGE.read_text(encoding="utf-8"), "wasm")
        found = browser.new_page().evaluate(PLAY, [code, wasm_text, groups])
        browser.close()
    assert found == wanted
    assert len({value for group in wanted for value in group}) > 0.9 * SETS  # digests do tell runs apart
