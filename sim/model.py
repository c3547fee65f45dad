"""The Mesa window: a partnership as a Mesa model, and its partners as agents who can say why.

Nothing is decided here. `Partnership.step` plays a month of the one engine (`sim.runs.advance`), to the last bit the
month that sweeps play, and a `Partner` is a view of its row in the engine's arrays.
"""

from __future__ import annotations

import inspect
import secrets
from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import mesa
import numpy as np

from sim.cache import kept
from sim.errors import nearest
from sim.outcomes import OUTCOME_NAMES, OUTCOME_SCHEMA, cycle_means, summarise
from sim.params import COUNTS, NAMES, PARAMETERS, ParameterError, as_array, parameter_value, resolve, setup_values
from sim.runs import advance, begin
from sim.state import ISSUE, PARTNER, PARTNERSHIP, SERIES, SERIES_NAMES, allocate, one_run, view
from sim.tables import Row, in_lane, matrix, row, table
from sim.values import number_of, shown
from sim.why import ONE, Month, Why, copied, explain

COLLECTED = (
    "sector", "capacity", "commitment", "alignment", "trust", "effort", "burden", "cost_shift", "endorsed",
    "at_table",
)  # fmt: skip
"""What the data collector asks of every partner each month."""

# -- partners ---------------------------------------------------------------------------------------------


def column(name: str, meaning: str) -> property:
    """A column of a partner's row as a read-only attribute."""
    return property(lambda partner: getattr(partner._row, name), doc=meaning)


class Partner(mesa.Agent):  # type: ignore[misc]
    """A partner organisation: a view of its row in the engine's arrays.

    Read-only, but for `commitment`. Mesa's `unique_id` is `index + 1`.
    """

    def __init__(self, model: Partnership, index: int) -> None:
        super().__init__(model)
        self._index = index

    @property
    def _row(self) -> Row:
        return table(ONE, PARTNER, self.model._memory.partners)[self._index]

    capacity = column("capacity", "Working capacity a month; a large partner's mean is 1.")
    accountability = column("accountability", "How far it answers for what the partnership delivers, in [0, 1].")
    voice = column("voice", "How far it is heard as itself, in [0, 1]: less under an umbrella.")
    alignment = column("alignment", "How far its people understand and follow the shared aims, in [0, 1].")
    trust = column("trust", "Mean effort it expects of the others at the table, in [0, 1].")

    @property
    def commitment(self) -> float:
        """Ownership and willingness, in [0, 1]. May be set between months: the next month sets out from it."""
        return self._row.commitment

    @commitment.setter
    def commitment(self, level: float) -> None:
        number = number_of(level)
        if number is None or not 0 <= number <= 1:
            raise ParameterError(f"commitment={shown(level)} is refused; commitment takes a number from 0 to 1")
        self._row.commitment = float(number)

    @property
    def effort(self) -> float:
        """Share of its capacity that it gave last month, in [0, 1]; at launch, what the others expect of it."""
        return self._row.effort if self.model._together else self.model.parameters["own_effort"]

    @property
    def burden(self) -> float:
        """Share of its hours that meetings took last month, in [0, 1]."""
        return self._row.burden if self.model._together else 0.0

    @property
    def cost_shift(self) -> float:
        """Share of its burden that it pushed onto others last month, in [0, 1]."""
        return self._row.cost_shift if self.model._together else 0.0

    @property
    def index(self) -> int:
        """Its number, from 0: sector after sector; of the two sectors of a plain world, the small one last."""
        return self._index

    @property
    def sector(self) -> str:
        """`"large"` (statutory) or `"small"` (voluntary)."""
        return "small" if self._row.small else "large"

    @property
    def sector_number(self) -> int:
        """Which sector of the composition it belongs to, from 1; 0 in a world of two sectors."""
        after = np.cumsum([self.model.parameters[name] for name in COUNTS])
        return int(np.searchsorted(after, self._index, side="right")) + 1 if after[-1] else 0

    @property
    def at_table(self) -> bool:
        """Whether it has a seat: one that has left works for itself only, until it comes back."""
        return self._row.seated > 0.0

    @property
    def endorsed(self) -> bool:
        """Whether it has signed up."""
        return self._row.endorsed > 0.0

    @property
    def agenda(self) -> tuple[float, ...]:
        """Its own priorities, one for each issue; they sum to 1."""
        return tuple(self.model._memory.agenda[self._index, :, 0].tolist())

    @property
    def owns(self) -> list[int]:
        """The issues it is answerable for, numbered from 0."""
        return [issue for issue, owner in enumerate(self.model.owners) if owner == self._index]

    def trust_in(self, other: Partner) -> float:
        """Effort it expects of another partner, in [0, 1]."""
        return float(self.model._memory.trust[self._index, other._index, 0])

    def why(self) -> Why:
        """What moved its effort and its commitment last month, term by term; `print` it to read it as sentences."""
        months = self.model._last_months
        if not months:
            raise RuntimeError("no month has been played yet; call model.step() first")
        before = months[0] if len(months) > 1 else None
        return explain(self._index, months[-1], before, self.model._memory)

    def remove(self) -> None:
        """Refuse: partners take part to the end."""
        raise RuntimeError("a partner cannot be removed; give n_partners to run with fewer")

    def __repr__(self) -> str:
        return f"<Partner {self.index}, {self.sector}>"


# -- the partnership --------------------------------------------------------------------------------------


def reading(name: str, meaning: str) -> property:
    """A monthly series as a read-only attribute: the month just played, NaN before the first."""
    place = SERIES_NAMES.index(name)
    return property(lambda model: float(model._memory.series[0, place, 0]), doc=meaning)


def chosen(setup: str | None, parameters: Mapping[str, Any]) -> dict[str, float]:
    """All parameters of a run; `ParameterError` for one that does not exist, or that the setup decides otherwise."""
    decided = {} if setup is None else setup_values(setup)
    for name, value in parameters.items():
        if name not in NAMES:
            hint = "; did you mean 'rng'?" if name == "seed" else nearest(name, ("setup", "rng", "world", *NAMES))
            raise ParameterError(f"there is no parameter '{name}'{hint}")
        if name in decided and parameter_value(name, value) != decided[name]:
            raise ParameterError(
                f"{name}={shown(value)} contradicts setup='{setup}', in which {name} is {decided[name]:g}; "
                "give setup=None to decide it yourself"
            )
    return resolve(parameters, setup)


def counting_number(name: str, value: Any, limit: int) -> int:
    """A whole number from 0 up to, not including, `limit`, as a Python integer: Mesa takes no other seed."""
    number, what = number_of(value), f"{name}={shown(value)}"
    if number is not None and not 0 <= number < limit:
        raise ParameterError(f"{what} is out of range; {name} takes a whole number from 0 to {limit - 1}")
    if not isinstance(number, int):
        raise ParameterError(f"{what} is not a whole number")
    return number


@kept
def sum_up(lanes, memory, seed, n, n_issues, meetings, months):  # type: ignore[no-untyped-def]
    """Fill the summary of `memory`, whose series hold every month."""
    state = view(lanes, memory, seed, n, n_issues, meetings, months)
    summarise(state, row(lanes, OUTCOME_SCHEMA, memory.summary[:, 0, :]), np.nan)  # type: ignore[no-untyped-call]
    cycle_means(one_run(state, 0), in_lane(matrix(lanes, memory.summary), 0), np.nan)  # type: ignore[no-untyped-call]


def renumber(model: Partnership, agent: mesa.Agent) -> None:
    """Work around Mesa 3.3, which numbers agents in a table of the class that would keep every model alive for good."""
    if hasattr(mesa.Agent, "_ids"):
        del mesa.Agent._ids[model]
        model._numbered += 1
        agent.unique_id = model._numbered


class Partnership(mesa.Model):  # type: ignore[misc]
    """A partnership and its world, month by month.

    `setup` is an arm of `sim.params.SETUPS`, or None to decide the emphases yourself among `parameters`, which are
    those of `sim.params.PARAMETERS`. `rng` is the seed, a whole number below 2**63; without one a fresh one is taken,
    and shown as `seed`. `world` numbers the worlds of a seed. A wrong argument is a `ParameterError`.

    `step()` plays one month. `running` turns False after `months` of them; stepping on continues the run. The
    `datacollector` holds a row for each month played; set your own to collect something else. `rng` and `random` of
    the model are Mesa's, free for your own use: the engine takes no draw from them.
    """

    def __init__(
        self, setup: str | None = "structure_first", *, rng: int | None = None, world: int = 0, **parameters: float
    ) -> None:
        values = chosen(setup, parameters)
        world = counting_number("world", world, 2**32)
        seed = secrets.randbits(63) if rng is None else counting_number("rng", rng, 2**63)
        super().__init__(rng=seed)
        self._setup, self._parameters = setup, MappingProxyType(values)
        n, n_issues, meetings = (int(values[name]) for name in ("n_partners", "n_issues", "meetings"))
        self._run = (seed, n, n_issues, meetings)
        self._memory = allocate(n, n_issues, meetings, 1, len(OUTCOME_NAMES), 1)
        self._memory.parameters[:, 0] = as_array(values)
        self._memory.worlds[:] = world
        begin(ONE, self._memory, *self._run, 1)
        self._memory.series[:] = np.nan
        self._history: list[np.ndarray] = []
        self._last_months: deque[Month] = deque(maxlen=2)
        self._numbered = 0
        self._partners = tuple(Partner(self, index) for index in range(n))
        self.datacollector = mesa.DataCollector(
            model_reporters={name: name for name in ("month", *SERIES_NAMES, "added_value")},
            agent_reporters={name: name for name in COLLECTED},
        )

    def step(self) -> None:
        """Play one month, and collect."""
        self._last_months.append(Month(self.month, self._run, copied(self._memory)))
        advance(ONE, self._memory, *self._run, 1, self.month)
        self._history.append(self._memory.series[0].copy())
        if self.month >= self.parameters["months"]:
            self.running = False
        self.datacollector.collect(self)

    def outcomes(self) -> dict[str, float]:
        """The outcomes of the months played, by name as in `sim.outcomes.OUTCOMES`; NaN where one does not exist.

        They are what `sim.runs.simulate` gives for a run of that many months.
        """
        if not self._history:
            raise RuntimeError("no month has been played yet; call model.step() first")
        memory = copied(self._memory)._replace(series=np.stack(self._history))
        memory.parameters[NAMES.index("months")] = self.month
        sum_up(ONE, memory, *self._run, self.month)
        return dict(zip(OUTCOME_NAMES, memory.summary[:, 0, 0].tolist(), strict=True))

    def register_agent(self, agent: mesa.Agent) -> None:
        """Take an agent in, as Mesa asks of a new one."""
        super().register_agent(agent)
        renumber(self, agent)

    @property
    def _row(self) -> Row:
        return row(ONE, PARTNERSHIP, self._memory.partnership)

    @property
    def _together(self) -> bool:
        """Whether there was a partnership in the month just played."""
        return self._last_months[-1].together if self._last_months else self.going

    @property
    def month(self) -> int:
        """Months played."""
        return len(self._history)

    @property
    def added_value(self) -> float:
        """What the population has gained, less what it would have gained had everyone acted alone."""
        return self.outcome - self.alone_outcome  # type: ignore[no-any-return]

    @property
    def going(self) -> bool:
        """Whether there is a partnership: False for the setup `alone`, and once a review ended it."""
        return self._row.ended == 0.0

    @property
    def axed(self) -> bool:
        """Whether a review has ended it."""
        return self._row.axed == 1.0

    @property
    def partners(self) -> tuple[Partner, ...]:
        """The partners, each at the place of its index."""
        return self._partners

    @property
    def owners(self) -> tuple[int | None, ...]:
        """The index of the partner answerable for each issue, None where nobody is."""
        owners = self._memory.issues[:, ISSUE.place["owner"], 0]
        return tuple(int(owner) if owner >= 0.0 else None for owner in owners)

    @property
    def parameters(self) -> Mapping[str, float]:
        """Every parameter by name."""
        return self._parameters

    @property
    def setup(self) -> str | None:
        """The arm it was launched with, if any."""
        return self._setup

    @property
    def seed(self) -> int:
        """The seed of its draws: `rng` as given, or a fresh one."""
        return self._run[0]

    @property
    def world(self) -> int:
        """Which of the seed's worlds it takes place in."""
        return int(self._memory.worlds[0])

    def __repr__(self) -> str:
        return f"<Partnership setup={self.setup!r} rng={self.seed} world={self.world}, after month {self.month}>"


for _series in SERIES:
    _meaning = f"In the month just played, NaN before the first: {_series.meaning} ({_series.unit})."
    setattr(Partnership, _series.name, reading(_series.name, _meaning))

# Arguments named one by one, for `help` and completion. In SolaraViz a `**` is taken for a missing parameter (Mesa
# 3.3), or for leave to hand over one of its own (3.5).
_own = list(inspect.signature(Partnership.__init__).parameters.values())[:-1]
_table = [
    inspect.Parameter(row.name, inspect.Parameter.KEYWORD_ONLY, default=row.default, annotation=float)
    for row in PARAMETERS
]
Partnership.__init__.__signature__ = inspect.Signature([*_own, *_table])  # type: ignore[attr-defined]
