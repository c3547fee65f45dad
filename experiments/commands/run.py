"""`partnership run`: one partnership, month by month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from experiments.config.composition import Composition, Prepared
from experiments.config.effect import check_partnership
from experiments.config.schema import integer_in, limits_in, parameters_of

if TYPE_CHECKING:
    from sim.record import Record

SERIES_SHOWN = ["structure", "fit", "purpose", "trust", "commitment", "effort", "burden", "owned",
         "participation", "outcome", "alone_outcome"]  # fmt: skip
MONTHS_SHOWN = 12


def run(asked: Composition, command: Sequence[str]) -> Prepared:
    """Run one partnership and print it, a line for each few months, then what it came to and how it failed, if so."""
    plain = asked.plain
    parameters = parameters_of(plain, asked.given)
    check_partnership(plain["setup"], parameters, asked.given)
    seed, world = integer_in(plain["seed"], 0, 2**63 - 1, "seed"), integer_in(plain["world"], 0, 2**32 - 1, "world")
    judged = asked.given.rank("limits") is not None or parameters["months"] >= plain["limits"]["window"]
    limits = limits_in(plain) if judged else None
    return partial(show, plain["setup"], parameters, seed, world, limits)


def show(setup: str, parameters: Mapping[str, float], seed: int, world: int, limits: Mapping[str, float] | None) -> int:
    """Play and print one partnership; without limits its months are too few to be searched for failures."""
    from sim.outcomes import OUTCOME_NAMES
    from sim.params import as_array
    from sim.record import play
    from sim.state import SERIES_NAMES

    record = play(as_array(parameters)[None], np.array([world]), seed)
    columns = [SERIES_NAMES.index(name) for name in SERIES_SHOWN]
    months = int(parameters["months"])
    print("month " + " ".join(f"{name[:10]:>10}" for name in SERIES_SHOWN))
    for month in sorted({*range(0, months, max(1, months // MONTHS_SHOWN)), months - 1}):
        print(f"{month + 1:5d} " + " ".join(f"{record.series[0, month, column]:10.3f}" for column in columns))
    outcome = dict(zip(OUTCOME_NAMES, record.outcomes[0], strict=True))
    print(
        f"\n{setup}, seed {seed}, world {world}: added value {outcome['added_value']:+.4f} at the end, "
        f"{outcome['added_value_mean']:+.4f} on average over {months} months."
    )
    print(collapsed(outcome["collapse_month"], parameters["collapse_effort"]))
    if limits is not None:
        print("\n".join(failed_so(record, limits)))
    return 0


def collapsed(month: float, effort: float) -> str:
    """Whether the partnership collapsed, and when; `month` is NaN where it did not."""
    if month == month:
        return f"It collapsed in month {month:.0f}: from then on mean effort stayed below {effort:g}."
    return f"It did not collapse: mean effort did not stay below {effort:g}."


def failed_so(record: Record, limits: Mapping[str, float]) -> Iterator[str]:
    """How one partnership failed, a line for each way, with the readings that decided it; or that it did not."""
    from experiments import wording
    from sim.failures import examine

    failing = {name: finding for name, finding in examine(record, limits).items() if finding.fires[0]}
    for name, finding in failing.items():
        yield f"It failed as {wording.plain(name)}, from month {finding.since[0]:.0f}: {finding.described(0)}."
    if not failing:
        yield "None of the known ways to fail is seen in it."
