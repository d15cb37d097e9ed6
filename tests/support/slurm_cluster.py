"""A real SLURM of two nodes with a fake GPU each, on this machine: ordinary processes under one
private folder."""

import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

CONFIG = """
ClusterName=aptarank
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/run/munge.sock,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd-%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd-%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill,UsePss
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
EnforcePartLimits=ALL
MinJobAge=3600
KillWait=5
MessageTimeout=60
TCPTimeout=30
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/none
NodeName=DEFAULT CPUs=8 RealMemory=16000 Gres=gpu:fake:1
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]}
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]}
PartitionName=cpu Nodes=n1,n2 Default=YES MaxTime=60
PartitionName=gpu Nodes=n1,n2 MaxTime=60
"""
# Without a file the nodes drain.
GPUS = "NodeName=n1,n2 Name=gpu Type=fake File=/dev/null\n"
NODES = ("n1", "n2")


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Cluster:
    """The running cluster.

    Attributes:
        environment: variables with which programs find it.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        for name in ("etc", "run", "log", "state", "spool", "bin", "munge"):
            (folder / name).mkdir(parents=True)
        host = socket.gethostname().split(".")[0]
        values = {"folder": folder, "host": host, "user": getpass.getuser()}
        config = folder / "etc/slurm.conf"
        config.write_text(CONFIG.format(ports=free_ports(3), **values))
        (folder / "etc/gres.conf").write_text(GPUS)
        (folder / "munge").chmod(0o700)
        key = folder / "munge/key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(1024))
        # The plugin's job step drops every SLURM_* variable, so that its srun would not find us.
        for program in ("srun", "scontrol"):
            wrapper = folder / "bin" / program
            real = shutil.which(program)
            wrapper.write_text(f'#!/bin/sh\nSLURM_CONF={config} exec {real} "$@"\n')
            wrapper.chmod(0o755)
        self.environment = os.environ | {
            "SLURM_CONF": str(config),
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }

    def __enter__(self) -> "Cluster":
        run, log = self.folder / "run", self.folder / "log"
        self.call(
            *("munged", "--force", f"--key-file={self.folder}/munge/key"),
            *(f"--socket={run}/munge.sock", f"--pid-file={run}/munged.pid"),
            *(f"--log-file={log}/munged.log", f"--seed-file={run}/munged.seed"),
        )
        self.call("slurmctld")
        for node in NODES:
            self.call("slurmd", "-N", node)
        for _ in range(60):
            done = self.call("srun", "-Q", "-N2", "-t1", "true", check=False)
            if done.returncode == 0:
                return self
            time.sleep(1)
        self.__exit__()
        raise RuntimeError(f"SLURM does not start: {done.stderr}")

    def __exit__(self, *_) -> None:
        self.call("scancel", "-u", getpass.getuser(), check=False)
        for _ in range(30):
            if not self.call("squeue", "-h", check=False).stdout.strip():
                break
            time.sleep(1)
        names = [*(f"slurmd-{node}" for node in NODES), "slurmctld", "munged"]
        for name in names:
            stop(self.folder / f"run/{name}.pid")

    def call(self, *command: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run a program of SLURM's."""
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=check
        )

    def lose(self, node: str) -> None:
        """A node is gone: its daemon dies, and SLURM takes it for down."""
        os.kill(int((self.folder / f"run/slurmd-{node}.pid").read_text()), signal.SIGKILL)
        self.call("scontrol", "update", f"nodename={node}", "state=down", "reason=lost")

    def restore(self, node: str) -> None:
        """It is back."""
        self.call("slurmd", "-N", node)

    def jobs(self) -> dict[str, dict[str, str]]:
        """All jobs that SLURM remembers, by number: what `scontrol show job` says of each."""
        said = self.call("scontrol", "-d", "-o", "show", "job").stdout
        found = {}
        for line in said.splitlines():
            if line.startswith("JobId="):
                fields = dict(word.partition("=")[::2] for word in line.split())
                found[fields["JobId"]] = fields
        return found


def stop(pid_file: Path) -> None:
    """End a daemon by its pid file."""
    try:
        pid = int(pid_file.read_text())
        os.kill(pid, signal.SIGTERM)
    except (OSError, ValueError):
        return
    for _ in range(100):
        if not alive(pid):
            return
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def at_work_in(folder: Path) -> list[int]:
    """Processes that work in a folder, or below it."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if (place / "cwd").resolve().is_relative_to(folder) and alive(int(place.name)):
                found.append(int(place.name))
        except OSError:
            continue
    return found
