"""From words of the command line to a configuration: composed by Hydra, checked before and after, nothing instantiated.

Of Hydra only the composing is used, through its public functions. Neither its callbacks nor its logging, launchers or
folders come into play, so a file that sets them could have no effect, and is refused.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import compose, initialize
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from experiments.config import folders, schema, yaml_files
from experiments.config.folders import GROUPS, OWN_SETTINGS, configs
from experiments.config.given import COMMAND_LINE, Given, Origin, leaves, of_document, overridden
from experiments.config.schema import OPEN, ROOT, is_table, typed, unknown
from experiments.errors import ConfigError, brief

LOCK = threading.RLock()
"""Hydra keeps what it composes from in a global place: one thread at a time."""
MISSING = "???"
NAME = re.compile(r"[\w-]+")
ENVIRONMENT = re.compile(r"\$\{\s*oc\.env\b")
FROM_ENVIRONMENT = ("results", "executor", "workers", "shard")
"""Keys that may take their value from the environment, as jobs of a batch system do; nothing of it is in any text."""


@dataclass(frozen=True)
class Composition:
    """A composed configuration: `config` as Hydra gives it, `plain` with each value of its kind, and what was given."""

    config: DictConfig
    plain: Mapping[str, Any]
    given: Given


@contextmanager
def hydra_started() -> Iterator[ConfigLoader]:
    """Hydra's loader; the words it is given name the folders (`search_path`)."""
    with LOCK:
        schema.register()
        folders.register()
        with initialize(version_base="1.3", config_path=None, job_name="partnership"):
            yield GlobalHydra.instance().config_loader()


def searched(own: Path | None) -> tuple[Path, ...]:
    """The folders of configurations, the first found counting."""
    return (configs(),) if own is None else (configs(), own)


def search_path(own: Path | None) -> str:
    """The word that names the folders to Hydra."""
    return f"hydra.searchpath=[{','.join(repr(folders.address(folder)) for folder in searched(own))}]"


def composed(words: Sequence[str] = (), own: Path | None = None) -> Composition:
    """The configuration that these words of the command line ask for, with files of `own` besides ours.

    Raises `ConfigError` for whatever cannot be used, naming the file and line where it was given in a file.
    """
    with hydra_started() as loader, explained(own):
        overrides = parsed(words)
        given = given_by(loader, overrides, own)
        config = compose(ROOT, [search_path(own), *map(opened, overrides)])
        try:
            content = OmegaConf.to_container(config, resolve=True)
        except (OmegaConfBaseException, RecursionError) as error:
            raise ConfigError(unresolved(error)) from None
        try:
            plain = typed(content)  # type: ignore[arg-type]
        except ConfigError as error:
            raise ConfigError(given.located(str(error))) from None
        return Composition(config, plain, given)


def unresolved(error: Exception) -> str:
    """An interpolation that leads nowhere, in words."""
    key = getattr(error, "full_key", None)
    reason = "it refers to itself" if isinstance(error, RecursionError) else str(error).splitlines()[0]
    return f"{key}: {reason}" if key else reason


# -- words ------------------------------------------------------------------------------------------------


def parsed(words: Sequence[str]) -> list[Override]:
    """The words as Hydra reads them, each checked. Raises `ConfigError` for one that cannot be used."""
    return [checked(override) for override in overrides_of(words)]


def overrides_of(words: Sequence[str], loader: ConfigLoader | None = None) -> list[Override]:
    """The words as Hydra reads them; with several values where they have several."""
    overrides = []
    for word in words:
        if "=" not in word:
            raise ConfigError(f"{brief(word)}: not understood; a value is given as key=value")
        try:
            (override,) = parse(quoted(word), loader)
        except (HydraException, ValueError, RecursionError):
            hint = "; quote text that holds punctuation, as in 'question=\"Which, and why?\"'"
            raise ConfigError(f"{brief(word)}: not understood; a value is given as key=value{hint}") from None
        overrides.append(override)
    refuse_doubles(overrides)
    return overrides


def parse(word: str, loader: ConfigLoader | None) -> list[Override]:
    """A word as Hydra's grammar reads it."""
    return OverridesParser.create(config_loader=loader).parse_overrides([word])


def quoted(word: str) -> str:
    """The word as Hydra's grammar reads it, which takes letters beyond ASCII in quotes only."""
    key, _, value = word.partition("=")
    if value.isascii() or not key.isascii() or any(sign in value for sign in "'\"[]{}(),\\"):
        return word
    return f"{key}='{value}'"


def refuse_doubles(overrides: Sequence[Override]) -> None:
    """Of two values of one key the first would be ignored."""
    seen: set[str] = set()
    for override in overrides:
        paths = {path for path, _ in leaves(value_of(override), override.key_or_group)}
        for path in sorted(paths):
            apart = path in GROUPS  # the option of a group is chosen first, and then some of its keys are set
            if path in seen or (not apart and any(overlap(path, other) for other in seen - set(GROUPS))):
                raise ConfigError(f"{path} is given twice on the command line; give it once")
        seen |= paths


def overlap(path: str, other: str) -> bool:
    """Whether one of two dotted paths lies within the other."""
    return path.startswith(f"{other}.") or other.startswith(f"{path}.")


def value_of(override: Override) -> Any:
    """The value of a word; of several, the text of them."""
    return "several" if override.is_sweep_override() else override.value()


def checked(override: Override) -> Override:
    """A word with one value for a key that exists; a group's value is a name."""
    key, word = override.key_or_group, brief(override.input_line or "")
    if override.is_hydra_override() or key.split("/")[0] == "hydra":
        raise ConfigError(f"{word}: {OWN_SETTINGS}; studies are written where results= says")
    if override.is_delete():
        raise ConfigError(f"{word}: nothing is taken out with ~; leave a word out, or set what may be null to null")
    if override.package is not None:
        raise ConfigError(f"{word}: a group is chosen by its name alone, as in experiment=quick_look")
    if key not in GROUPS and "/" not in key and (wrong := unknown(key)) is not None:
        raise ConfigError(f"{word}: {wrong}")
    if override.is_sweep_override():
        point = word.partition("=")[2].replace(",", ".", 1)
        decimal = f"; a decimal number takes a point, as in {key}={point}" if re.fullmatch(r"-?\d+\.\d+", point) else ""
        raise ConfigError(f"{word}: these are several values, which take -m: a study for each of them{decimal}")
    if key in GROUPS:
        check_choice(key, override)
    elif is_table(key) and not isinstance(override.value(), Mapping):
        raise ConfigError(f"{word}: {key} is a table, as in {key}={{name: value}}")
    return override


def check_choice(group: str, override: Override) -> None:
    """A group's value is the name of one of its files."""
    value = override.value()
    text = "null" if value is None else override.get_value_element_as_str()
    if value is None or text == "":
        raise ConfigError(f"{group}={text}: choose by name; to choose none leave the word out")
    if isinstance(value, list | dict) or not NAME.fullmatch(text):
        raise ConfigError(f"{group}={brief(text)}: choose by name; for files of your own use --config-dir FOLDER")


def opened(override: Override) -> str:
    """The word as Hydra takes it: what stands in a table of the user's own keys may be new."""
    word = (override.input_line or "").lstrip("+")
    path = override.key_or_group
    is_open = any(path == table or path.startswith(f"{table}.") for table in OPEN)
    known_group = path in GROUPS
    if is_open and not known_group:
        return f"++{word}"
    return word if known_group or unknown(path) is None else override.input_line or ""


# -- what was given ---------------------------------------------------------------------------------------


def given_by(loader: ConfigLoader, overrides: Sequence[Override], own: Path | None) -> Given:
    """Every value that files and words set. Raises `ConfigError` for a key that does not exist, or a missing value."""
    there = searched(own)
    for override in overrides:
        if override.key_or_group in GROUPS:
            folders.option(there, override.key_or_group, override.get_value_element_as_str())
    words = [search_path(own), *map(opened, overrides)]
    entries = loader.compute_defaults_list(ROOT, words, RunMode.RUN)
    values: dict[str, Origin] = {}
    for rank, entry in enumerate(entries.defaults):
        name = entry.config_path or ""
        if name in ("", ROOT, "config", "schema"):
            continue
        refuse_hydra(name)
        if name.startswith("hydra/"):
            continue
        group, _, option = name.rpartition("/")
        path = folders.find(there, group, option)
        if path is not None:
            document = yaml_files.read_yaml(path)
            check_package(path, document.package, group, entry.package or "")
            of_file = of_document(document, entry.package or "", group, rank)
            check_given(of_file)
            values = overridden(values, of_file)
    typed_words = {
        path: Origin(value, COMMAND_LINE)
        for override in overrides
        if override.key_or_group not in GROUPS
        for path, value in leaves(override.value(), override.key_or_group)
    }
    check_given(typed_words)
    values = overridden(values, typed_words)
    choices = {group: name for group, name in entries.overrides.known_choices.items() if group in GROUPS and name}
    chosen = frozenset(override.key_or_group for override in overrides if override.key_or_group in GROUPS)
    return Given(values, choices, chosen, there)


STANDARD = ("hydra/config", "hydra/output/default", "hydra/launcher/basic", "hydra/sweeper/basic", "hydra/help/default",
            "hydra/hydra_help/default", "hydra/hydra_logging/default", "hydra/job_logging/default",
            "hydra/env/default")  # fmt: skip
"""What Hydra composes of its own settings where nobody chooses otherwise; none of it is used."""


def refuse_hydra(name: str) -> None:
    """Refuse a choice among Hydra's own settings, which a file can make in its list of defaults."""
    if name.startswith("hydra") and name not in STANDARD:
        raise ConfigError(f"{name}: {OWN_SETTINGS}; a file's list of defaults chooses it: take it out")


def check_package(path: Path, header: str | None, group: str, package: str) -> None:
    """A file of a group that sets keys everywhere says so in its first line."""
    if group in ("experiment", "scenario", "setup", "failure", "claim") and package != "":
        said = f"it has '# @package {header}'" if header else "it has none"
        raise ConfigError(
            f"{yaml_files.relative_path(path)}, line 1: a file of {group}/ begins with '# @package _global_'; {said}"
        )


def check_given(values: Mapping[str, Origin]) -> None:
    """Refuse keys that do not exist, values left open, and text where a table belongs."""
    for path, origin in values.items():
        place = f"{origin.place}: " if origin.place else ""
        if path.split(".")[0] == "hydra":
            raise ConfigError(f"{place}{path}: {OWN_SETTINGS}")
        if (wrong := unknown(path)) is not None:
            raise ConfigError(f"{place}{wrong}")
        if origin.value == MISSING:
            raise ConfigError(f"{place}{path}={MISSING}: a value is missing here")
        if is_table(path) and not isinstance(origin.value, Mapping):
            raise ConfigError(f"{place}{path}={brief(origin.value)}: {path} is a table, as in {{name: value}}")
        if ENVIRONMENT.search(str(origin.value)) and path.split(".")[0] not in FROM_ENVIRONMENT:
            raise ConfigError(
                f"{place}{path}={brief(origin.value)}: a study is made of what it states, and not of the environment, "
                f"which only {', '.join(FROM_ENVIRONMENT)} take values from"
            )


# -- messages ---------------------------------------------------------------------------------------------


@contextmanager
def explained(own: Path | None) -> Iterator[None]:
    """What Hydra and OmegaConf object to, as one `ConfigError`."""
    try:
        yield
    except ConfigError:
        raise
    except (HydraException, OmegaConfBaseException, RecursionError) as error:
        raise ConfigError(explain(error, searched(own))) from None


def explain(error: BaseException, there: tuple[Path, ...]) -> str:
    """An objection of Hydra's or OmegaConf's, in one line with the nearest name."""
    if isinstance(error, RecursionError):
        return "the lists of defaults in the chosen files refer to one another without end"
    text = str(error)
    if match := re.search(r"Could not (?:find|load) '(\w+)/([^']*)'", text):
        return absent(match[1], match[2], there)
    for cause in causes(error):
        if isinstance(cause, OmegaConfBaseException):
            key = str(cause.full_key or "")
            return f"{key}: {str(cause).splitlines()[0]}" if key else str(cause).splitlines()[0]
    return next((line for line in text.splitlines() if line.strip()), type(error).__name__)


def absent(group: str, name: str, there: tuple[Path, ...]) -> str:
    """A file that a group does not have."""
    try:
        folders.option(there, group, name)
    except ConfigError as error:
        return str(error)
    return f"{group}={name} cannot be read"


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what caused it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


Prepared = Callable[[], int]
"""A job that is ready: everything checked, nothing written; called, it does the work and returns the exit code."""
