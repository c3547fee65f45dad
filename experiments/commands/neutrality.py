"""`partnership neutrality`: is the answer built in?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from experiments.analysis.headline import rounded
from experiments.config.arguments import integer
from experiments.config.to_study import folder_named
from experiments.neutrality import checks
from experiments.neutrality.balance import balance, balance_table
from experiments.neutrality.mechanisms import mechanism_checks
from experiments.neutrality.page import neutrality_page
from experiments.storage.files import write_bytes, write_json


def neutrality(asked: Mapping[str, str]) -> int:
    """Measure, print, and write `results/neutrality/`; returns 1 if a check fails, or the box misses a criterion."""
    worlds = integer("worlds", asked.get("worlds", str(checks.WORLDS)), 50, 10**6)
    folder = folder_named(asked.get("results", "results"), "results") / "neutrality"
    base = checks.worlds(worlds)
    made, table = [*checks.checks(worlds), *mechanism_checks(base)], checks.ablations(worlds)
    criteria = balance(base)
    for check in made:
        print(f"{'holds ' if check.holds else 'FAILS '} {check.says}\n       {check.measured}")
        print(f"       control {'fails, as it must' if check.control_fails else 'DOES NOT FAIL'}: {check.control}")
    for row in criteria:
        print(f"{'met   ' if row.met else 'NOT   '} {row.says}\n       {row.measured}")
    content = {
        "worlds": worlds,
        "seed": checks.SEED,
        "checks": [{**asdict(check), "passed": check.passed} for check in made],
        "balance": [asdict(row) for row in criteria],
        "ablations": {"columns": table.columns, "rows": table.rows},
    }
    write_json(folder / "neutrality.json", rounded(content))
    write_bytes(folder / "report.html", neutrality_page(made, (table, balance_table(criteria)), worlds).encode())
    print(f"\nReport: {folder / 'report.html'}")
    return 0 if all(check.passed for check in made) and all(row.met for row in criteria) else 1
