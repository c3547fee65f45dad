"""What is asked of the model: studies, where they are kept, and what is read out of them.

    import experiments
    study = experiments.small_study(points=200)
    runs = experiments.run_study(study)                  # a pandas.DataFrame, nothing is written
    runs = experiments.load("results/<name>/<study id>") # the same table of a study on disk, read as it is asked for
    runs[["arm", "added_value"]], runs.to_pandas()       # ... of it two columns, all of it

Names are imported when they are first used, so that the command line answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from experiments.storage import identity  # reads the sources that decide results, before any of them is loaded

if TYPE_CHECKING:
    from experiments.errors import StudyError
    from experiments.execution.sweep import run_study
    from experiments.storage.reading import load
    from experiments.study.definition import Adaptive, Contrast, Design, Study
    from experiments.study.small import small_study

__all__ = ["Adaptive", "Contrast", "Design", "Study", "StudyError", "identity", "load", "run_study", "small_study"]

_HOME = {
    "Adaptive": "study.definition",
    "Contrast": "study.definition",
    "Design": "study.definition",
    "Study": "study.definition",
    "StudyError": "errors",
    "load": "storage.reading",
    "run_study": "execution.sweep",
    "small_study": "study.small",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'experiments' has no attribute '{name}'")
    return getattr(import_module(f"experiments.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
