"""Hydra, driven: its habits kept, its errors put into one sentence, and nothing written that nobody asked for."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import hydra
import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from experiments.schema import ConfigError, Schema, configs, open_factors, register
from sim.params import BY_NAME, ParameterError, check, nearest

NOT_UNDERSTOOD = ("Error parsing override", "mismatched input", "extraneous input", "no viable", "LexerNoViable")
"""What Hydra's grammar says of a word it cannot read."""


def hydra_job(name: str, words: list[str], task: Callable[[DictConfig], int]) -> int:
    """Compose the configuration that the words ask for and run the task on it; errors are raised as they are."""
    register()
    codes: list[int] = []
    faults: list[Exception] = []
    for word in words:
        check_switch(word)

    def job(cfg: DictConfig) -> None:
        try:
            codes.append(task(cfg))
        except Exception as fault:  # Hydra would add a line of its own to whatever leaves here
            faults.append(fault)

    job.__name__ = job.__qualname__ = name
    before, environment = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    os.environ["HYDRA_FULL_ERROR"] = "1"  # makes Hydra raise, where it would print and exit
    with tempfile.TemporaryDirectory() as scratch:
        # Hydra leaves a copy of a multirun's configuration: in scratch, since each study keeps its own.
        places = [f"hydra.sweep.dir={scratch}", "hydra.sweep.subdir=.", f"hydra.job.name={name}"]
        if words and words[-1] in ("--info", "-i"):
            words = [*words, "all"]  # or it would take the first of the places for its own
        sys.argv = [f"partnership {name}", *map(open_factors, words), *places]
        try:
            hydra.main(version_base="1.3", config_path=str(configs()), config_name="config")(job)()
        except SystemExit as leaving:
            return int(leaving.code or 0)
        finally:
            sys.argv = before
            if environment is None:
                del os.environ["HYDRA_FULL_ERROR"]
            else:
                os.environ["HYDRA_FULL_ERROR"] = environment
    if faults:
        raise faults[0]
    return max(codes, default=0)


def check_switch(word: str) -> None:
    """Refuse `parameters.umbrella=5`, which OmegaConf would take for true."""
    key, _, value = word.lstrip("+").partition("=")
    parameter = BY_NAME.get(key.removeprefix("parameters."))
    if key.startswith("parameters.") and parameter is not None and parameter.unit == "switch" and "," not in value:
        try:
            check(parameter.name, {"true": 1, "false": 0}.get(value.lower(), value))
        except ParameterError as error:
            raise ConfigError(f"parameters.{error}") from None


def explain_hydra(error: BaseException) -> str:
    """What Hydra, OmegaConf or YAML objects to, in one message with the nearest name."""
    causes = list(chain(error))
    for cause in causes:
        if isinstance(cause, yaml.MarkedYAMLError) and cause.problem_mark is not None:
            mark = cause.problem_mark
            return f"{mark.name}, line {mark.line + 1}: this is not YAML: {cause.problem or 'malformed'}"
    text = str(error)
    if match := re.search(r"Could not find '(\w+)/([^']*)'(?:\s+Available options in '\w+':\s*(.*))?", text, re.S):
        return unknown_option(match[1], match[2], (match[3] or "").split("Config search path")[0].split())
    if match := re.search(r"Could not override '([\w.]+)'", text):
        return unknown_key(match[1].removeprefix("++"), causes)
    for cause in causes:
        if isinstance(cause, OmegaConfBaseException) and "$VALUE" not in str(cause):
            return with_range(cause)
    lines = [line for line in text.splitlines() if line.strip()] or [type(error).__name__]
    if any(sign in text for sign in NOT_UNDERSTOOD):
        return f"{lines[0].removeprefix('LexerNoViableAltException: ')}: not understood; a value is given as key=value"
    return lines[0]


def unknown_option(group: str, value: str, options: list[str]) -> str:
    """A file that a group of configurations does not hold."""
    there = f"; there are {', '.join(options)}" if options else ""
    return f"{group}={value}: there is none such{nearest(value, options)}{there}"


def with_range(error: OmegaConfBaseException) -> str:
    """An error of type at a key, with what a parameter there takes."""
    key = str(error.full_key or "")
    message = f"{key}: {str(error).splitlines()[0]}" if key else str(error).splitlines()[0]
    parameter = BY_NAME.get(key.removeprefix("parameters."))
    if parameter is None or not key.startswith("parameters."):
        return message
    return f"{message}; {parameter.name} takes {parameter.allowed} ({parameter.meaning})"


def chain(error: BaseException | None) -> Any:
    """An error and what caused it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def unknown_key(key: str, causes: list[BaseException]) -> str:
    """A key that does not exist, or exists and does not take the value."""
    for cause in causes:
        text = str(cause).splitlines()[0]
        if isinstance(cause, OmegaConfBaseException) and "not in struct" not in text and "not in '" not in text:
            return f"{key}: {text}"
    whole_schema = OmegaConf.structured(Schema)
    parent, _, leaf = key.rpartition(".")
    there = OmegaConf.select(whole_schema, parent) if parent else whole_schema
    if not isinstance(there, DictConfig):
        keys = [str(name) for name in whole_schema]
        return f"there is no '{key}' in the configuration{nearest(key.split('.', maxsplit=1)[0], keys)}"
    names = [str(name) for name in there]
    everywhere = [*names, *(f"parameters.{name}" for name in whole_schema.parameters)]
    close = nearest(leaf, names) or nearest(f"parameters.{leaf}", everywhere)
    return f"there is no '{key}' in the configuration{close}"
