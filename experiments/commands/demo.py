"""`partnership demo`: show how partnerships fail, and what would have helped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from experiments.config.composition import Composition, Prepared
from experiments.config.to_study import results_in
from experiments.errors import ConfigError, brief
from experiments.failures.demonstration import Demonstration, demonstration_from, sentences

HOW_AND_WHERE = ("workers", "results")


def rewritten(words: Sequence[str]) -> list[str]:
    """`failure=all`, or several by name, as demonstrations one after the other."""
    chosen = [word for word in words if word.startswith("failure=") and (word == "failure=all" or "," in word)]
    if not chosen:
        return list(words)
    every = f"failure={','.join(sentences())}" if chosen == ["failure=all"] else chosen[-1]
    others = [word for word in words if word not in (*chosen, "-m", "--multirun")]
    return ["-m", every, *others]


def demo(asked: Composition, command: Sequence[str]) -> Prepared:
    """Show a failure mode; without one, list them."""
    failure = asked.plain["failure"]
    if not failure:
        for path, origin in asked.given.values.items():
            if origin.typed:
                raise ConfigError(
                    f"{path}={brief(origin.value)}: name a failure mode as well, as in failure=talking_shop"
                )
        return list_modes
    if "name" not in failure:
        raise ConfigError(f"failure.{next(iter(failure))}: name a failure mode as well, as in failure=talking_shop")
    demonstration = demonstration_from(asked)
    return partial(played, demonstration, results_in(asked.plain) / "demo", command_of(demonstration.name, command))


def list_modes() -> int:
    """Print the failure modes there are."""
    print("\n".join(listing()))
    return 0


def played(demonstration: Demonstration, folder: Path, command: str) -> int:
    """Play a demonstration, write its page, and print it."""
    from experiments.failures import show

    for line in show.show(demonstration, folder, command):
        print(line)
    return 0


def listing() -> Iterator[str]:
    """All failure modes, a sentence each."""
    known = sentences()
    width = max(map(len, known))
    yield "Ways in which partnerships fail. Show one with `partnership demo failure=NAME`, all with `failure=all`:"
    yield ""
    for name, sentence in known.items():
        yield f"  {name:<{width}}  {sentence}"


def command_of(name: str, words: Sequence[str]) -> str:
    """The command that repeats a demonstration, without the words that say how and where it ran."""
    skipped = ("failure", *HOW_AND_WHERE)
    others = [word for word in words[2:] if "=" in word and word.split("=")[0] not in skipped]
    return " ".join(["partnership demo", f"failure={name}", *sorted(others)])
