"""The two commands of README.md, as a new user on a machine with only what README.md asks for.

The machine is this Debian's own release, made by debootstrap in a folder. Its pip is configured as
the one here, and sees the files that this configuration names.
"""

import ast
import configparser
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import pytest

from debian import install
from snakemake_runs import ROOT

pytestmark = pytest.mark.bare

PACKAGES = "python3,python3-venv,make,git"  # git for the clone
HOME = "home/new"
CONFIG = """
run: small
models: {rank: {steps: 20, evaluate_every: 10}}
learning_curve: {shares: []}
speed: {variants: []}
"""


def settings_of_pip():
    """The settings in pip's files here, as one such file, and those in the environment."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    file = configparser.ConfigParser(interpolation=None)
    for line in done.stdout.splitlines():
        name, value = line.split("=", 1)
        section, key = name.rsplit(".", 1)
        if section != ":env:":
            file.read_dict({section: {key: ast.literal_eval(value)}})
    names = [name for name in os.environ if name.startswith("PIP_") or name.endswith("_proxy")]
    return file, {name: os.environ[name] for name in names if name != "PIP_CONFIG_FILE"}


def files_of_pip(file, variables):
    """Files and folders here that pip's settings name; an index has its packages beside it."""
    values = [value for section in file.values() for value in section.values()]
    for word in " ".join([*values, *variables.values()]).split():
        path = Path(word.removeprefix("file://"))
        if path.is_absolute() and path.exists():
            yield path.parent if word.startswith("file://") else path


class Machine:
    """A folder with a bare Debian, a user and the user's clone of this repository."""

    def __init__(self, root):
        self.root = root
        settings, self.variables = settings_of_pip()
        self.mounts = {*files_of_pip(settings, self.variables), Path("/dev")}
        release = platform.freedesktop_os_release()["VERSION_CODENAME"]
        made = self.call(
            ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", release, root]
        )
        if made.returncode:
            pytest.skip(f"debootstrap: {made.stdout.splitlines()[-1]}")
        for path in self.mounts:
            inside = root / path.relative_to("/")
            inside.parent.mkdir(parents=True, exist_ok=True)
            inside.mkdir(exist_ok=True) if path.is_dir() else inside.touch()
        for name in ("etc/resolv.conf", "etc/hosts"):
            (root / name).write_bytes(Path("/", name).read_bytes())
        with (root / "etc/pip.conf").open("w", encoding="utf-8") as file:
            settings.write(file)
        self.clone = root / HOME / "aptarank"
        for command in (
            ["chroot", root, "useradd", "--create-home", "--home-dir", f"/{HOME}", "new"],
            ["git", "clone", "--quiet", ROOT, self.clone],
            ["chroot", root, "chown", "--recursive", "new:new", f"/{HOME}"],
        ):
            subprocess.run(command, check=True)

    def call(self, command, *without):
        """Run a command whose mounts and processes end with it."""
        return subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", *without, "--", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def make(self, words, *without):
        """Let the user say this to make in the clone; returns what is printed."""
        root = shlex.quote(str(self.root))
        script = ["set -e", f"mount -t proc proc {root}/proc"]
        script += [f"mount --rbind {path} {root}{path}" for path in map(str, self.mounts)]
        variables = {"HOME": f"/{HOME}", "PATH": "/usr/bin:/bin"} | self.variables
        user = ["chroot", "--userspec=new:new", str(self.root), "env", "--ignore-environment"]
        user += [f"{name}={value}" for name, value in variables.items()]
        user += ["make", "--directory", f"/{HOME}/aptarank", *words]
        done = self.call(
            ["bash", "-c", "\n".join([*script, shlex.join(["exec", *user])])], *without
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def machine():
    if os.geteuid():
        pytest.skip("makes a Debian from its packages: needs root")
    missing = install({"debootstrap": "debootstrap"})
    if missing:
        pytest.skip(missing)
    with tempfile.TemporaryDirectory(prefix="machine-") as folder:
        yield Machine(Path(folder, "root"))  # the folder itself is for root alone


def test_make_run(machine):
    """It installs, and begins with the example."""
    machine.make(["run", "ARGS=results/example/example/split.csv"])
    parts = pd.read_csv(machine.clone / "results/example/example/split.csv")["part"]
    assert set(parts) == {"train", "validation", "test"}


def test_make_run_without_a_network(machine):
    """Once it is installed: the whole chain, with a short training."""
    (machine.clone / "small.yaml").write_text(CONFIG, encoding="utf-8")
    said = machine.make(["run", "ARGS=--configfile small.yaml"], "--net")
    assert "Done. Results: results/small/" in said
    comparison = pd.read_csv(machine.clone / "results/small/example/comparison.csv")
    assert {"rank", "blend", "ridge"} <= set(comparison["model"])
    assert (machine.clone / "results/small/manifest.json").is_file()


def test_make_test(machine):
    """All checks, and the tests of some modules."""
    said = machine.make(["test", "ARGS=tests/values tests/columns --quiet"])
    assert " passed" in said
    assert " failed" not in said
