"""The jobs of the command line that show failure modes: `partnership demo` and `partnership detectors`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from omegaconf import DictConfig

from experiments.demo.demonstration import demonstration_from, sentences
from experiments.schema import ConfigError

HOW_AND_WHERE = ("workers", "results")
MEASURED_BY = ("seed", "runs", "results")


def expanded(words: Sequence[str]) -> list[str]:
    """`failure=all`, or several by name, as demonstrations one after the other."""
    chosen = [word for word in words if word.startswith("failure=") and (word == "failure=all" or "," in word)]
    if not chosen:
        return list(words)
    every = f"failure={','.join(sentences())}" if chosen == ["failure=all"] else chosen[-1]
    others = [word for word in words if word not in (*chosen, "-m", "--multirun")]
    return ["-m", every, *others]


def demo(cfg: DictConfig, words: list[str]) -> int:
    """Show a failure mode; without one, list them."""
    if not cfg.failure:
        for line in listing():
            print(line)
        return 0
    if "name" not in cfg.failure:
        raise ConfigError(f"failure.{next(iter(cfg.failure))}: name a failure mode as well, as in failure=talking_shop")
    demonstration = demonstration_from(cfg)
    from experiments.demo import show

    folder = Path(cfg.results) / "demo"
    for line in show.show(demonstration, folder, command_of(demonstration.name, words)):
        print(line)
    return 0


def detectors(words: list[str]) -> int:
    """Measure how far the detectors can be trusted."""
    for word in words:
        key = word.split("=")[0]
        if "=" not in word or not (key in MEASURED_BY or key.startswith("limits.")):
            raise ConfigError(
                f"{word}: partnership detectors takes {', '.join(MEASURED_BY)} and limits.NAME, as in seed=2"
            )
    from experiments.demo import trust

    for line in trust.measure(words):
        print(line)
    return 0


def listing() -> Iterator[str]:
    """All failure modes, a sentence each."""
    found = sentences()
    width = max(map(len, found))
    yield "Ways in which partnerships fail. Show one with `partnership demo failure=NAME`, all with `failure=all`:"
    yield ""
    for name, sentence in found.items():
        yield f"  {name:<{width}}  {sentence}"


def command_of(name: str, words: Sequence[str]) -> str:
    """The command that repeats a demonstration, without the words that say how and where it ran."""
    skipped = ("failure", *HOW_AND_WHERE)
    others = [word for word in words[2:] if "=" in word and word.split("=")[0] not in skipped]
    return " ".join(["partnership demo", f"failure={name}", *sorted(others)])
