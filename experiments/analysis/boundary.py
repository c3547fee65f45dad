"""Where the lead changes hands over two parameters, how sure that line is, and which pairs of parameters interact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from experiments.analysis.contrasts import LEVEL, Count, count
from experiments.analysis.discovery import halves
from experiments.errors import StudyError

DEGREE = 3
SURFACE_RESAMPLES = 400
GRID = 41
FEWEST_WORLDS = 200
CELLS = 5
"""Cells a side in which interactions are counted."""

Span = tuple[float, float]


@dataclass(frozen=True)
class Boundary:
    """The net lead of arm a (share of wins less share of losses) over two parameters, as a smooth surface.

    `lead` (up, across) on a grid; `sure` (up, across) the share of resampled worlds in which arm a leads there. The
    lead changes hands where `lead` is 0; that is known where `sure` is near 0 or 1. `right`: of the decided worlds held
    back, those won by the arm that leads there; `commonest`: those won by the arm that leads in all.
    """

    across: str
    up: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    lead: NDArray[np.float64]
    sure: NDArray[np.float64]
    right: Count
    commonest: float
    worlds: int

    @property
    def known(self) -> NDArray[np.int8]:
        """1 where arm a leads with 95 % confidence, -1 where b does, 0 where the line may run."""
        edge = (1 - LEVEL) / 2
        return np.where(self.sure >= 1 - edge, 1, np.where(self.sure <= edge, -1, 0)).astype(np.int8)


def boundary(
    design: pd.DataFrame, verdict: NDArray[np.int8], names: tuple[str, str], spans: tuple[Span, Span], seed: int
) -> Boundary:
    """The boundary over two parameters with these ranges: least squares on cubic terms, worlds resampled.

    `StudyError` where there are too few worlds.
    """
    if len(design) < FEWEST_WORLDS:
        raise StudyError(f"{len(design)} worlds are too few for a boundary; it takes {FEWEST_WORLDS} or more")
    terms = surface(*(scaled(design[name].to_numpy(), span) for name, span in zip(names, spans, strict=True)))
    x, y = (np.linspace(*span, GRID) for span in spans)
    across, up = np.meshgrid(scaled(x, spans[0]), scaled(y, spans[1]))
    grid = surface(across.ravel(), up.ravel())
    won = verdict.astype(np.float64)
    lead = grid @ np.linalg.lstsq(terms, won, rcond=None)[0]
    ahead = np.zeros(len(grid))
    for beta in resampled(terms, won, np.random.default_rng(seed)):
        ahead += grid @ beta > 0
    right, commonest = _checked(terms, verdict, seed)
    shape = (GRID, GRID)
    sure = (ahead / SURFACE_RESAMPLES).reshape(shape)
    return Boundary(*names, x, y, lead.reshape(shape), sure, right, commonest, len(design))


def scaled(values: NDArray[np.float64], span: Span) -> NDArray[np.float64]:
    """A parameter from -1 to 1 over its range."""
    return np.asarray(2 * (values - span[0]) / (span[1] - span[0]) - 1, dtype=np.float64)


def surface(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """All products of powers of two scaled parameters up to `DEGREE`, as Legendre polynomials, a column each."""
    legendre = np.polynomial.legendre.legvander
    square, other = legendre(x, DEGREE), legendre(y, DEGREE)
    pairs = [(i, j) for i in range(DEGREE + 1) for j in range(DEGREE + 1) if i + j <= DEGREE]
    return np.stack([square[:, i] * other[:, j] for i, j in pairs], axis=1)


def resampled(
    terms: NDArray[np.float64], won: NDArray[np.float64], rng: np.random.Generator
) -> Iterator[NDArray[np.float64]]:
    """The coefficients of `RESAMPLES` surfaces, each fitted to as many worlds drawn from these with replacement."""
    count, width = terms.shape
    products = (terms[:, :, None] * terms[:, None, :]).reshape(count, -1)
    sums = np.concatenate([products, terms * won[:, None]], axis=1)
    for _ in range(SURFACE_RESAMPLES):
        weight = np.bincount(rng.integers(count, size=count), minlength=count).astype(np.float64)
        sampled = weight @ sums
        yield np.linalg.lstsq(sampled[: width * width].reshape(width, width), sampled[width * width :], rcond=None)[0]


def _checked(terms: NDArray[np.float64], verdict: NDArray[np.int8], seed: int) -> tuple[Count, float]:
    """How often the arm that leads, by a surface from half of the worlds, won the decided ones of the other half."""
    learning, held_back = halves(len(verdict), seed)
    beta = np.linalg.lstsq(terms[learning], verdict[learning].astype(np.float64), rcond=None)[0]
    decided = held_back[verdict[held_back] != 0]
    if not len(decided):
        raise StudyError("no world held back was won by either arm")
    said = np.where(terms[decided] @ beta > 0, 1, -1)
    ends = verdict[decided]
    return count(said == ends), float(max(np.mean(ends == 1), np.mean(ends == -1)))


@dataclass(frozen=True)
class Interaction:
    """How far the lead over two parameters is more than the sum of what each does by itself.

    `strength` is the share of the variance of the verdict (1, 0, -1) that the interaction explains beyond chance, `p`
    the chance of as much without any, times the number of pairs looked at.
    """

    across: str
    up: str
    strength: float
    p: float


def interactions(
    design: pd.DataFrame, verdict: NDArray[np.int8], factors: Sequence[str]
) -> tuple[Interaction, ...]:  # fmt: skip
    """All pairs of some factors, strongest interaction first: two-way analysis of variance over `CELLS` x `CELLS`."""
    won = verdict.astype(np.float64)
    cells = {name: _cells(design[name].to_numpy()) for name in factors}
    squares = float(won @ won)
    total = squares - float(won.sum()) ** 2 / len(won)
    tested = []
    for across, up in combinations([name for name in factors if np.ptp(cells[name])], 2):
        table = _table(won, cells[across], cells[up])
        apart, freedom = _beyond_sums(table)
        within = squares - float((table["sum"] * table["sum"] / table["count"]).sum())
        rest = len(won) - len(table)
        if freedom > 0 and rest > 0 and within > 0:
            ratio = apart / freedom / (within / rest)
            strength = (apart - freedom * within / rest) / total
            tested.append(Interaction(across, up, strength, float(stats.f.sf(ratio, freedom, rest))))
    corrected = [Interaction(pair.across, pair.up, pair.strength, min(1.0, pair.p * len(tested))) for pair in tested]
    return tuple(sorted(corrected, key=lambda pair: (-pair.strength, pair.across, pair.up)))


def _cells(values: NDArray[np.float64]) -> NDArray[np.int64]:
    edges = np.unique(np.quantile(values, np.arange(1, CELLS) / CELLS))
    return np.searchsorted(edges, values, side="left")


def _table(won: NDArray[np.float64], column: NDArray[np.int64], row: NDArray[np.int64]) -> pd.DataFrame:
    """Worlds (`count`) and the sum of their verdicts (`sum`) by cell."""
    return pd.DataFrame({"won": won}).groupby([column, row])["won"].agg(["count", "sum"])


def _beyond_sums(table: pd.DataFrame) -> tuple[float, int]:
    """Squares between the means of cells that no sum of a column's and a row's part explains; degrees of freedom."""
    column, row = (table.index.get_level_values(level).to_numpy() for level in (0, 1))
    parts = [np.ones((len(table), 1))]
    parts += [(codes[:, None] == np.unique(codes)[1:]).astype(np.float64) for codes in (column, row)]
    root = np.sqrt(table["count"].to_numpy(np.float64))
    terms = np.concatenate(parts, axis=1) * root[:, None]
    means = table["sum"].to_numpy() / root
    left = means - terms @ np.linalg.lstsq(terms, means, rcond=None)[0]
    return float(left @ left), len(table) - terms.shape[1]
