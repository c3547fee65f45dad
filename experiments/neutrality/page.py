"""The checks as one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.neutrality.checks import SEED, Check
from experiments.report.picture import Table
from experiments.report.rendering import rendered


def neutrality_page(checks: Sequence[Check], tables: Sequence[Table], worlds: int) -> str:
    """The checks made in so many worlds, with tables of what carries the contrast and of the box."""
    return rendered(
        "neutrality/templates/neutrality.html.j2",
        checks=checks,
        passed=sum(check.passed for check in checks),
        table=checks_table(checks),
        tables=tables,
        worlds=worlds,
        seed=SEED,
    )


def checks_table(checks: Sequence[Check]) -> Table:
    """What must hold, whether it does, and its control."""
    rows = tuple(
        (
            check.says,
            "holds" if check.holds else "fails",
            check.measured,
            f"{'fails, as it must' if check.control_fails else 'does not fail'}: {check.control}",
        )
        for check in checks
    )
    return Table("Checks", ("what must hold", "it", "measured", "control"), rows)
