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

from experiments import identity  # reads the sources that decide results, before any of them is loaded

if TYPE_CHECKING:
    from experiments.design import small_study
    from experiments.files import StudyError
    from experiments.store import load
    from experiments.study import Adaptive, Contrast, Design, Study
    from experiments.sweep import run_study

__all__ = ["Adaptive", "Contrast", "Design", "Study", "StudyError", "identity", "load", "run_study", "small_study"]

_HOME = {
    "Adaptive": "study",
    "Contrast": "study",
    "Design": "study",
    "Study": "study",
    "StudyError": "files",
    "load": "store",
    "run_study": "sweep",
    "small_study": "design",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'experiments' has no attribute '{name}'")
    return getattr(import_module(f"experiments.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
