"""Whatever fails, one message says what and what to do, and the next call goes on.

`benchmarks/faults.py` kills Snakemake and every script at random moments and compares the results.
"""

import json
import os
import pickle
import re
import shutil
import signal
import subprocess

import pytest

from aptarank.config.resolution import resolve
from aptarank.core.errors import InputError
from aptarank.exports.onnx_runtime import onnx_forward
from aptarank.models.encoder import load_model
from snakemake_runs import run_snakemake
from trainings import at_work_in, start_training

pytestmark = pytest.mark.slow


@pytest.fixture
def data(finished, tmp_path):
    """A finished dataset's folder, to break."""
    return shutil.copytree(finished / "results/small/lab", tmp_path / "lab")


def commands(data):
    """A command of each program that writes, without its output."""
    pairs = [f"--{part}={data}/pairs/{part}.parquet" for part in ("train", "validation", "test")]
    aptamers = f"--aptamers={data}/aptamers.csv"
    model = f"--model={data}/rank/seed-1/model"
    folder = data / "rank/seed-1"
    logits = [f"--logits={folder}/logits.parquet", f"--scores={folder}/scores.csv"]
    tokenizer = f"--tokenizer={data}/rank/tokenizer"
    short = ["--set=steps=2", "--set=evaluate_every=1", "--kind=rank"]
    return {
        "split": [data / "aptamers.csv"],
        "pairing": ["-d", data / "aptamers.csv", "--split", data / "split.csv"],
        "audit": [aptamers, f"--split={data}/split.csv", pairs[2]],
        "tokenizer": [data / "aptamers.csv", "--settings", '{"kind": "rank"}'],
        "finetune": [aptamers, *pairs[:2], tokenizer, *short],
        "predict": [data / "pairs/test.parquet", model],
        "evaluate": [
            *[*logits, aptamers, model, f"--history={folder}/history.csv"],
            *["--name=rank", "--dataset=lab", "--resamples=9"],
        ],
        "baselines": [aptamers, f"--split={data}/split.csv", *pairs],
        "export": [model, f"--pairs={data}/pairs/test.parquet"],
        "variant": ["torch-fp32", model, aptamers, *pairs, "--resamples=9"],
        "card": [
            *[model, f"--onnx={folder}/onnx/model.onnx", f"--metrics={folder}/metrics.json"],
            *[aptamers, f"--ingestion={data}/ingestion.json", f"--baselines={data}/baselines.csv"],
            *[f"--split={data}/split.csv", f"--audit={data}/audit/audit.csv"],
        ],
    }


WRITES = [
    *("split", "pairing", "audit", "tokenizer", "finetune", "predict", "evaluate", "baselines"),
    *("export", "variant", "card"),
]


@pytest.fixture
def disk(tmp_path):
    """Mount a small disk."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"cannot mount a small disk: {mounted.stderr}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.parametrize("script", WRITES)
def test_a_disk_that_is_full_or_read_only(data, program, disk, script):
    """One message that names the file and says what to do; run again, it works."""
    arguments = commands(data)[script]
    (disk / "other").write_bytes(b"0" * 65536)
    output = disk / "output"
    for state, said in (("rw", "No space left on device"), ("ro", "Read-only file system")):
        subprocess.run(["mount", "-o", f"remount,{state}", disk], check=True)
        result = program(script, *arguments, "-o", output, code=1)
        assert said in result.output
        assert str(disk) in result.output
        assert "What to do: " in result.output
        assert "Traceback" not in result.output
    subprocess.run(["mount", "-o", "remount,rw,size=100m", disk], check=True)
    program(script, *arguments, "-o", output)
    assert output.exists()


@pytest.mark.parametrize("script", WRITES)
def test_an_input_that_is_cut_short_or_gone(data, program, script):
    """Each file that a program reads: halved, then deleted."""
    arguments = commands(data)[script]
    named = re.findall(re.escape(str(data)) + r"/[^,\s'\"]+", " ".join(map(str, arguments)))
    files = [path for name in named for path in files_of(data / name)]
    assert files
    for path in files:
        content = path.read_bytes()
        for damaged in (content[: len(content) // 2], None):
            path.unlink()
            if damaged is not None:
                path.write_bytes(damaged)
            result = program(script, *arguments, "-o", data / "output", code=None)
            if result.exit_code:
                assert result.exit_code == 1, (path, damaged, result.output)
                assert "a bug in aptarank" not in result.output
                assert path.name in result.output or str(path.parent) in result.output, path
            else:  # half a table can be one
                others = path.name in NOT_NEEDED or (script == "evaluate" and "token" in path.name)
                assert path.suffix == ".csv" or others, (path, result.output)
            path.write_bytes(content)


# What an encoder's folder has for others.
NOT_NEEDED = {"special_tokens_map.json", "tokenizer_config.json", "generation_config.json"}


def files_of(path):
    if path.is_dir():
        return [file for file in path.iterdir() if file.name != ".snakemake_timestamp"]
    return [path]


def test_a_corrupted_onnx(data):
    path = data / "rank/seed-1/onnx/model.onnx"
    content = path.read_bytes()
    for damaged in (content[: len(content) // 2], b"", b"\1" * 1000):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"model\.onnx: not an ONNX model that can be loaded"):
            onnx_forward(path, 1)


class Hostile:
    """Unpickled, it leaves a file."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (open, (str(self.mark), "w"))


def test_a_model_folder_runs_no_code_of_its_own(data, program, tmp_path):
    mark = tmp_path / "hacked"
    folder = data / "rank/seed-1/model"
    pickled = pickle.dumps(Hostile(mark))
    pickle.loads(pickled).close()
    mark.unlink()  # it would have

    code = f"from pathlib import Path\nPath({str(mark)!r}).touch()\nclass Own: pass\n"
    (folder / "own.py").write_text(code)
    for name in ("config.json", "tokenizer_config.json"):
        about = json.loads((folder / name).read_text())
        own = {"AutoConfig": "own.Own", "AutoModelForSequenceClassification": "own.Own"}
        about["auto_map"] = own | {"AutoTokenizer": ["own.Own", "own.Own"]}
        (folder / name).write_text(json.dumps(about))
    arguments = commands(data)
    for script in ("predict", "export"):
        program(script, *arguments[script], "-o", data / "output", code=None)
    assert not mark.exists()

    (folder / "model.safetensors").unlink()
    for name in ("pytorch_model.bin", "model.safetensors.bin", "pytorch_model.pt"):
        (folder / name).write_bytes(pickled)
    with pytest.raises(InputError, match="weights in pickle are never read"):
        load_model(folder)
    settings = json.dumps({"kind": "rank", "checkpoint": str(folder)})
    finetune = [*arguments["finetune"], "--settings", settings, "-o", data / "output"]
    assert str(folder) in program("finetune", *finetune, code=1).output
    assert not mark.exists()


def test_a_killed_snakemake_and_a_second_one(tmp_path, scored):
    """A second is refused while the first runs; killed, it leaves nothing that stops the next."""
    running, target, _ = start_training(tmp_path, scored)
    second = run_snakemake(tmp_path, target, "--configfile", "overlay.yaml", code=1)
    assert "Another Snakemake is at work in this directory (process " in second.stderr
    assert "--unlock" not in second.stderr.split("cannot be locked")[0]
    assert planned_beside(tmp_path, target)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    done = run_snakemake(tmp_path, target, "--configfile", "overlay.yaml")
    assert "The last Snakemake was killed; its lock on this directory is removed" in done.stderr
    (log,) = tmp_path.rglob("finetune.log")
    assert "going on from the checkpoint of step" in log.read_text()
    found = subprocess.run(["pgrep", "-f", "finetune.py"], capture_output=True, text=True)
    assert not [pid for pid in map(int, found.stdout.split()) if at_work_in(pid, tmp_path)]


def planned_beside(folder, target):
    """A dry run is allowed beside another Snakemake."""
    done = run_snakemake(folder, target, "-n", "--configfile", "overlay.yaml")
    return "This was a dry-run" in done.stdout


HOSTILE = ["$(touch hacked)", "`touch hacked`", "a; touch hacked", "'a' \"b\"", "a\nb", "-o", "ä *"]


def test_hostile_columns_and_files(snakemake, tmp_path, scored):
    """They reach the scripts as they are."""
    datasets = {}
    for number, name in enumerate(HOSTILE):
        scored.rename(columns={"score": name}).to_csv(tmp_path / f"{name}.csv", index=False)
        path = f"./{name}.csv"
        datasets[f"d{number}"] = {"path": path, "score": name, "better": "higher"}
    targets = [f"results/example/{name}/aptamers.csv" for name in datasets]
    snakemake(*targets, config=json.dumps({"datasets": datasets}))
    for target in targets:
        assert (tmp_path / target).is_file()
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize("name", [*HOSTILE[:5], "rank\n", "..", "a/b", ""])
@pytest.mark.parametrize("where", ["run", "datasets", "models"])
def test_hostile_names_are_refused(where, name):
    """Where a name becomes a path of the results, letters and digits alone pass."""
    config = {
        "run": {"run": name},
        "datasets": {"datasets": {name: {"path": "d.csv", "better": "higher"}}},
        "models": {"models": {name: {"kind": "rank"}}},
    }[where]
    with pytest.raises(
        InputError, match=f"config: {where}.* expected only letters, digits, '_', '.'"
    ):
        resolve(config)
