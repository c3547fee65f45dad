"""A job that takes a configuration: its options read, each configuration composed and checked, then the work done.

Options may stand anywhere among the words. With `-m` every study is composed and checked before the first is run.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import Any, NoReturn

from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override, RangeSweep
from omegaconf import OmegaConf

from experiments.config import folders
from experiments.config.composition import (
    Composition,
    Prepared,
    composed,
    explained,
    hydra_started,
    opened,
    overrides_of,
    parsed,
    search_path,
    searched,
)
from experiments.config.effect import TAKES, refuse_idle
from experiments.config.schema import ROOT
from experiments.errors import ConfigError, brief
from sim.errors import nearest

MOST_STUDIES = 1000
"""Studies that `-m` runs at most."""
INFO = ("defaults", "defaults-tree", "searchpath")
UNTAKEN = {
    "--config-path": "files of your own are taken with --config-dir FOLDER",
    "--config-name": "choose an experiment of your own with --config-dir FOLDER experiment=NAME",
    "--experimental-rerun": "it would run what a file contains; the command in a study's report repeats the study",
    "--hydra-help": "--help says what there is",
    "--run": "a job runs without it",
    "--shell-completion": "there is no completion yet; partnership JOB --help lists groups and keys",
    "-sc": "there is no completion yet; partnership JOB --help lists groups and keys",
}
"""Options of Hydra's that are not taken, and what serves instead."""

Prepare = Callable[[Composition, Sequence[str]], Prepared]
"""A job: from a composition, and the command that repeats it, to the work that is ready to be done."""


@dataclass(frozen=True)
class Options:
    """The options of a job, and its other words."""

    words: tuple[str, ...]
    help: bool = False
    cfg: bool = False
    package: str | None = None
    resolve: bool = False
    multirun: bool = False
    info: str | None = None
    own: Path | None = None
    named: str | None = None

    @property
    def repeated(self) -> list[str]:
        """The words that name a folder of the user's own."""
        return [] if self.named is None else ["--config-dir", self.named]


class Reader(argparse.ArgumentParser):
    """A parser that raises `ConfigError` where argparse would print its usage and end the program."""

    def error(self, message: str) -> NoReturn:
        """Raise `ConfigError` where argparse would print and exit."""
        raise ConfigError(message.replace("argument ", "", 1))


OPTIONS: dict[tuple[str, ...], dict[str, Any]] = {
    ("--help", "-h"): {"action": "store_true"},
    ("--resolve",): {"action": "store_true"},
    ("--multirun", "-m"): {"action": "store_true"},
    ("--cfg", "-c"): {"choices": ["job"]},
    ("--package", "-p"): {},
    ("--info", "-i"): {"choices": INFO},
    ("--config-dir", "-cd"): {},
}
"""The options that are taken, by their names: those of Hydra's that have a use here."""


def reader() -> Reader:
    """The reader of options, among words in any order."""
    parser = Reader(add_help=False, allow_abbrev=False, prog="partnership")
    parser.add_argument("words", nargs="*")
    for names, kind in OPTIONS.items():
        parser.add_argument(*names, **kind)
    return parser


def options(words: Sequence[str]) -> Options:
    """The options among some words. Raises `ConfigError` for one that does not exist or lacks its value."""
    known = sorted(name for names in OPTIONS for name in names)
    for word in words:
        name = word.partition("=")[0]
        if name in UNTAKEN:
            raise ConfigError(f"{name} is not taken: {UNTAKEN[name]}")
        if name.startswith("-") and name not in known:
            raise ConfigError(f"there is no option '{brief(name)}'{nearest(name, known)}; there are {', '.join(known)}")
    parsed = reader().parse_intermixed_args(list(words))
    if parsed.package is not None and not parsed.cfg:
        raise ConfigError("--package says which part --cfg job shows; give both")
    if parsed.resolve and not parsed.cfg:
        raise ConfigError("--resolve belongs to --cfg job; give both")
    if parsed.multirun and (parsed.cfg or parsed.info):
        raise ConfigError("-m runs several studies, and --cfg or --info shows one; give one of them")
    own = folders.own_folder(parsed.config_dir) if parsed.config_dir is not None else None
    return Options(
        tuple(parsed.words), parsed.help, parsed.cfg is not None, parsed.package, parsed.resolve, parsed.multirun,
        parsed.info, own, parsed.config_dir,
    )  # fmt: skip


def configured(job: str, about: str, words: Sequence[str], prepare: Prepare) -> int:
    """Do what the words ask of a job; returns the exit code. Raises `ConfigError` before anything is written."""
    asked = options(words)
    if asked.help:
        print(help_of(job, about, asked.own), end="")
        return 0
    if asked.info:
        return show(asked)
    if asked.cfg:
        print(part_of(composed(asked.words, asked.own), asked), end="")
        return 0
    ready = []
    for study in studies(asked):
        composition = composed(study, asked.own)
        refuse_idle(job, composition.given)
        try:
            ready.append(prepare(composition, ["partnership", job, *asked.repeated, *study]))
        except ConfigError as error:
            raise ConfigError(composition.given.located(str(error))) from None
    return max(work() for work in ready)


# -- several studies --------------------------------------------------------------------------------------


def studies(asked: Options) -> list[list[str]]:
    """The words of each study that is asked for; one, unless -m lists several values."""
    if not asked.multirun:
        return [list(asked.words)]
    with hydra_started() as loader:
        listed = [list(values_of(override, asked)) for override in overrides_of(asked.words, loader)]
    count = 1
    for values in listed:
        count *= len(values)
    if not 1 <= count <= MOST_STUDIES:
        raise ConfigError(f"-m: these words ask for {count:,} studies; it runs 1 to {MOST_STUDIES:,}")
    return [list(words) for words in product(*listed)]


def values_of(override: Override, asked: Options) -> Iterator[str]:
    """A word for each of the values of a word."""
    key, word = override.key_or_group, override.input_line or ""
    if not override.is_sweep_override():
        yield word
        return
    if not override.is_discrete_sweep():
        raise ConfigError(f"{brief(word)}: with -m, list the values, as in {key}=0.1,0.2 or {key}=range(1,4)")
    given = override.value()
    if word.partition("=")[2].startswith("glob("):
        known = folders.options_of(searched(asked.own), key)
        names = [name for name in known if any(fnmatchcase(name, pattern) for pattern in patterns_of(word))]
        yield from (f"{key}={name}" for name in names)
    elif isinstance(given, RangeSweep):
        yield from (f"{key}={value}" for value in stepped(given, word))
    else:
        yield from (f"{key}={value}" for value in override.sweep_string_iterator())


def patterns_of(word: str) -> list[str]:
    """The patterns in `key=glob(a*)` or `key=glob([a*,b*])`."""
    inner = word.partition("glob(")[2].rstrip().removesuffix(")").strip("[] ")
    return [pattern.strip(" '\"") for pattern in inner.split(",")]


def stepped(given: RangeSweep, word: str) -> Iterator[str]:
    """The values of a range, its end left out, in decimal steps: 0.1, 0.2, 0.3 and not 0.30000000000000004."""
    start, stop, step = (Decimal(repr(value)) for value in (given.start or 0, given.stop, given.step))
    if step == 0 or abs((stop - start) / step) > MOST_STUDIES:
        raise ConfigError(f"{brief(word)}: this range has no end, or more than {MOST_STUDIES:,} values")
    whole = all(isinstance(value, int) for value in (given.start or 0, given.stop, given.step))
    while (start < stop) if step > 0 else (start > stop):
        yield str(int(start)) if whole else repr(float(start))
        start += step


# -- what is shown ----------------------------------------------------------------------------------------


def part_of(composition: Composition, asked: Options) -> str:
    """The configuration, or a part of it, as YAML."""
    config = composition.config
    if asked.package is not None and asked.package != "_global_":
        part = OmegaConf.select(config, asked.package) if asked.package.replace(".", "").isidentifier() else None
        if not OmegaConf.is_config(part):
            tables = [str(name) for name in config if OmegaConf.is_dict(config[name])]
            near = nearest(asked.package, tables)
            raise ConfigError(f"--package {brief(asked.package)}: there is no such table{near}; "
                              f"there are {', '.join(tables)}")  # fmt: skip
        return OmegaConf.to_yaml(part, resolve=asked.resolve)
    return OmegaConf.to_yaml(config, resolve=asked.resolve)


def show(asked: Options) -> int:
    """Say how Hydra composes: from which files, in which order."""
    with hydra_started(), explained(asked.own):
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        words = [search_path(asked.own), *map(opened, parsed(asked.words))]
        hydra.show_info(str(asked.info), config_name=ROOT, overrides=words)
    return 0


def help_of(job: str, about: str, own: Path | None) -> str:
    """What a job is for, the groups and keys that it takes, and its options."""
    takes = TAKES[job]
    chosen = "\n".join(f"  {group}: {', '.join(folders.options_of(searched(own), group))}" for group in takes.groups)
    keys = ", ".join(takes.keys)
    return f"""partnership {job}: {about}.

Groups (choose one option of each by name):
{chosen}

Keys, given as key=value: {keys}

  partnership {job} --cfg job                the whole configuration, composed
  partnership {job} --cfg job -p parameters  every parameter with its value
  partnership {job} -m seed=1,2,3            several one after another
  partnership {job} --config-dir FOLDER      files of your own, besides those that are there
  partnership {job} --info defaults-tree     which files are composed, in which order

Exit codes: 0 done; 1 a part could not be made, a fault was found, or output was lost; 2 the request cannot be carried
out; 129, 130, 143 stopped by a signal, with finished work kept.
"""
