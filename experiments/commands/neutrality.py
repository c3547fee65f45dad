"""`partnership neutrality`: is the answer built in?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from experiments.analysis.headline import rounded
from experiments.config.arguments import integer
from experiments.config.to_study import folder_named
from experiments.neutrality.checks import SEED, WORLDS, ablations, checks
from experiments.neutrality.page import neutrality_page
from experiments.storage.files import write_bytes, write_json


def neutrality(asked: Mapping[str, str]) -> int:
    """Measure, print, and write `results/neutrality/`; returns 1 if a check fails."""
    worlds = integer("worlds", asked.get("worlds", str(WORLDS)), 50, 10**6)
    folder = folder_named(asked.get("results", "results"), "results") / "neutrality"
    made, table = checks(worlds), ablations(worlds)
    for check in made:
        print(f"{'holds ' if check.holds else 'FAILS '} {check.says}\n       {check.measured}")
        print(f"       control {'fails, as it must' if check.control_fails else 'DOES NOT FAIL'}: {check.control}")
    content = {
        "worlds": worlds,
        "seed": SEED,
        "checks": [{**asdict(check), "passed": check.passed} for check in made],
        "ablations": {"columns": table.columns, "rows": table.rows},
    }
    write_json(folder / "neutrality.json", rounded(content))
    write_bytes(folder / "report.html", neutrality_page(made, table, worlds).encode())
    print(f"\nReport: {folder / 'report.html'}")
    return 0 if all(check.passed for check in made) else 1
