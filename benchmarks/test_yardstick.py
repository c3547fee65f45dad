"""The plain C yardstick is the same model: it agrees with the engine to the last bit, and a changed rule shows."""

import shutil

import numpy as np
import pytest

from benchmarks import yardstick
from sim.lanes import Lanes
from sim.outcomes import OUTCOME_NAMES
from sim.params import COMPOSITION, COUNTS, NAMES, NEEDS, PARAMETERS, SETUPS, UNTIL, resolve
from sim.runs import run_packs, simulate
from sim.state import PARTNER, allocate

SEED = 2**40 + 12345  # both halves of the key are used
QUICK = ("-std=c99", "-O1", "-ffp-contract=off")

with_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc on the PATH to build the yardstick with")


def drawn(parameter, rng):
    """A value from the default box; where there is none, the default or any value allowed, as likely."""
    low, high = parameter.box or (parameter.low, parameter.high)
    if parameter.box is None and rng.random() < 0.5:
        return parameter.default
    return rng.integers(low, high, endpoint=True) if parameter.integer else rng.uniform(low, high)


def composition(run, rng):
    """In every third run sectors of any kind, in some of those needs as well; else a world of two sectors."""
    values = {row.name: row.default for row in PARAMETERS if row.name in COMPOSITION}
    values["partnerships"] = rng.choice([1, 1, 3])
    if run % 3:
        return values
    values |= {row.name: drawn(row, rng) for row in PARAMETERS if row.name.startswith("sector_")}
    values |= {name: rng.integers(0, 4) for name in COUNTS} | {"sector_3_count": 2}
    values |= dict.fromkeys(NEEDS, 0.0) if run % 2 else {name: rng.uniform(0.1, 3.0) for name in NEEDS}
    return values | {"n_partners": sum(values[name] for name in COUNTS)}


def plan(run, rng):
    """How it is decided where setup goes: by the calendar, once ready, to what lags, or by a schedule of its own."""
    values = {"gate": 0.0, "responsiveness": 0.0} | dict.fromkeys(UNTIL, 0.0)
    kind = run % 4
    if kind == 1:
        values["gate"] = rng.uniform(0.05, 0.6)
    if kind == 2:
        values["responsiveness"] = rng.uniform(1.0, 30.0)
    if kind == 3:
        used = UNTIL[: rng.integers(1, len(UNTIL), endpoint=True)]  # often not all of its entries
        values |= dict(zip(used, np.cumsum(rng.integers(1, 12, len(used))).tolist(), strict=True))
        values["learning_prob"] = 0.0
    return values


def scenes(count, seed=1):
    """Worlds of all sizes, every arm in turn, and all that can befall a partnership, at random."""
    rng = np.random.default_rng(seed)
    points = []
    for run in range(count):
        values = {row.name: drawn(row, rng) for row in PARAMETERS if row.name not in COMPOSITION} | {
            "n_partners": rng.integers(2, 41),
            "n_issues": rng.integers(1, 13),
            "months": rng.integers(1, 49),
            "meetings": rng.integers(0, 5),
            "small_share": rng.choice([0.0, 0.3, 0.6, 1.0]),
            "setup_months": rng.integers(0, 25),
            "upkeep_share": rng.choice([0.0, 0.1, 0.5]),
            "umbrella": rng.integers(2),
            "mandated": rng.random() < 0.2,
            "review_month": rng.choice([0, 0, 6, 12]),
            "review_floor": rng.uniform(0.0, 0.3),
            "cycle_months": rng.choice([0, 0, 5, 12]),
            "learning_prob": rng.choice([0.0, 0.5, 1.0]),
            "exit_level": rng.uniform(0.1, 0.6),
            "exit_prob": rng.choice([0.0, 0.1, 0.4]),
            "distraction": rng.uniform(0.0, 0.6),
            "goal_conflict": rng.choice([0.0, 0.5, 1.0]),  # at 0 nobody asks how far agendas are from the aims
        }
        values |= plan(run // 2, np.random.default_rng([seed, run, 1]))
        values |= composition(run, np.random.default_rng([seed, run]))
        arm = tuple(SETUPS.values())[run // 2 % len(SETUPS)] if run % 2 else {"alone": 0.0}
        if "schedule_1_until" in arm:
            arm = arm | dict.fromkeys(UNTIL, 0.0)
        if arm.get("responsiveness"):
            values["gate"] = 0.0
        points.append([float((values | arm)[name]) for name in NAMES])
    return np.array(points), rng.integers(0, 2**32, count)


@pytest.fixture(scope="module")
def played():
    """A few hundred runs of the engine, with their points and worlds."""
    points, worlds = scenes(420)
    return points, worlds, simulate(points, worlds, SEED, trajectories=True, width=8)


def bits(array):
    return array.view(np.uint64)


def same_runs(one, other):
    """For each run, whether outcomes and series are the same bits."""
    outcomes = np.all(bits(one.outcomes) == bits(other.outcomes), axis=1)
    return outcomes & np.all(bits(one.trajectories) == bits(other.trajectories), axis=(1, 2))


@with_gcc
def test_c_and_the_engine_agree_to_the_last_bit(played):
    points, worlds, engine = played
    assert same_runs(yardstick.run(points, worlds, SEED, trajectories=True), engine).all()


@with_gcc
def test_outcomes_do_not_hang_on_keeping_the_series(played):
    points, worlds, engine = played
    runs = yardstick.run(points, worlds, SEED)
    assert runs.trajectories is None
    assert np.array_equal(bits(runs.outcomes), bits(engine.outcomes))


@with_gcc
def test_partners_and_ties_end_alike():
    points, worlds = scenes(60, seed=2)
    for point, world in zip(points, worlds, strict=True):
        n, n_issues, months, meetings = (
            int(point[NAMES.index(name)]) for name in ("n_partners", "n_issues", "months", "meetings")
        )
        memory = allocate(n, n_issues, meetings, months, len(OUTCOME_NAMES), 1)
        outcomes, series = np.empty((1, len(OUTCOME_NAMES))), np.empty((0, 0, 0))
        alone = (point[np.newaxis], np.array([world]), SEED, np.array([0]))
        run_packs(Lanes(1), memory, *alone, n_issues, months, outcomes, series, np.empty((0, 0, 0)))
        partners, trust = yardstick.ending(point, int(world), SEED)
        columns = [PARTNER.place[name] for name in yardstick.ENDING]
        assert np.array_equal(bits(partners), bits(memory.partners[:, columns, 0].T.copy()))
        assert np.array_equal(bits(trust), bits(memory.trust[:, :n, 0].copy()))


@with_gcc
def test_the_largest_partnership_fits():
    largest = {"n_partners": 500, "n_issues": 12, "meetings": 12, "months": 3}
    points = np.array([[resolve(largest, "balanced")[name] for name in NAMES]])
    engine = simulate(points, np.array([0]), SEED, trajectories=True, width=1)
    assert same_runs(yardstick.run(points, np.array([0]), SEED, trajectories=True), engine).all()


# -- controls: what agreement is worth ------------------------------------------------------------------------

ALTERATIONS = {
    "generator": ("key0 += 0x9E3779B9u", "key0 += 0x9E3779BAu"),
    "s_curve": ("x / 2.0;", "x / 2.0000000000000004;"),
    "quantise": ("(x + 1572864.0) - 1572864.0", "x"),
    "order of a sum": ("for (int i = 0; i < s->n; i++) weighted +=", "for (int i = s->n; i-- > 0;) weighted +="),
    "umbrella voice": ("s->p.umbrella_fidelity / sqrt(small)", "s->p.umbrella_fidelity"),
    "umbrella seats": ("shared ? s->members - small + 1 : s->members", "s->n"),
    "middle of setup": ("(s->early + s->late) / 2.0", "s->late"),
    "fresh start": ("s->p.fresh_start * maximum", "0.5 * s->p.fresh_start * maximum"),
    "orphaning": ("ORPHANING, k) < loss", "ORPHANING, k) > loss"),
    "lost owners": ("LOST_OWNERS, k) < loss", "LOST_OWNERS, k) > loss"),
    "trust lost": ("s->p.reorganisation_trust * loss", "loss"),
    "learning early": ("s->cycles == 0 && mean < expected", "s->cycles == 0 && mean > expected"),
    "learning later": ("s->before_mean > mean", "s->before_mean < mean"),
    "relaunch": ("1.0 - s->p.relaunch_fatigue", "1.0"),
    "cost shifting": ("(shifted_sum - shifted[i])", "shifted_sum"),
    "own work": ("p->displacement * taken", "p->displacement * kept"),
    "gate": (">= p->gate) s->turned = 1", "> 1.0) s->turned = 1"),
    "a schedule": ("s->age < entry[2 * e]", "s->age <= entry[2 * e]"),
    "leaving": ("chance < p->exit_prob", "chance < 0.5 * p->exit_prob"),
    "coming back": ("chance < p->return_prob", "chance < 0.0"),
    "who counts": ("sign * s->trust[j * s->n + i]", "0.5 * sign * s->trust[j * s->n + i]"),
    "distraction": ("comes ? 0.0 : s->months_since + 1.0", "s->months_since + 1.0"),
    "inverse care": ("*behind = others - worse_off", "*behind = others"),
    "relations": ("s->purpose * s->mean_trust_of_all", "s->purpose"),
    "conflict of goals": ("1.0 - s->p.goal_conflict * distance[i]", "1.0"),
    "outside support": ("outside * p->outside_emphasis", "0.0 * p->outside_emphasis"),
    "history": ("k < owned ? s->natural_owner[k] : -1", "-1"),
    "authority": ("p->authority * s->structure * s->fit", "0.0"),
    "load of more seats": ("p->load_growth * s->seats / p->reference_seats", "p->load_growth"),
    "what lags": ("(s->purpose - s->structure)", "(s->structure - s->purpose)"),
    "after a schedule": (
        "return entry[2 * e + 1];\n        return s->upkeep;",
        "return entry[2 * e + 1];\n        return s->late;",
    ),
    "end of outside support": ("s->age < p->outside_months ?", "s->age <= p->outside_months ?"),
    "pace of structure": ("3.465735902799726 /", "3.465735902799727 /"),
    "pace of purpose": ("4.073158524426186 /", "4.073158524426187 /"),
    "structure at launch": ("s->structure = p->initial_structure", "s->structure = 0.0"),
    "purpose at launch": ("s->alignment[i] = p->initial_purpose", "s->alignment[i] = 0.0"),
    "fit at launch": ("(1.0 - p->fit_floor) * p->initial_purpose", "0.0"),
    "no conflict of goals": ("s->openness[i] = 1.0;", "s->openness[i] = 0.5;"),
    "work of the distracted": ("served(s, work * s->focus", "served(s, work"),
    "burden of the distracted": ("effort * left * focus, 1.0", "effort * left, 1.0"),
    "hours of the distracted": ("s->structure_hours * focus", "s->structure_hours"),
    "alone and distracted": ("month == 0 || s->focus != focus", "month == 0"),
    "equity": ("1.0 - s->p.equity_use * purpose", "1.0"),
    "share of the worse off": ("1.0 - s->p.worse_off_share * reach", "1.0 - reach"),
    "gap of acting alone": ("s->alone_gap_now += s->need[k] * behind", "s->alone_gap_now += behind"),
    "mandated to stay": ("&& !mandated", "&& 1"),
    "reason to come back": ("s->outcome > s->alone_outcome, mandated", "1, mandated"),
    "signature of one that left": ("s->endorsed[i] = s->effort[i] = s->cost", "s->effort[i] = s->cost"),
    "issues of one that left": ("if (s->owner[k] == i) s->owner[k] = -1;", "(void)0;"),
    "owners named anew": ("seat(s);\n    name_owners(s);\n    set_mean_trust(s);", "seat(s);\n    set_mean_trust(s);"),
    "encounters held": ("s->seated[i] * s->seated[j]", "1.0"),
    "asked when out": ("s->seated[asked] > 0.0 &&", "1 &&"),
    "signing when out": ("signs & (s->seated[i] > 0.0)", "signs"),
    "trust of the table": ("s->seated[j] * (after - *tie)", "(after - *tie)"),
    "purpose of the table": ("weighted += s->seated[i] * s->capacity[i] * s->al", "weighted += s->capacity[i] * s->al"),
    "leader of the table": ("double capacity = s->seated[i] * s->capacity[i];", "double capacity = s->capacity[i];"),
    "members of what is over": (
        "series->participation_small = series->members = 0.0",
        "series->participation_small = 0.0",
    ),
    "peak of structure": (
        "structure = maximum(structure, series[month].structure)",
        "structure = series[month].structure",
    ),
    "worst issue": ("if (served_now < worst)", "if (served_now > worst || k == 0)"),
    "mending": ("hours_share > 0.0 ? 1.0 : 0.0", "0.0"),
    "assignment": ("s->owner[k] = s->natural_owner[k];", "s->owner[k] = s->leader;"),
    "volunteering": ("s->owner[k] = asked;", "s->owner[k] = s->leader;"),
    "board": ("(m->board[c] >= boards)", "1"),
    "task seeking": ("task_seeking * task[second]", "task_seeking * task[first]"),
    "disappointment": ("gap < 0.0 ? loss_weight : gain_weight", "gain_weight"),
    "limits of trust": ("after = clip(*tie)", "after = *tie"),
    "mandate": ("mandated | (stands", "0 | (stands"),
    "review": ("s->p.review_month == month + 1", "s->p.review_month == month"),
    "no large partners": ("ratio(large, n_large, 0.0)", "ratio(large, n_large, 1.0)"),
    "no small partners": ("ratio(small, s->n_small, 0.0)", "ratio(small, s->n_small, 1.0)"),
    "sector": ("mean = sector[CAPACITY]", "mean = sector[CAPACITY] + 1e-9"),
    "sector deviation": ("commitment += sector[OF_COMMITMENT]", "commitment -= sector[OF_COMMITMENT]"),
    "shared capacity": ("(1.0 + spread) / shared", "(1.0 + spread)"),
    "small in any place": ("shared && s->small[i]", "shared && i >= s->n - s->n_small"),
    "needs": ("needs[k] / given", "needs[0] / given"),
    "Gini": ("s->n * given", "(s->n + 1) * given"),
}


@with_gcc
def test_optimised_or_not_c_has_the_same_bits(played):
    points, worlds, engine = played
    assert same_runs(yardstick.run(points, worlds, SEED, trajectories=True, flags=QUICK), engine).all()


@with_gcc
@pytest.mark.parametrize("rule", ALTERATIONS)
def test_a_changed_rule_is_noticed(rule, played):
    points, worlds, engine = played
    before, after = ALTERATIONS[rule]
    assert yardstick.SOURCE.count(before) == 1
    source = yardstick.SOURCE.replace(before, after)
    runs = yardstick.run(points, worlds, SEED, trajectories=True, source=source, flags=QUICK)
    assert not same_runs(runs, engine).all()


@with_gcc
def test_reordered_arithmetic_is_noticed(played):
    points, worlds, engine = played
    flags = ("-std=c99", "-O3", "-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math")
    runs = yardstick.run(points, worlds, SEED, trajectories=True, flags=flags)
    assert not same_runs(runs, engine).all()


def test_without_gcc_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(yardstick.NoCompilerError, match="apt install gcc"):
        yardstick.compiler()
