"""The whole chain under a real SLURM, with everything that happens on a cluster happening to it.

`make test-slurm` runs it and prints what was checked.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import yaml

from aptarank.provenance.run_differences import compare_folders
from debian import SLURM, install
from made_aptamers import random_aptamers
from slurm_cluster import Cluster, at_work_in
from snakemake_runs import ROOT

pytestmark = pytest.mark.slow

OVERLAY = """
datasets: {lab: {path: scored.csv, better: lower}}
models: {rank: {steps: 600, patience: null, evaluate_every: 200}}
learning_curve: {shares: []}
speed: {variants: []}
checkpoints: {steps: 20}
threads: 1
blend: false
expected: {level: null}
"""
PARTITIONS = """
partitions:
  cpu: {max_runtime: 60, max_mem_mb: 16000}
  gpu: {max_runtime: 60, max_mem_mb: 16000, max_gpu: 1}
"""
RULE = re.compile(r"rule_([a-z_]+?)(?:_wildcards|$)")


@pytest.fixture(scope="module")
def cluster():
    """The cluster; at the end, nothing of it or its jobs runs."""
    missing = install(SLURM)
    if missing:
        pytest.skip(missing)
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    try:
        with Cluster(folder) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def checked(request):
    """The table of what was checked; printed at the end."""
    rows = []
    yield lambda what, seen: rows.append(f"| {what} | {seen} |")
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("", "| under SLURM | seen |", "|---|---|", *rows, sep="\n")


class Run:
    """Snakemake with profiles/slurm, as a site would have edited it, in a folder of its own."""

    def __init__(self, cluster, folder, overlay, resources=(), retries=3):
        self.cluster, self.folder = cluster, folder
        folder.mkdir()
        random_aptamers(3, 150).to_csv(folder / "scored.csv", index=False)
        (folder / "overlay.yaml").write_text(overlay)
        (folder / "partitions.yaml").write_text(PARTITIONS)
        profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
        profile |= {
            "slurm-partition-config": str(folder / "partitions.yaml"),
            "slurm-status-command": "squeue",  # there is no accounting here
            "slurm-init-seconds-before-status-checks": 3,
            "latency-wait": 5,
            "retries": retries,
        }
        profile["default-resources"] |= {"mem_mb": "2000 * attempt", "runtime": "5 * attempt"}
        profile["set-resources"]["finetune"] |= {"mem_mb": "2000 * attempt", "runtime": 5}
        for rule, wanted in dict(resources).items():
            profile["set-resources"].setdefault(rule, {}).update(wanted)
        (folder / "profile").mkdir()
        (folder / "profile/config.yaml").write_text(yaml.safe_dump(profile))

    def start(self, *arguments):
        """Start Snakemake; what it says goes to run.log."""
        command = [sys.executable, "-m", "snakemake", "-s", ROOT / "Snakefile", *arguments]
        command += ["--configfile", "overlay.yaml", "--workflow-profile", "profile"]
        with (self.folder / "run.log").open("w") as log:
            environment = self.cluster.environment | {"OMP_NUM_THREADS": "1"}
            return subprocess.Popen(
                command,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
                # Else it stays ignored where the tests run in the background.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    @property
    def said(self):
        return (self.folder / "run.log").read_text()

    def jobs(self, rule=None):
        """SLURM's view of the jobs of this run, or of one of its rules."""
        mine = [job for job in self.cluster.jobs().values() if job["WorkDir"] == str(self.folder)]
        return [job for job in mine if rule in (None, RULE.search(job["Comment"])[1])]

    def until(self, what, process, seconds=600):
        """Wait until `what()` is true, while Snakemake runs; returns it."""
        end = time.monotonic() + seconds
        while not (found := what()):
            assert process.poll() is None, self.said
            assert time.monotonic() < end, self.said
            time.sleep(0.5)
        return found

    def running(self, rule):
        """The running job of a rule, or None."""
        return next((job for job in self.jobs(rule) if job["JobState"] == "RUNNING"), None)

    def process_of(self, script):
        """The process of a script that is at work in the folder, or None."""
        for pid in at_work_in(self.folder):
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:  # it has just ended
                continue
            if words[1:2] and words[1].endswith(f"scripts/{script}.py".encode()):
                return pid
        return None


@pytest.fixture(scope="module")
def locally(tmp_path_factory, cluster):
    """The same chain undisturbed and without SLURM, started beside the others."""
    run = Run(cluster, tmp_path_factory.mktemp("here") / "run", OVERLAY)
    command = [sys.executable, "-m", "snakemake", "-s", ROOT / "Snakefile", "--cores", "1"]
    process = subprocess.Popen(
        [*command, "--configfile", "overlay.yaml"],
        cwd=run.folder,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    yield run, process
    process.kill()


@pytest.fixture(scope="module")
def others(cluster, tmp_path_factory):
    """Runs that wait more than they work, started beside the long one: by name, run and process."""
    folder = tmp_path_factory.mktemp("others")
    few = OVERLAY.replace("600", "10").replace("200", "5")
    spread = few + "nodes: 2\nprocesses: 2\n"
    failing = few.replace("better: lower", "better: lower, score: none")
    model = "results/example/lab/rank/seed-1/model"
    runs = {
        "spread": (Run(cluster, folder / "spread", spread), [model]),
        "failing": (Run(cluster, folder / "failing", failing, retries=0), []),
    }
    started = {name: (run, run.start(*targets)) for name, (run, targets) in runs.items()}
    yield started
    for _, process in started.values():
        process.kill()


def held_up(run, process):
    """The next run of the training goes no further, as on a slow machine, until SLURM warns it."""
    log = run.folder / "results/example/lab/logs/rank/seed-1/finetune.log"
    run.until(lambda: not run.process_of("finetune"), process)
    run.until(lambda: run.process_of("finetune"), process)
    seen = time.time()

    def training():
        try:
            return "training aptamers" in log.read_text() and log.stat().st_mtime > seen
        except FileNotFoundError:  # Snakemake removes that of the last run
            return False

    run.until(training, process)
    time.sleep(1)
    os.kill(run.process_of("finetune"), signal.SIGSTOP)  # SLURM wakes what it warns


@pytest.fixture(scope="module")
def troubled(cluster, locally, others, tmp_path_factory):
    """The chain, with all that can happen to its jobs; returns the run and what was done to it."""
    short = {
        "export": {"mem_mb": "400 * attempt"},
        # SLURM looks each 30 s: the warning comes 45 to 75 s after the start.
        "finetune": {"runtime": 2, "slurm_extra": "'--signal=URG@45'"},
        "audit": {"runtime": "attempt"},
    }
    run = Run(cluster, tmp_path_factory.mktemp("slurm") / "run", OVERLAY, short)
    process = run.start()
    done = {}

    job = run.until(lambda: run.running("split"), process)
    cluster.call("scancel", job["JobId"])
    done["cancelled"] = job["JobId"]

    os.kill(run.until(lambda: run.process_of("audit"), process), signal.SIGSTOP)  # it hangs

    job = run.until(lambda: run.running("finetune"), process)
    folder = run.folder / "results/example/lab/rank/seed-1/checkpoints"
    run.until(lambda: list(folder.glob("step-*.safetensors")), process)
    preempt = ("scontrol", "requeue", job["JobId"])  # refused while the job requeues itself
    run.until(lambda: cluster.call(*preempt, check=False).returncode == 0, process)
    done["requeued"] = job["JobId"]
    for _ in range(2):
        held_up(run, process)

    job = run.until(lambda: run.running("evaluate"), process)
    node = job["NodeList"]
    cluster.lose(node)
    run.until(lambda: (run.running("evaluate") or job)["NodeList"] != node, process)
    cluster.restore(node)
    done["lost"] = f"{job['JobId']} on {node}"
    assert process.wait(600) == 0, run.said
    return run, done


def test_the_results_are_those_of_an_undisturbed_run(troubled, locally, checked):
    run, _ = troubled
    here, process = locally
    said = process.communicate()[1]
    assert process.returncode == 0, said
    found = compare_folders(*(folder / "results/example" for folder in (here.folder, run.folder)))
    assert found.same, found
    count = len(found.identical)
    assert count > 20
    checked("the chain, beside a run without SLURM", f"{count} files the same to the byte")


def test_the_gpu_went_to_the_training_alone(troubled, checked):
    run, _ = troubled
    with_gpu = {
        RULE.search(job["Comment"])[1]: (job["JobId"], job.get("TresPerJob"), job["Partition"])
        for job in run.jobs()
        if "gpu" in job.get("TresPerJob", "") + job.get("TRES", "")
    }
    assert set(with_gpu) == {"finetune"}
    number, gpu, partition = with_gpu["finetune"]
    assert (gpu, partition) == ("gres:gpu:1", "gpu")
    assert {job["Partition"] for job in run.jobs()} == {"cpu", "gpu"}
    checked("GPU, as SLURM reports it", f"job {number} (finetune): {gpu} in {partition}; no other")
    rules = {RULE.search(job["Comment"])[1] for job in run.jobs()}
    assert {"ingest", "pair", "tokenizer", "predict", "export", "compare"} <= rules
    assert "manifest" not in rules


def test_a_cancelled_job_is_retried(troubled, checked):
    run, done = troubled
    states = [job["JobState"] for job in run.jobs("split")]
    assert sorted(states) == ["CANCELLED", "COMPLETED"]
    checked("scancel", f"split, job {done['cancelled']}: {', then '.join(states)}")


def test_more_memory_after_too_little(troubled, checked):
    run, _ = troubled
    jobs = run.jobs("export")
    assert jobs[0]["JobState"] in ("FAILED", "OUT_OF_MEMORY")
    assert jobs[-1]["JobState"] == "COMPLETED"
    asked = [job["MinMemoryNode"] for job in jobs]
    assert asked[0] == "400M"
    assert len(asked) > 1
    checked("memory over the limit", f"export: {', then '.join(asked)}")


def test_more_time_after_too_little(troubled, checked):
    run, _ = troubled
    found = [(job["JobState"], job["TimeLimit"]) for job in run.jobs("audit")]
    assert found == [("TIMEOUT", "00:01:00"), ("COMPLETED", "00:02:00")]
    checked("a job that hangs", "audit: TIMEOUT after 00:01:00, then 00:02:00")


def test_a_training_longer_than_the_time_limit(troubled, checked):
    """One SLURM job for all of it: requeued once by hand, then as often as SLURM warned it."""
    run, done = troubled
    jobs = run.jobs("finetune")
    assert [job["JobId"] for job in jobs] == [done["requeued"]], (jobs, run.said)
    (job,) = jobs
    assert int(job["Restarts"]) >= 3
    assert job["TimeLimit"] == "00:02:00"
    log = (run.folder / "results/example/lab/logs/rank/seed-1/finetune.log").read_text()
    steps = re.findall(r"going on from the checkpoint of step (\d+)", log)
    assert len(steps) == 1
    assert int(steps[0]) > 0
    (whole,) = (run.folder / ".snakemake/log").glob("*.snakemake.log")
    assert re.search(r"Finished jobid: \d+ \(Rule: finetune\)", whole.read_text())
    assert re.search(r"^\[\d+ of \d+.*\] finetune rank: step ", run.said, re.M)  # how far it is
    checked(
        "training over the limit of 2 minutes",
        f"job {job['JobId']}: run {int(job['Restarts']) + 1} times, the last from step {steps[0]}",
    )


def test_a_lost_node(troubled, checked):
    run, done = troubled
    (job,) = run.jobs("evaluate")
    assert job["JobState"] == "COMPLETED"
    assert int(job["Restarts"]) >= 1
    checked("node down", f"evaluate, job {done['lost']}: run again on {job['NodeList']}")


def test_a_failing_rule(others, checked):
    run, process = others["failing"]
    assert process.wait(600) == 1
    (job,) = run.jobs()
    error = run.said[run.said.index("Error in rule ingest") :]
    assert f"SLURM-job '{job['JobId']}' failed" in error
    assert "log: results/example/lab/logs/ingest.log" in error
    log = (run.folder / "results/example/lab/logs/ingest.log").read_text()
    assert "no column 'none'" in log
    checked("failing rule", f"ingest, job {job['JobId']}, its log named; nothing else started")


def test_a_training_over_two_nodes(others, checked):
    run, process = others["spread"]
    assert process.wait(600) == 0, run.said
    (job,) = run.jobs("finetune")
    assert job["NumNodes"] == "2"
    log = (run.folder / "results/example/lab/logs/rank/seed-1/finetune.log").read_text()
    assert "2 processes" in log
    gpus = [job[key] for key in job if key.startswith("TresPer")]
    checked("training over two nodes", f"job {job['JobId']} on {job['NodeList']}, {' '.join(gpus)}")


def screened_with_a_kill(run, count, chunks=4, until=lambda: True):
    """Screen this many in a folder that has a model; one of the chunks is killed on its way.

    Returns the jobs of the chunks and the bytes of the shortlist. Those of a run without SLURM,
    all in one, undisturbed, are in the folder `whole`.
    """
    with (run.folder / "overlay.yaml").open("a") as overlay:
        overlay.write(f"screen: {{random: {count}, length: 15, keep: 100, chunks: {chunks}}}\n")
    process = run.start("results/example/screen/shortlist.csv")
    pid = run.until(lambda: run.process_of("screen"), process)
    run.until(until, process)
    os.kill(pid, signal.SIGKILL)
    assert process.wait(1800) == 0, run.said
    (run.folder / "whole").mkdir()
    model = run.folder / "results/example/lab/rank/seed-1/onnx/model.onnx"
    for command in (
        ["screen", "--random", str(count), "--keep", "100", "--model", model, "-o", "all"],
        ["shortlist", "all", "-o", "shortlist.csv"],
    ):
        program = [sys.executable, ROOT / f"scripts/{command[0]}.py", *command[1:]]
        subprocess.run(program, cwd=run.folder / "whole", check=True, capture_output=True)
    return run.jobs("screen"), (run.folder / "results/example/screen/shortlist.csv").read_bytes()


def test_a_killed_chunk_is_screened_again_alone(others, checked):
    run, process = others["spread"]
    assert process.wait(600) == 0, run.said
    jobs, shortlist = screened_with_a_kill(run, 30_000)
    states = sorted(job["JobState"] for job in jobs)
    assert states == ["COMPLETED"] * 4 + ["FAILED"]
    assert shortlist == (run.folder / "whole/shortlist.csv").read_bytes()
    checked("30,000 screened in 4 chunks, one killed", f"{', '.join(states)}; shortlist the same")


def test_interrupt(cluster, tmp_path, checked):
    """Ctrl-C: what is queued and what runs is cancelled."""
    run = Run(cluster, tmp_path / "run", OVERLAY)
    process = run.start()
    running = run.until(lambda: run.running("tokenizer") and run.running("split"), process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    assert process.wait(120) != 0
    end = time.monotonic() + 60
    while run_states(run) & {"RUNNING", "PENDING", "COMPLETING"} or at_work_in(run.folder):
        assert time.monotonic() < end, (run.jobs(), at_work_in(run.folder))
        time.sleep(0.5)
    assert run_states(run) <= {"COMPLETED", "CANCELLED"}
    checked("Ctrl-C", f"job {running['JobId']} (split) and others cancelled; nothing left running")


def test_nothing_stays_running(troubled, others, checked):
    """Not even what the lost node was doing."""
    runs = [troubled[0], *(run for run, _ in others.values())]
    end = time.monotonic() + 120
    while left := [pid for run in runs for pid in at_work_in(run.folder)]:
        assert time.monotonic() < end, [Path(f"/proc/{pid}/cmdline").read_text() for pid in left]
        time.sleep(0.5)
    assert not {state for run in runs for state in run_states(run)} & {"RUNNING", "PENDING"}
    checked("afterwards", "no job in the queue, no process in the folders")


def run_states(run):
    return {job["JobState"] for job in run.jobs()}
