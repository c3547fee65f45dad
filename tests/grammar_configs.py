"""Folders of configurations and lists of points for the grammar: valid ones, mistakes, and hostile ones.

Whatever a file can make run would leave `../outside/canary`: its being there is the worst that can be found.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Sequence
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.config.folders import configs
from tests import grammar
from tests.grammar import GROUPS, Input
from tests.steps import Step

CANARY = "../outside/canary"
HEADER = "# @package _global_\n"
TOUCH = f"touch {CANARY}"
OPEN = f"_target_: builtins.open, file: {CANARY}, mode: w"
RUNS_IT = (
    f"{{{OPEN}}}\n", f"scenario: {{{OPEN}}}\n", f"variants: {{a: {{{OPEN}}}}}\n",
    f"design: {{factors: {{noise: {{{OPEN}}}}}}}\n",
    f"executor: {{{OPEN}}}\n", f"hydra: {{callbacks: {{x: {{{OPEN}}}}}}}\n", f"hydra: {{launcher: {{{OPEN}}}}}\n",
    f"hydra: {{callbacks: {{x: {{_target_: os.system, command: {TOUCH}}}}}}}\n", f"hydra: {{sweeper: {{{OPEN}}}}}\n",
    f"hydra: {{job_logging: {{version: 1, formatters: {{x: {{(): builtins.open, file: {CANARY}, mode: w}}}}}}}}\n",
    f"hydra: {{hydra_logging: {{version: 1, handlers: {{x: {{class: logging.FileHandler, filename: {CANARY}}}}}}}}}\n",
    f"hydra: {{job_logging: {{version: 1, handlers: {{x: {{class: logging.FileHandler, filename: {CANARY}}}}}}}}}\n",
    f"name: !!python/object/apply:os.system ['{TOUCH}']\n", f"name: !!python/object/new:os.system ['{TOUCH}']\n",
    f"!!python/object/apply:os.system ['{TOUCH}']\n", f"question: !!python/module:os\nx: !x '{TOUCH}'\n",
)  # fmt: skip
"""Files that would run a command, if anything in them were carried out."""

HYDRA_SECTIONS = (
    "hydra: {run: {dir: ../outside/made}}\n", "hydra: {output_subdir: kept}\n", "hydra: {job: {chdir: true}}\n",
    "hydra: {searchpath: ['file://../outside']}\n", "hydra: {searchpath: ['pkg://os']}\n", "hydra: 5\n", "hydra: []\n",
    "hydra: {job: {env_set: {PARTNERSHIP_LEAK: 'yes'}}}\n", "hydra: {job: {env_copy: [HOME]}}\n",
    "hydra: {verbose: true}\n",
    "hydra: {sweep: {dir: ../outside/swept}}\n", "hydra: {mode: MULTIRUN}\n",
    "hydra: {sweeper: {params: {seed: '1,2'}}}\n",
    "hydra: {job: {name: x}, run: {dir: x}, output_subdir: y, job: {chdir: true}}\n", "hydra: {help: {template: x}}\n",
)  # fmt: skip
DEFAULTS = (
    "defaults: [override /setup: purpose_first]\n", "defaults: [override /setup: nowhere]\n",
    "defaults: [/setup: alone]\n",
    "defaults: [../../outside/secret]\n", "defaults: [/proc/version]\n", "defaults: [x]\n", "defaults: [x, x]\n",
    "defaults: 5\n",
    "defaults: [{a: {b: c}}]\n", "defaults: [_self_, _self_]\n", "defaults: [override hydra/launcher: joblib]\n",
    "defaults: [override hydra/job_logging: default]\n", "defaults: [{/scenario: [default, healthy]}]\n",
    "defaults: {a: b}\n",
    "defaults: [optional /setup: nowhere]\n", "defaults: ['/scenario@here: default']\n", "defaults: [null]\n",
    "defaults:\n",
    "defaults: ['override /scenario: ${name}']\n", "defaults: [/experiment: quick_look]\n",
    "defaults: [schema, config]\n",
)  # fmt: skip
ODD = (
    "", "\n", "#\n", "5\n", "text\n", "[1, 2]\n", "- a\n- b\n", "null\n", "---\n---\n", "a: 1\n---\nb: 2\n", "...\n",
    "%YAML 9\n",
    "\tname: x\n", "name:\tx\n\tseed: 1\n", "name: x\n  seed: 1\n", "name: x\nname: y\n",
    "design: {points: 4, points: 5}\n",
    "name: [1, 2\n", "name: {a: 1\n", "name: 'x\n", "name: \"\\x\"\n", "a: &a [*a]\n", "variants: &a {a: *a}\n",
    "x: *nowhere\n",
    "<<: {seed: 3}\n", "base: &b {points: 5}\ndesign: {<<: *b}\n", "design: {<<: 5}\n", "nam: x\n", "Name: x\n",
    "name : x\n",
    "seed: 2024-01-01\n", "seed: 010\n", "seed: 0x10\n", "seed: 1_000\n", "seed: 12:30:00\n", f"seed: 1{'0' * 400}\n",
    "seed: yes\n",
    "seed: 1e3\n", "seed: '1'\n", "name: 5\n", "name: no\n", "name: 2024-01-01\n", "5: 6\n", "null: 1\n", "true: 1\n",
    "[a]: 1\n",
    "{a: 1}: 2\n", "? [a, b]\n: c\n", "1.5: x\n", "'': x\n", "a.b: 1\n", "design.points: 5\n", "name: ${seed}\n",
    "name: ${name}\n",
    "name: ${oc.env:PARTNERSHIP_SECRET}\n", "seed: ${oc.decode:x}\n", "question: ${nowhere}\n", "seed: ???\n",
    "name: |\n  a\n  b\n",
    "arms: alone\n", "arms: {a: 1}\n", "arms: [1, 2]\n", "design: 5\n", "design: []\n", "design:\n", "parameters:\n",
    "parameters: [1]\n",
    "parameters: {noise: .nan}\n", "parameters: {noise: .inf}\n", "parameters: {umbrella: 5}\n",
    "parameters: {umbrella: yes}\n",
    "parameters: {months: 6.0}\n", "parameters: {months: '6'}\n", "scenario: default\n", "scenario: {sources: x}\n",
    "setup: 5\n",
    "question: !!binary aGVsbG8=\n", "variants: !!set {a, b}\n", "variants: !!omap [a: 1]\n", "name: !!str 5\n",
    "seed: !!int '5'\n",
    "executor: {kind: dask}\n", "results: ../outside/made\n", "workers: 0\n", "shard: 1/2\n", "experiment: x\n",
    "limits: {window: 700}\n",
)  # fmt: skip
TEXTS = (
    "name: mine\nquestion: Is it so?\nseed: 4\ndesign: {points: 5}\n",
    "parameters: {noise: 0.1}\n",
    "setup: alone\n",
)
CLAIM = """claim:
  key: {key}
  statement: It is so.
  sources: [HImP]
  about: Something.
  settings:
    a: {{arm: purpose_first, about: "first"}}
    b: {{arm: structure_first, about: "then"}}
  tests:
    - {{about: a against b, a: a, b: b, outcome: {outcome}, expect: {expect}}}
"""


def texts(rng: Random, group: str) -> str:
    """The text of a file of a group."""
    if group == "claim" and rng.random() < 0.6:
        return CLAIM.format(key=rng.choice(["X1", "C1", "[]", "<b>"]),
                            outcome=rng.choice(["added_value_mean", "effort", "x"]),
                            expect=rng.choice(["more", "less", "moer", "5"]))  # fmt: skip
    if group in ("failure", "scenario", "experiment") and rng.random() < 0.2:
        name = rng.choice(grammar.files_of(group))
        lines = (configs() / group / f"{name}.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
        return "".join(altered(rng, lines))
    return rng.choice(
        rng.choices([TEXTS, ODD, DEFAULTS, HYDRA_SECTIONS, RUNS_IT, generated(rng)], [12, 30, 12, 10, 16, 20])[0]
    )


def altered(rng: Random, lines: Sequence[str]) -> list[str]:
    """The lines of a file that is shipped, with one lost, doubled, or with a letter exchanged."""
    at = rng.randrange(len(lines))
    changed = rng.choice([[], [lines[at]] * 2, [grammar.typo(rng, lines[at])], [lines[at]]])
    return [*lines[:at], *changed, *lines[at + 1 :]]


def generated(rng: Random) -> Sequence[str]:
    """A file that sets a key as a word of the command line would."""
    *outer, last = grammar.key_of(rng).split(".")
    text = f"{last}: {grammar.value_of(rng, last)}"
    for name in reversed(outer):
        text = f"{name}: {{{text}}}"
    return (f"{text}\n",)


def file_step(rng: Random, path: str, group: str) -> list[Step]:
    """A file of configuration: mostly text, sometimes what is no text, or no file."""
    header = rng.choices([HEADER, "", "# @package foo\n", "# @package _group_\n", "#@package _global_\n",
                          "\n# @package _global_\n"],
                         [60, 10, 2, 2, 2, 2])[0]  # fmt: skip
    if group in ("scenario", "setup", "executor") and rng.random() < 0.3:
        header = ""
    text = header + texts(rng, group)
    plain = text.encode("utf-8", "surrogateescape")
    written = [
        plain, (text + "question: grün\n").encode("latin-1", "replace"), text.encode("utf-16", "surrogatepass"),
        codecs.BOM_UTF8 + plain, rng.randbytes(200), plain + b"\x00\n", plain + b"x: \x07\n",
        plain.replace(b"\n", b"\r\n"),
        plain.replace(b"\n", b"\r"),
    ]  # fmt: skip
    content = rng.choices(written, [60, 2, 2, 2, 2, 1, 1, 1, 1])[0]
    others = [
        [Step("repeat", path, (HEADER + "variants: ", "[", 5000, "\n"))],
        [Step("repeat", path, (HEADER + "variants: ", "{a: ", 5000, "\n"))],
        [Step("repeat", path, (HEADER, "# a long line of nothing at all\n", 200_000, "seed: 3\n"))],
        [Step("write", path, HEADER + bomb())],
        [Step("pipe", path)], [Step("folder", path)], [Step("link", path, "../../../outside/secret.yaml")],
        [Step("link", path, path.rpartition("/")[2])], [Step("link", path, "/dev/zero")],
        [Step("link", path, "nowhere.yaml")],
    ]  # fmt: skip
    return [Step("write", path, content)] if rng.random() < 0.85 else rng.choice(others)


def bomb() -> str:
    """Aliases of aliases: small as text, and very large when they are followed."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return "\n".join(lines) + "\nvariants: {x: *a8}\n"


def from_folder(rng: Random) -> Input:
    """A command with a folder of configurations of one's own."""
    group = rng.choices(GROUPS, [10, 4, 2, 3, 3, 1])[0]
    name = rng.choices(["x", "quick_look", "default", "x y", "ä", ".x", "X"], [14, 1, 1, 1, 1, 1, 1])[0]
    steps = file_step(rng, f"mine/{group}/{name}.yaml", group)
    job = {"failure": "demo", "claim": "claims", "setup": "run"}.get(group, "sweep")
    words = ["--config-dir", "mine", f"{group}={name}"]
    if rng.random() < 0.1:
        steps += [
            Step(
                "write",
                f"mine/{rng.choice(['config', 'schema', 'other', 'hydra/launcher/basic'])}.yaml",
                rng.choice(RUNS_IT),
            )
        ]
    if rng.random() < 0.05:
        steps += [Step("write", "mine/hydra/launcher/mine.yaml", f"# @package hydra.launcher\n{{{OPEN}}}\n")]
        words += ["-m", "hydra/launcher=mine", "seed=1,2"]
    if rng.random() < 0.05:
        steps = [Step("folder", "real"), Step("link", "mine", "real"), *steps]
    if rng.random() < 0.3:
        words += [grammar.assignment(rng)]
    if rng.random() < 0.05:
        words = [rng.choice(["--cfg", "--info"]), rng.choice(["job", "all"]), *words]
    return Input(
        tuple(grammar.command(rng, job, words, ["name", group] if rng.random() < 0.5 else [group])), tuple(steps)
    )


# -- lists of points --------------------------------------------------------------------------------------

LISTS = (
    "noise\n0.1\n0.2\n", "noise,trust_rate\n0.1,0.2\n0.3,0.4\n", "noise;trust_rate\n0,1;0,2\n0,3;0,4\n",
    "noise\n0,1\n0,2\n",
    "noise\n0.1\n", "noise\n", "", "\n\n", "noise\n0.1\n0.2,0.3\n", "noise,noise\n0.1,0.2\n0.1,0.2\n",
    ",noise\n1,0.1\n2,0.2\n",
    "noise\n\n0.1\n\n0.2\n", "noise\n0.1\nnan\n", "noise\ninf\n0.1\n", "noise\nx\n0.1\n", "nois\n0.1\n0.2\n",
    "noise\n9\n0.1\n",
    "early_emphasis\n0.1\n0.2\n", "setup\nalone\nneither\n", "months\n3\n4\n", "n_partners\n2\n3.5\n", "need_1\n0\n1\n",
    "alone\n0\n1\n",
    '"noise"\n"0.1"\n"0.2"\n', '"noise\n0.1\n0.2\n', "noise\ttrust_rate\n0.1\t0.2\n0.1\t0.2\n",
    " noise \n 0.1 \n 0.2 \n", "0.1\n0.2\n",
    "noise\r\n0.1\r\n0.2\r\n", "noise\r0.1\r0.2\r", "sector_1_count,n_partners\n2,3\n3,4\n", "noise\n1e400\n0.1\n",
    "noise\n٠\n١\n",
    "umbrella\ntrue\nfalse\n", "umbrella\n0.5\n1\n", "point,noise\n1,0.1\n2,0.2\n", "noise\n0.1\n0.1\n",
    "mandated,noise\n0,5e-324\n1,0\n",
)  # fmt: skip


def tables(rng: Random) -> bytes:
    """A list of points as Parquet, good or not."""
    two = pa.array([0.1, 0.2])
    table = rng.choice([
        pa.table({"noise": two}), pa.table({"noise": pa.array([0.1, None])}),
        pa.table({"noise": pa.array(["0.1", "0.2"])}),
        pa.table({"noise": pa.array([True, False])}), pa.table({"noise": pa.array([[0.1], [0.2]])}),
        pa.table({"noise": two[:0]}),
        pa.table([two, two], names=["noise", "noise"]), pa.table({}),
        pa.table({"noise": pa.array([0.1, float("nan")])}),
        pa.table({"noise": two.dictionary_encode()}), pa.table({"early_emphasis": two}),
        pa.table({"noise": pa.array([2**62, 0])}),
        pa.Table.from_pandas(pa.table({"noise": two, "trust_rate": two}).to_pandas().set_index("noise")),
    ])  # fmt: skip
    sink = io.BytesIO()
    pq.write_table(table, sink)
    content = sink.getvalue()
    return content if rng.random() < 0.8 else rng.choice([content[:-4], content[:10], b"PAR1", content + b"x"])


def from_list(rng: Random) -> Input:
    """A sweep over a list of points."""
    name = rng.choices(
        ["points.csv", "points.parquet", "points.txt", "points.CSV", "a/../points.csv", "points"], [12, 6, 1, 1, 1, 1]
    )[0]
    text = rng.choice(LISTS)
    content = tables(rng) if name.endswith(".parquet") and rng.random() < 0.9 else rng.choices(
        [text.encode(), text.encode("utf-8-sig"), text.encode("utf-16"), f"{text}é\n".encode("latin-1", "replace"),
         text.encode() + b"\x00", rng.randbytes(100)], [20, 3, 1, 1, 1, 1],
    )[0]  # fmt: skip
    others = [Step("pipe", name), Step("folder", name), Step("link", name, "/dev/zero"), Step("link", name, "nowhere"),
              Step("repeat", name, ("noise", ",noise", 20_000, "\n")),
              Step("repeat", name, ("noise\n", "0.1\n", 300_000, ""))]  # fmt: skip
    step = Step("write", name, content) if rng.random() < 0.88 else rng.choice(others)
    words = ["design.sampler=list", f"design.list={name}"]
    if rng.random() < 0.3:
        words += [grammar.assignment(rng)]
    return Input(tuple(grammar.command(rng, "sweep", words, ["design.points"])), (step,))
