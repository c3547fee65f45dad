"""Inputs for the command line, drawn from a seed: words good, bad and hostile, for every job and every key there is.

`draw(seed, number)` always gives the same input. What stands in files is in `grammar_configs.py` (folders of
configurations, lists of points) and `grammar_studies.py` (folders of studies).
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from omegaconf import DictConfig, OmegaConf

from experiments.cli import JOBS
from experiments.config.folders import configs
from experiments.config.schema import Schema
from sim.limits import LIMITS
from sim.outcomes import OUTCOME_NAMES
from sim.params import BY_NAME, SETUPS
from tests.steps import Step, named

CONFIGURED = tuple(name for name, job in JOBS.items() if job.takes is None)
"""Jobs that take a configuration; the others take some words."""
GROUPS = ("experiment", "scenario", "setup", "failure", "claim", "executor")
SMALLER: Mapping[str, Sequence[str]] = {
    "sweep": ("name=small", "design.points=4", "parameters.months=6", "design.replicates=1", "variant_points=0",
              "trajectory_points=0"),
    "demo": ("failure=inertia", "runs=5"),
    "claims": ("claim=c01_purpose_over_structure",),
}  # fmt: skip
"""Words that keep a job small, where the input does not say otherwise."""


@dataclass(frozen=True)
class Input:
    """A command and what it meets: its words, the steps taken beforehand, and variables of the environment.

    The command without its word `compared` must not come to the same. `thorough` inputs are carried out with their
    reports and pages, `apart` ones in a process of their own.
    """

    words: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    compared: str = ""
    thorough: bool = False
    apart: bool = False

    def __str__(self) -> str:
        shown = [f"{name}={shlex.quote(value)}" for name, value in self.environment]
        command = " ".join([*shown, "partnership", *(shlex.quote(brief(named(word))) for word in self.words)])
        return "\n".join([*(brief(str(step)) for step in self.steps), command])


def brief(text: str, most: int = 1500) -> str:
    """Text as it is printed: what is very long is cut, and what is no letter is escaped."""
    plain = text.encode("unicode_escape").decode() if not text.isprintable() else text
    return plain if len(plain) <= most else f"{plain[:most]}... ({len(plain)} characters)"


def draw(seed: int, number: int) -> Input:
    """The input of that number."""
    from tests import grammar_configs, grammar_studies

    rng = Random(f"{seed}/{number}")
    kind = weighted(rng, {configured: 40, grammar_configs.from_folder: 18, grammar_configs.from_list: 7,
                          grammar_studies.about_study: 20, worded: 12, misspelt: 3})  # fmt: skip
    made = kind(rng)
    environment = environment_of(rng) if rng.random() < 0.02 else ()
    compared = rng.choice(made.words[1:]) if made.words[1:] and rng.random() < 0.7 else ""
    return Input(made.words, made.steps, environment, compared, rng.random() < 0.03, bool(environment))


def weighted(rng: Random, choices: Mapping[Callable[[Random], Input], int]) -> Callable[[Random], Input]:
    return rng.choices(list(choices), list(choices.values()))[0]


# -- values -----------------------------------------------------------------------------------------------

HOSTILE = (
    "", " ", "???", "null", "None", "~", "true", "TRUE", "false", "yes", "nan", "NaN", "inf", "-inf", "1e400", "1e-400",
    f"1{'0' * 400}", f"-1{'0' * 400}", "0x10", "0o17", "010", "1_000", "1e3", "0,2", "1.000,5", "١٢", "½", "²", "−1",
    "-0",
    "5e-324", "1+1j", "[]", "[1]", "[1,2,3]", "[[[]]]", "{}", "{a:1}", "{a:{b:{c:1}}}", "{a:1,a:2}", "'quoted'",
    '"two words"',
    "'", '"', "\\", "[", "]", "}", "{", "(", "a b", "a,b", "1,2", "1,", ",", ":", "a:b", "@", "#", "!", "*", "&x", "$",
    "$x",
    "${seed}", "${name}", "${oc.env:PARTNERSHIP_SECRET}", "${oc.env:NOWHERE}", "${oc.env:NOWHERE,1}", "${oc.decode:x}",
    "${oc.create:{a:1}}", "${hydra:runtime.cwd}", "${nowhere}", "${", "$${x}", "${now:%Y}", "${oc.select:parameters}",
    "é", "日本語", "\u202e", "\u200b", "\ufeff", "👩‍⚕️", "\udcff", "\x00", "\x1b[31m", "\x7f", "a\nb", "a\rb", "\t",
    "a" * 5000,
    "../x", "../../outside/precious",
    "/dev/null", "/dev/zero", "~/x", ".", "..", "x/../y", "-1", "--help", "-m", "=", "a=b",
    "==",
    "${parameters.noise}", "<b>x</b>", "'; rm -rf x", "$(touch x)", "`touch x`", "%s%n", "{0}", "con", "nul.csv",
    "range(1,4)", "choice(1,2)", "glob(*)", "interval(0,1)", "sort(3,1)", "shuffle(1,2)", "int(1.5)", "float(x)",
    "str(1)",
    "extend_list(1)", "!!python/object/apply:os.system [touch ../outside/canary]", "2024-01-01", "12:30:00", "1:2:3",
)  # fmt: skip

VOCABULARY: Mapping[str, Callable[[], Sequence[str]]] = {
    "setup": lambda: tuple(SETUPS),
    "contrast.a": lambda: tuple(SETUPS),
    "contrast.b": lambda: tuple(SETUPS),
    "contrast.outcome": lambda: OUTCOME_NAMES,
    "arms": lambda: ("[structure_first,purpose_first]", "[structure_first,purpose_first,alone]", "[alone]", "[]",
                     "neither",
                     "[structure_first,structure_first]"),
    "design.sampler": lambda: ("latin_hypercube", "random", "sobol", "saltelli", "morris", "grid", "one_at_a_time",
                               "list"),
    "design.box": lambda: ("default", "none", "calibrated"),
    "design.worlds": lambda: ("own", "shared"),
    "design.list": lambda: ("points.csv", "../outside/precious.csv", "/dev/zero"),
    "executor": lambda: files_of("executor"),
    "executor.kind": lambda: ("local", "processes", "dask"),
    "executor.address": lambda: ("host", "tcp://host", "host:99999999", "tcp://[::1]:x", "http://a:1/b", "tcp://a b:1"),
    "shard": lambda: ("1/1", "1/2", "2/1", "0/1", "1/2/3", "1", "/", "a/b", "1/100001", " 1/2", "１/２"),
    "results": lambda: ("results", "elsewhere", "a/b/c", "../outside/results", "/dev/null", "/dev/full/x", ".",
                        "results/"),
    "name": lambda: ("small", "..", "a/b", ".hidden", "-x", "nul", "a" * 300, "ä", "x\u0301", "-", "_"),
    "variants": lambda: ("{a:{noise:0}}", "{a:{}}", "{a:{nois:0}}", "{none:{noise:0}}", "{a:1}", "{$x$:{noise:0}}"),
    "variants.a": lambda: ("{noise:0}", "{noise:9}", "{months:3}", "{early_emphasis:1}", "{n_issues:2}", "{alone:1}"),
    "design.factors.noise": lambda: ("[0,0.5]", "[0.5,0]", "[0,9]", "[0]", "0.5", "{levels:[0,1]}", "{levels:[0]}",
                                     "[nan,1]"),
    "design.factors.early_emphasis": lambda: ("[0,1]", "null", "{levels:[0,0.5,1]}"),
    "design.factors.need_1": lambda: ("[0,1]", "[5e-324,1]", "[1,2]"),
    "design.factors.n_partners": lambda: ("[2,500]", "[2.5,3]", "[4,4]", "null"),
    "design.factors.sector_1_count": lambda: ("[0,1]", "[2,3]", "[0,500]"),
    "design.factors.scenario": lambda: ("[default,healthy]", "[default]", "default", "[nowhere]", "[../x]", "[]"),
    "design.factors.town": lambda: ("{choices:{a:{noise:0},b:{}}}", "{choices:{}}", "{choices:{a:{months:3}}}",
                                    "{choices:{$a:{noise:0},b:{}}}", "{choices:[a,b]}", "{choices:{a:1}}"),
    "scenario.between": lambda: ("{noise:0.1}", "{noise:9}", "{nois:1}", "{n_partners:1}"),
    "scenario.sectors": lambda: ("[a,b]", "[]", "[1,2]"),
    "failure.runs": lambda: ("3",),
    "claim.key": lambda: ("C1", "x"),
}  # fmt: skip
"""Values, some good and some not, of keys that are no numbers, or are not in the schema as leaves."""


def files_of(group: str) -> tuple[str, ...]:
    """The names of the files in a group of configurations."""
    return tuple(sorted(path.stem for path in (configs() / group).glob("*.yaml")))


def leaves(node: DictConfig, path: str = "") -> Iterator[str]:
    """Every key of the schema that holds a value, joined by dots."""
    for name in map(str, node):
        inner = None if OmegaConf.is_missing(node, name) else node[name]
        if isinstance(inner, DictConfig) and len(inner):
            yield from leaves(inner, f"{path}{name}.")
        else:
            yield path + name


KEYS: tuple[str, ...] = tuple(leaves(OmegaConf.structured(Schema)))
SPANS = {f"parameters.{row.name}": (row.low, row.high) for row in BY_NAME.values()} | {
    f"limits.{row.name}": (row.low, row.high) for row in LIMITS
}
COUNTED = {"seed": 2**63 - 1, "world": 2**32 - 1, "runs": 1000, "design.points": 16, "design.replicates": 4,
           "design.levels": 3,
           "variant_points": 4, "trajectory_points": 4, "workers": 4, "design.adaptive.batch": 4,
           "design.adaptive.maximum": 8}  # fmt: skip


def value_of(rng: Random, key: str) -> str:
    """A value for a key: mostly one that might be meant, otherwise one that cannot be."""
    if rng.random() < 0.3:
        return rng.choice(HOSTILE)
    if key in VOCABULARY:
        value = rng.choice(VOCABULARY[key]())
        return typo(rng, value) if rng.random() < 0.1 else value
    low, high = SPANS.get(key, (0, COUNTED.get(key, 1)))
    whole = key in COUNTED or (key.startswith("parameters.") and BY_NAME[key.partition(".")[2]].integer)
    inside = rng.randint(int(low), int(high)) if whole else round(rng.uniform(low, min(high, 3)), 3)
    near = [
        inside,
        inside,
        inside,
        low,
        high,
        low - 1,
        high + 1,
        low + 0.5,
        -low,
        f"{inside}.0",
        f"{inside}e0",
        f"+{inside}",
    ]
    return str(rng.choice(near))


def typo(rng: Random, text: str) -> str:
    """Text with one letter lost, doubled, exchanged, or in another case."""
    if not text:
        return "x"
    at = rng.randrange(len(text))
    letter = text[at]
    changed = rng.choice(["", letter * 2, letter.upper(), "_", "-", rng.choice("aeinrst. ")])
    return text[:at] + changed + text[at + 1 :]


# -- words ------------------------------------------------------------------------------------------------


def key_of(rng: Random) -> str:
    """A key, the parameters not more often than all the others."""
    parts = [[key for key in KEYS if key.startswith("parameters.")], [key for key in KEYS if key.startswith("limits.")],
             [key for key in KEYS if not key.startswith(("parameters.", "limits."))], list(VOCABULARY)]  # fmt: skip
    return rng.choice(rng.choices(parts, [4, 1, 5, 5])[0])


def assignment(rng: Random) -> str:
    """A word that gives a key a value, now and then misspelt, with one of Hydra's signs, or without a value."""
    key = key_of(rng)
    value = value_of(rng, key)
    if rng.random() < 0.06:
        key = typo(rng, key)
    shape = rng.choices(["{k}={v}", "+{k}={v}", "++{k}={v}", "~{k}", "~{k}={v}", "{k}", "{k}:={v}", "{k}@x={v}",
                         "={v}"],
                        [80, 3, 3, 2, 2, 2, 1, 1, 1])[0]  # fmt: skip
    return shape.replace("{k}", key).replace("{v}", value)


def choice_of_file(rng: Random) -> str:
    """A word that chooses a file of a group."""
    group = rng.choice(GROUPS)
    there = files_of(group)
    value = rng.choices(
        [rng.choice(there), typo(rng, rng.choice(there)), rng.choice(HOSTILE), "5", "[{0},{1}]", "{0}/x", "../{0}",
         "{0}.yaml",
         "{0},{1}", f"../scenario/{there[0]}"], [12, 2, 2, 1, 1, 1, 1, 1, 1, 1],
    )[0]  # fmt: skip
    word = f"{group}={value.replace('{0}', there[0]).replace('{1}', there[-1])}"
    return rng.choices([word, f"+{word}", f"/{word}", f"{group}@here={value}", f"override {word}", f"hydra/{word}"],
                       [20, 1, 1, 1, 1, 1])[0]  # fmt: skip


OPTIONS: tuple[tuple[str, ...], ...] = (
    ("--help",), ("-h",), ("--hydra-help",), ("--version",), ("--cfg", "job"), ("--cfg", "all"), ("--cfg", "hydra"),
    ("--cfg", "nothing"), ("--cfg",), ("-c", "job"), ("-c=job",), ("--cfg=job",), ("--cfg", "job", "-p", "parameters"),
    ("--cfg", "job", "-p", "nowhere"), ("-p", "design"), ("-p",), ("--package",), ("--resolve",),
    ("--cfg", "job", "--resolve"),
    ("-m",), ("--multirun",), ("-m", "-m"), ("--config-dir", "mine"), ("--config-dir=mine",),
    ("--config-dir", "nowhere"),
    ("--config-dir",), ("-cd", "."), ("--config-dir", "/dev/null"), ("--config-path", "mine"), ("--config-path",),
    ("-cp", ".."),
    ("--config-name", "other"), ("-cn", "config"), ("--config-name",), ("--experimental-rerun", "rerun.pickle"),
    ("--experimental-rerun",), ("--info",), ("--info", "all"), ("--info", "searchpath"), ("-i",), ("--info", "nothing"),
    ("-sc", "install=bash"), ("-sc", "query=bash"), ("-sc",), ("--shell-completion", "install=tcsh"), ("--",), ("-",),
    ("-x",),
    ("--confg-dir", "mine"), ("--run",), ("-r",), ("--workers", "2"), ("--seed=3",), ("-mm",), ("-hm",), ("--h",),
    ("--mult",),
)  # fmt: skip


def of_hydra(rng: Random) -> str:
    """A word that sets something of Hydra itself."""
    return rng.choice([
        "hydra.run.dir=elsewhere", "hydra.run.dir=../outside/elsewhere", "hydra.output_subdir=kept",
        "hydra.job.chdir=true",
        "hydra.sweep.dir=../outside/swept", "hydra.job.env_set.PARTNERSHIP_LEAK=1", "hydra/job_logging=default",
        "hydra/launcher=basic", "hydra/launcher=joblib", "hydra/sweeper=optuna", "hydra.verbose=true",
        "hydra.mode=MULTIRUN",
        "hydra.searchpath=[file://../outside]", "hydra.searchpath=[pkg://os]", "hydra.job.name=x", "hydra=default",
        "hydra.x=1",
        "hydra.sweeper.params.seed=1,2", "hydra/hydra_logging=default", "hydra.help.template=x",
        "hydra.job_logging.version=7",
        "+hydra.callbacks.x={_target_:os.system,command:'touch ../outside/canary'}", "~hydra.run", "hydra.run=null",
        "hydra.launcher._target_=os.system", "hydra.sweeper._target_=os.system", "+_target_=os.system", "defaults=[]",
        "hydra/env=x", "hydra.sweeper.max_batch_size=0", "hydra.runtime.cwd=/",
        "hydra.job.config.override_dirname.kv_sep=x",
    ])  # fmt: skip


def multirun(rng: Random) -> list[str]:
    """Several runs at once."""
    return ["-m",
            rng.choice(["seed=1,2", "seed=range(1,3)", "seed=choice(1,2)", "seed=1,1", "setup=glob(*)", "seed=glob(*)",
                              "seed=interval(0,1)", "parameters.noise=0.1,0.2", "seed=1,x", "seed=1,",
                              "executor=local,dask",
                              "name=a,b", "arms=[alone],[alone,neither]", "seed=", "seed=1,2 name=a,b",
                              "scenario=glob(h*)"])]  # fmt: skip


def configured(rng: Random) -> Input:
    """A job that takes a configuration, with some words."""
    job = rng.choices(CONFIGURED, [8 if job == "sweep" else 2 for job in CONFIGURED])[0]
    return Input(tuple(command(rng, job, some_words(rng))))


def some_words(rng: Random) -> list[str]:
    words: list[str] = []
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3, 4])):
        words += rng.choices([[assignment(rng)], [choice_of_file(rng)], rng.choice(OPTIONS), [of_hydra(rng)],
                              multirun(rng)],
                             [70, 12, 9, 4, 3])[0]  # fmt: skip
    if rng.random() < 0.06:
        words.append(words[0])
    return words


def command(rng: Random, job: str, words: Sequence[str], settled: Sequence[str] = ()) -> list[str]:
    """A job and its words, and others that keep it small, where neither words nor files have `settled` that.

    Words come in any order where none is an option, whose own word would be lost.
    """
    given = {*settled, *(word.lstrip("+~").partition("=")[0] for word in words)}
    small = [word for word in SMALLER.get(job, ()) if word.partition("=")[0] not in given]
    kept = list(words)
    if not any(word.startswith("-") for word in kept):
        rng.shuffle(kept)
    return [job, *small, *kept] if rng.random() < 0.5 else [job, *kept, *small]


# -- jobs with words of their own -------------------------------------------------------------------------

OWN: Mapping[str, Sequence[str]] = {
    "scenario": ("himp_1999", "hwb_2015", "all", "default", "healthy"),
    "seed": ("1", "0", "-1", str(2**63 - 1), str(2**63)),
    "results": VOCABULARY["results"](), "workers": ("1", "0", "2", "1.5"), "runs": ("2", "5", "0", "-3", "1e3"),
    "limits.window": ("12", "1", "601"), "limits.windo": ("3",), "limits.flat": ("0.1", "2"),
    "without": ("trust", "nothing"),
    "prior_draws": ("40", "10"), "particles": ("20", "5"), "populations": ("1", "0"), "most": ("40", "x"),
    "order": ("yes", ""), "plantings": ("5", "x"), "leave_out": ("fulop_dela", ""), "forecast": ("icb_2027", "icb"),
    "failure": ("inertia", "all", "x"), "setup": tuple(SETUPS), "worlds": ("50", "49", "60.5", "x"),
    "open": ("false", "no"),
}  # fmt: skip


def worded(rng: Random) -> Input:
    """A job that takes some words and no study."""
    jobs = ["detectors", "validate", "calibrate", "teach", "neutrality", "forecast"]
    job = rng.choices(jobs, [3, 3, 3, 3, 1, 1])[0]
    own = [name.split("=")[0] for name in JOBS[job].takes or {} if "NAME=" not in name]
    words = []
    for _ in range(rng.randint(0, 3)):
        key = rng.choice(own) if rng.random() < 0.85 else rng.choice(list(OWN))
        value = rng.choice(OWN[key]) if key in OWN and rng.random() < 0.7 else rng.choice(HOSTILE)
        words.append(
            rng.choices([f"{key}={value}", key, f"+{key}={value}", f"{typo(rng, key)}={value}"], [20, 1, 1, 1])[0]
        )
    if rng.random() < 0.1:
        words += rng.choice(OPTIONS)
    if job == "teach":
        words.append("open=false")
    return Input((job, *words))


def misspelt(rng: Random) -> Input:
    """No job, a job misspelt, or one where none is expected."""
    job = rng.choice(list(JOBS))
    first = rng.choice(
        [typo(rng, job), job.upper(), rng.choice(HOSTILE), f"{job} ", f"--{job}", "-h", "--help", "help", "--version"]
    )
    words = [first, *some_words(rng)] if rng.random() < 0.7 else [first]
    return Input(tuple(words) if rng.random() < 0.95 else ())


def environment_of(rng: Random) -> tuple[tuple[str, str], ...]:
    """Variables of the environment that are unusual, and allowed."""
    return rng.choice((
        (("PYTHONIOENCODING", "ascii"),), (("PYTHONIOENCODING", "cp1252"),), (("PYTHONIOENCODING", "latin-1"),),
        (("COLUMNS", "1"),), (("COLUMNS", "wide"),), (("COLUMNS", "0"),), (("NO_COLOR", "1"),), (("TERM", "dumb"),),
        (("HOME", ""),), (("HOME", "/nowhere"),), (("HYDRA_FULL_ERROR", "1"),), (("PYTHONWARNINGS", "error"),),
        (("LC_ALL", "C"), ("PYTHONUTF8", "0")), (("FORCE_COLOR", "1"),), (("TZ", "nowhere"),),
        (("PARTNERSHIP_CACHE", ""),), (("PARTNERSHIP_CACHE", "/dev/null"),),
        (("PARTNERSHIP_CACHE", "../outside/precious.txt"),),
    ))  # fmt: skip
