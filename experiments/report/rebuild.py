"""A study's report, rebuilt from its tables: summary.json, analysis/, figures/ and report.html. It never simulates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from experiments.analysis import further
from experiments.analysis.answer import answer_summary, read_answer
from experiments.analysis.headline import findings_summary, read_findings
from experiments.errors import StudyError
from experiments.report import document, driver_figures, region_figures, spread_figures
from experiments.report.answer_figures import answer_pictures
from experiments.report.main_figures import main_pictures
from experiments.report.picture import image_files, svg_of
from experiments.report.verdict import Verdict, judge
from experiments.storage import confined
from experiments.storage.files import as_json
from experiments.storage.layout import ANALYSIS, FIGURES, PAGE, SUMMARY
from experiments.storage.reading import open_study
from experiments.study.definition import RESULTS_VERSION


def rebuild(path: Path, say: Callable[[str], None] = print) -> int:
    """Rebuild the report of the finished study in the folder `path`, say its verdict; returns the exit code 0.

    Everything is computed before anything is written. Raises `StudyError` when the folder holds no finished study or
    a file of it is damaged, or where a link would lead the report elsewhere; then the report that was there stays as
    it was.
    """
    finished = open_study(path)
    for name in (ANALYSIS, FIGURES):
        confined.require_folder(path, name)
    written = finished.provenance["results_version"]
    if written != RESULTS_VERSION:
        raise StudyError(f"{path} was written under results version {written}; this software reports {RESULTS_VERSION}")
    findings = read_findings(finished)
    answer = read_answer(finished, findings)
    verdict, more = judge(findings, answer), further.read_insight(finished, findings)
    pictures = [*answer_pictures(answer, findings), *main_pictures(findings)]
    deeper = [
        *region_figures.region_pictures(findings, more),
        *spread_figures.spread_pictures(findings, more),
        *driver_figures.driver_pictures(findings, more),
    ]
    files = image_files([*pictures, *deeper], findings.study.id)
    page = document.study_page(findings, verdict, pictures, svg_of(files), deeper, more.skipped)
    confined.write_file(path, SUMMARY, as_json(findings_summary(findings, asdict(verdict)) | answer_summary(answer)))
    confined.write_file(path, f"{ANALYSIS}/insight.json", as_json(further.insight_summary(more)))
    for name, content in further.tables(more).items():
        confined.write_file(path, f"{ANALYSIS}/{name}.csv", content)
    for name, content in files.items():
        confined.write_file(path, f"{FIGURES}/{name}", content)
    confined.write_file(path, PAGE, page.encode())
    for line in verdict_lines(verdict, path):
        say(line)
    return 0


def verdict_lines(verdict: Verdict, path: Path) -> list[str]:
    """The verdict as lines for a terminal, then where to look."""
    where = [f"- {sentence}" for sentence in verdict.where]
    reasons = [f"- {sentence}" for sentence in verdict.mechanisms]
    steps = [f"- {sentence}" for sentence in verdict.steps]
    text = [verdict.headline, *steps, verdict.shares, verdict.size, verdict.certainty, *where, *reasons, verdict.worth]
    return ["", *(line for line in text if line), "", f"Report: {path / PAGE}", f"Tables: {path}"]
