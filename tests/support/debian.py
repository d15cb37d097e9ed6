"""Programs from Debian's packages, which some tests need."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock

SLURM = {"slurmctld": "slurm-wlm", "munged": "munge"}
BROWSER = {"chromium": "chromium", "chromedriver": "chromium-driver"}


def install(packages: Mapping[str, str]) -> str | None:
    """Install the packages of programs that are missing, if it is allowed; else say why not.

    Args:
        packages: by program.
    """
    what = ", ".join(packages)
    if all(map(shutil.which, packages)):
        return None
    if not os.environ.get("APTARANK_APT"):
        return f"{what}: not installed; APTARANK_APT=1 lets root install Debian's packages of it"
    if os.geteuid() or not shutil.which("apt-get"):
        return f"{what}: not installed; installing them needs root and Debian's packages"
    apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=120"]
    wanted = [*apt, "install", "-y", "--no-install-recommends", *packages.values()]
    with FileLock(Path(tempfile.gettempdir()) / "aptarank-apt.lock"):  # other workers install too
        for command in (wanted, [*apt, "update"], wanted):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if command is wanted and done.returncode == 0:
                return None
    return f"{what}: cannot be installed: {done.stderr.strip()}"
