"""Where configurations lie, and how Hydra reads them: through `experiments.config.yaml_files`, whoever wrote them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from hydra.core.object_type import ObjectType
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigResult, ConfigSource
from omegaconf import OmegaConf

from experiments.config import yaml_files
from experiments.errors import ConfigError, brief, unknown

GROUPS = ("experiment", "scenario", "setup", "executor", "failure", "claim")
"""The groups of configurations that a choice is made of."""


def configs() -> Path:
    """The folder of configurations: that of the installed package, or that of the repository."""
    import sim

    package = Path(sim.__file__).parent
    packaged = package / "_configs"
    return packaged if packaged.is_dir() else package.parent / "configs"


def own_folder(given: str) -> Path:
    """The folder that `--config-dir` names. Raises `ConfigError` if there is none."""
    folder = Path(given).expanduser().absolute()
    if not folder.is_dir():
        raise ConfigError(f"--config-dir {brief(given)}: there is no such folder")
    return folder


def find(folders: tuple[Path, ...], group: str, name: str) -> Path | None:
    """The file of a group's option, in the first folder that has it."""
    paths = (folder / group / f"{name}.yaml" for folder in folders)
    return next((path for path in paths if path.exists()), None)


def options_of(folders: tuple[Path, ...], group: str) -> list[str]:
    """The names of a group's options in all folders, sorted."""
    return sorted({path.stem for folder in folders for path in (folder / group).glob("*.yaml")})


def option(folders: tuple[Path, ...], group: str, name: str, what: str = "") -> Path:
    """The file of a group's option. Raises `ConfigError` with the nearest name and all there are."""
    path = find(folders, group, name) if name.replace("_", "").replace("-", "").isalnum() else None
    if path is None:
        known = options_of(folders, group)
        raise ConfigError(unknown(what or group, name, known))
    return path


def address(folder: Path) -> str:
    """A folder as Hydra's search path has it."""
    return f"{FolderSource.scheme()}://{quote(str(folder), safe='/')}"


OWN_SETTINGS = "of Hydra's own settings only -m, --cfg, --info and --config-dir are taken"
RESERVED = ("hydra", "root", "config", "schema")
"""What a folder of the user's own cannot bring: settings of Hydra, and what every configuration begins with."""


def check_defaults(document: yaml_files.Document) -> None:
    """Raise `ConfigError` unless the list of defaults, if there is one, is a list of names and of choices in groups."""
    entries = document.content.get("defaults", [])
    place = f"{yaml_files.relative_path(document.path)}, line {document.lines.get('defaults', 1)}: defaults"
    if not isinstance(entries, list):
        raise ConfigError(f"{place}={brief(entries)} is not a list, as in [quick_look, _self_]")
    for entry in entries:
        if not is_default(entry):
            raise ConfigError(f"{place}: {brief(entry)} is neither a name nor a choice, as in override /setup: neither")
        if yaml_files.chosen(entry)[0].split("/")[0] == "hydra":
            raise ConfigError(f"{place}: {brief(entry)}: {OWN_SETTINGS}")


def is_default(entry: Any) -> bool:
    """Whether an entry of a list of defaults is a name, or one choice in a group."""
    if isinstance(entry, str):
        return bool(entry.strip()) and "$" not in entry
    if not isinstance(entry, dict) or len(entry) != 1:
        return False
    ((group, name),) = entry.items()
    text = isinstance(group, str) and bool(group.strip()) and "$" not in group
    return text and (name is None or (isinstance(name, str) and bool(name.strip()) and "$" not in name))


class FolderSource(ConfigSource):
    """A folder of YAML files as a source of configurations for Hydra; nothing outside the folder is read."""

    def __init__(self, provider: str, path: str) -> None:
        super().__init__(provider=provider, path=path)
        self.folder = Path(unquote(self.path))

    @staticmethod
    def scheme() -> str:
        """How addresses of this kind begin; Hydra asks."""
        return "folder"

    def load_config(self, config_path: str) -> ConfigResult:
        """The configuration at a path, read strictly."""
        document = yaml_files.read_yaml(self._file(config_path))
        check_defaults(document)
        return ConfigResult(
            provider=self.provider,
            path=self.full_path(),
            config=OmegaConf.create(dict(document.content)),
            header={"package": document.package},
        )

    def available(self) -> bool:
        """Whether the folder is there."""
        return self.folder.is_dir()

    def is_group(self, config_path: str) -> bool:
        """Whether a path is a group."""
        return not self._hidden(config_path) and self._below(config_path).is_dir()

    def is_config(self, config_path: str) -> bool:
        """Whether a path is a configuration."""
        path = self._file(config_path)
        return not self._hidden(config_path) and path.exists() and not path.is_dir()

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """The groups and configurations below a path."""
        return sorted(set(self._listed(config_path, results_filter)))

    def _listed(self, config_path: str, wanted: ObjectType | None) -> Iterator[str]:
        for path in self._below(config_path).iterdir():
            if path.is_dir() and wanted in (None, ObjectType.GROUP):
                yield path.name
            if path.suffix == ".yaml" and wanted in (None, ObjectType.CONFIG):
                yield path.stem

    def _hidden(self, config_path: str) -> bool:
        first = Path(config_path).parts[:1]
        return self.folder != configs() and bool(first) and first[0].removesuffix(".yaml") in RESERVED

    def _file(self, config_path: str) -> Path:
        return self._below(config_path if config_path.endswith(".yaml") else f"{config_path}.yaml")

    def _below(self, config_path: str) -> Path:
        parts = Path(config_path).parts
        if ".." in parts or Path(config_path).is_absolute():
            raise ConfigError(f"{config_path}: configurations are named within their folder, without '..'")
        return self.folder.joinpath(*parts)


def register() -> None:
    """Make the source known to Hydra."""
    Plugins.instance().register(FolderSource)
