"""Folders of studies for the grammar: finished, interrupted or cut into shards, and then damaged or made hostile."""

from __future__ import annotations

from random import Random

from experiments.storage.manifest import MANIFEST
from tests.grammar import Input, typo
from tests.steps import STUDIES, TABLES, Step

WHOLE = ("pilot", "other", "adaptive")
OUTSIDE = "../../../../outside/precious.txt"
PARTS = ("provenance.json", MANIFEST, "runs/part-000000.parquet", "design/part-000000.parquet",
         "trajectories/part-000000.parquet",
         "stops/part-000000.parquet")  # fmt: skip
HOSTILE_JSON = (
    "null", "true", "[]", "{}", "5", "-1", "1e400", "NaN", f"1{'0' * 400}", "1.5", '"x"', '""', '"\\u0000"', '"a\\nb"',
    '"<script>x</script>"',
    '"../../x"', "9223372036854775807", "1000000000000", "0", "[1, 2]", '["x"]', '{"a": 1}', '{"noise": [0, 1]}',
    '{"noise": "x"}',
    f"{'[' * 3000}{']' * 3000}", '"' + "x" * 100_000 + '"', '"\\ud800"', '"\\u001b[31m"', '{"noise": [0, 1e999]}',
    '["structure_first"]',
)  # fmt: skip
FIELDS = (
    "study", "study.name", "study.question", "study.seed", "study.parameters", "study.parameters.noise",
    "study.parameters.months",
    "study.parameters.nowhere", "study.design", "study.design.points", "study.design.replicates",
    "study.design.sampler",
    "study.design.factors", "study.design.levels", "study.design.choices", "study.design.adaptive",
    "study.design.digest",
    "study.design.shared_worlds", "study.design.nowhere", "study.arms", "study.contrast", "study.contrast.a",
    "study.contrast.outcome",
    "study.contrast.region", "study.variants", "study.variant_points", "study.trajectory_points", "study.limits",
    "study.scenario",
    "study.nowhere", "study_id", "seed", "results_version", "versions", "versions.numpy", "versions.python", "command",
    "nowhere",
)  # fmt: skip
NAMES = ("../x", "../../../../outside/precious.txt", "/proc/version", "/proc/self/environ",
         "runs/part-999999.parquet", "", ".",
         "runs", "a\nb", "figures/x",
         "runs/../provenance.json", "provenance.json", ".lock", "\x00", "runs/part-000000.parquet/x",
         "x" * 300)  # fmt: skip

MADE = (".lock", "figures", "analysis", "plots", "runs", "report.html", "summary.json", "design")
RUN_NUMBERS = ("0", "1", "7", "95", "99999", "-1", "", "x", f"1{'0' * 400}", "1.5", "²", "１", "nan")
SETTINGS = ("structure_first", "x", "structure_first/calm", "structure_first@noise=0.1", "@", "/", "")
OUTCOMES = ("effort", "added_value_mean", "nowhere", "", "run", "error", "point", "../x", "trust")


def about_study(rng: Random) -> Input:
    """A job on a folder of a study, or a sweep that resumes it, after one or two things have gone wrong."""
    name = rng.choices(list(STUDIES), [10, 2, 3, 4, 3])[0]
    if name == "cut":
        return of_shards(rng)
    folder = f"results/tiny/{{{name}}}"
    steps = [Step("study", folder)]
    for _ in range(rng.choice([0, 1, 1, 1, 2])):
        steps += wrong(rng, folder)
    job = rng.choices(["check", "replay", "compare", "contrast", "plot", "power", "sweep", "report", "merge"],
                      [6, 4, 4, 4, 2, 3, 6, 1, 1])[0]  # fmt: skip
    return Input(words_of(rng, job, name, folder, steps), tuple(steps))


def words_of(rng: Random, job: str, name: str, folder: str, steps: list[Step]) -> tuple[str, ...]:
    """The words of a job on that folder; a second study is added to the steps where the job takes two."""
    if job == "sweep":
        return (job, *STUDIES[name], *(["anew=true"] if rng.random() < 0.2 else []))
    place = folder if rng.random() < 0.9 else rng.choice(
        [typo(rng, folder), f"{folder}/", f"./{folder}", f"{folder}/runs", f"{folder}/{MANIFEST}", "results", ".", "",
         "/dev/null",
         "~", "\x00", "x" * 300, "../outside"],
    )  # fmt: skip
    own = {
        "replay": [f"run={rng.choice(RUN_NUMBERS)}"],
        "contrast": [f"a={rng.choice(SETTINGS)}"],
        "plot": [f"kind={rng.choice(['cloud', 'ecdf', 'ridge', 'map', 'fan', 'x'])}",
                 f"by={rng.choice(['arm', 'noise', 'x', ',', 'noise,noise'])}"],
        "power": [f"precision={rng.choice(['0.01', '0', '-1', 'nan', 'inf', '1e-300', '1e400', 'x', '1e-9'])}"],
    }  # fmt: skip
    more = own.get(job, []) if rng.random() < 0.6 or job == "replay" else []
    if job in ("contrast", "plot", "power") and rng.random() < 0.4:
        more = [
            *more,
            f"outcome={rng.choice(OUTCOMES)}",
        ]
    if job == "compare":
        second = rng.choice(WHOLE)
        if f"results/tiny/{{{second}}}" != folder:
            steps.append(Step("study", f"results/tiny/{{{second}}}"))
        sides = [f"a={place}", f"b=results/tiny/{{{second}}}"]
        return (job, *(sides if rng.random() < 0.7 else [f"b={place}", f"a=results/tiny/{{{second}}}"]))
    words = [f"study={place}", *more]
    if rng.random() < 0.08:
        words.append(rng.choice(["study=x", "x=1", "study", "--cfg", "-m", "seed=1", "", "outcome=effort,trust"]))
    return (job, *words)


def wrong(rng: Random, folder: str) -> list[Step]:
    """Something that is wrong with a study."""
    kind = rng.choices([damaged, linked, vouched, recorded, stranger], [5, 4, 5, 7, 2])[0]
    return kind(rng, folder)


def damaged(rng: Random, folder: str) -> list[Step]:
    """Damage that the manifest does not vouch for."""
    path = f"{folder}/{rng.choice(PARTS)}"
    return [rng.choice([Step("flip", path, round(rng.random(), 3)), Step("truncate", path, rng.choice([0, 0.5, 0.9])),
                        Step("remove", path),
                        Step("move", path, rng.choice(["part-000001.parquet", "x", ".x.tmp"])),
                        Step("remove", f"{folder}/runs"),
                        Step("write", path, rng.choice(["of something else\n", "", "{}\n", "[]", "null"])),
                        Step("write", path, rng.choice([b"\x00" * 100, b"\xff\xfe", b"PAR1PAR1"]))])]  # fmt: skip


def linked(rng: Random, folder: str) -> list[Step]:
    """A link, a pipe or a folder where a file is expected, or a link where a folder is."""
    path = f"{folder}/{rng.choice([*PARTS, *MADE])}"
    target = rng.choice(
        [OUTSIDE, "../../../../outside", "../../../../outside/deep", "/dev/zero", "/dev/full", "nowhere", "..", "."]
    )
    return [
        rng.choice(
            [Step("link", path, target), Step("link", path, target), Step("pipe", path), Step("folder", f"{path}/x")]
        )
    ]


def vouched(rng: Random, folder: str) -> list[Step]:
    """What is wrong, and the manifest says that it is right."""
    manifest, part = f"{folder}/{MANIFEST}", f"{folder}/{rng.choice(PARTS[2:])}"
    size = rng.choice([0, -1, 10**30, "x", None, 1.5, True, [], 5])
    line = {"file": rng.choice(NAMES), "bytes": size, "blake2b": rng.choice(["0" * 64, "", 5, None])}
    odd = rng.choice(
        [{}, {"file": 5}, {"file": None}, {"file": ["x"]}, {"finished": "x"}, {"finished": 10**400}, {"x": 1}]
    )
    header = rng.choice([{"format": "x"}, {"format": 10**400}, {"format": None}, {"study": None}, {"study": 5},
                         {"study": "x" * 1000},
                         {"study": "a\nb"}, {"results_version": 99}, {"results_version": "<b>"}, {"x": 1},
                         {"format": 1}])  # fmt: skip
    return rng.choice([
        [Step("line", manifest, line)], [Step("line", manifest, line)], [Step("line", manifest, odd)],
        [Step("header", manifest, header)],
        [Step("table", part, rng.choice(TABLES))], [Step("table", part, rng.choice(TABLES))],
        [Step("flip", part, 0.5), Step("vouch", part)],
        [Step("write", f"{folder}/provenance.json",
              rng.choice(["[]", "5", "{}", "null", '{"study": {}}', "[" * 9000, "x", "\x00"])),
         Step("vouch", f"{folder}/provenance.json")],
    ])  # fmt: skip


def recorded(rng: Random, folder: str) -> list[Step]:
    """A record of origin that holds something else, for which the manifest vouches."""
    return [Step("record", f"{folder}/provenance.json", (rng.choice(FIELDS), rng.choice([None, *HOSTILE_JSON])))]


def stranger(rng: Random, folder: str) -> list[Step]:
    """A file that is not of the study."""
    name = rng.choice(
        [
            "runs/part-000099.parquet",
            "notes.txt",
            "runs/notes.txt",
            ".x.tmp",
            "runs/.part.1.tmp",
            "a\nb",
            "\udcff",
            "x" * 200,
        ]
    )
    return [Step("write", f"{folder}/{name}", "mine")]


def of_shards(rng: Random) -> Input:
    """Shards that are merged, one of them with something wrong."""
    folder = "results/tiny/{cut}"
    shards = [f"{folder}-shard-{number}-of-2" for number in (1, 2)]
    steps = [Step("study", shard) for shard in shards]
    for _ in range(rng.choice([0, 1, 1, 2])):
        steps += wrong(rng, rng.choice(shards))
    if rng.random() < 0.2:
        steps += rng.choice([[Step("remove", shards[0])],
                             [Step("study", "results/tiny/{other}"), Step("move", f"{shards[0]}/{MANIFEST}", "x")],
                             [Step("link", f"{folder}-shard-9-of-9", "../../../outside")],
                             [Step("write", f"{folder}-shard-x", "")],
                             [Step("folder", folder)], [Step("link", folder, "../../../outside/deep")]])  # fmt: skip
    job = rng.choices(["merge", "check", "sweep"], [8, 1, 2])[0]
    words = {
        "merge": [f"study={folder}"],
        "check": [f"study={shards[0]}"],
        "sweep": [*STUDIES["cut"], rng.choice(["shard=1/2", "shard=2/2"])],
    }
    return Input((job, *words[job]), tuple(steps))
