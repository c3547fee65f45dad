"""`partnership detectors`: measure how far the failure detectors can be trusted."""

from __future__ import annotations

from collections.abc import Mapping


def detectors(given: Mapping[str, str]) -> int:
    """Measure how far the detectors can be trusted."""
    from experiments.failures import detector_report

    for line in detector_report.measure(given):
        print(line)
    return 0
