"""Where the files of a study lie below its folder, by name. Whatever has another name is not one of them."""

from __future__ import annotations

from experiments.study.tables import part_of

MANIFEST = "manifest.jsonl"
PROVENANCE = "provenance.json"

SUMMARY = "summary.json"
PAGE = "report.html"
ANALYSIS = "analysis"
FIGURES = "figures"
PLOTS = "plots"
DERIVED = (SUMMARY, PAGE, ANALYSIS, FIGURES, PLOTS)
"""What is made from the tables, and is in no manifest."""


def is_listed(name: str) -> bool:
    """Whether a manifest may list a file of this name."""
    return name == PROVENANCE or part_of(name) is not None
