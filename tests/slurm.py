"""A Slurm cluster of one node, this one, from the system's packages: real daemons, in a folder of its own.

``with slurm_node(folder) as environment`` begins it (root, and Debian's ``munge``, ``slurmctld`` and
``slurmd`` are needed; :func:`missing` says what is not there) and ends it. ``environment`` is for ``sbatch``,
``squeue`` and what calls them.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")
_SEARCHED = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_CONFIGURATION = """
ClusterName=seqfer
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser=root
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdSpoolDir={folder}/spool
StateSaveLocation={folder}/state
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
SlurmdParameters=config_overrides
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} Boards=1 SocketsPerBoard=1 CoresPerSocket={cpus} \
ThreadsPerCore=1 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=60 State=UP 
"""


def missing() -> str | None:
    """Why there can be no Slurm here, or None."""
    if os.geteuid() != 0:
        return "a Slurm of one's own needs root"
    absent = [name for name in _PROGRAMS if shutil.which(name, path=_SEARCHED) is None]
    return f"needs {', '.join(absent)} (Debian: munge, slurmctld, slurmd, slurm-client)" if absent else None


@contextmanager
def slurm_node(folder: Path, cpus: int = 4) -> Iterator[dict[str, str]]:
    """Begin munge, the controller and the node daemon; end them, and all jobs, at the end of the block.

    Args:
        folder: empty, for keys, state and logs.
        cpus: that the node is said to have.
    """
    environment = {**os.environ, "PATH": _SEARCHED, "SLURM_CONF": str(folder / "slurm.conf")}
    for name in ("spool", "state"):
        (folder / name).mkdir()
    folder.chmod(0o755)
    key = folder / "munge.key"
    key.write_bytes(os.urandom(64))
    key.chmod(0o400)
    host = socket.gethostname().split(".")[0]
    configuration = _CONFIGURATION.format(
        host=host, folder=folder, cpus=cpus, controller=_free_port(), node=_free_port()
    )
    (folder / "slurm.conf").write_text(configuration)
    (folder / "cgroup.conf").write_text("CgroupPlugin=autodetect\nIgnoreSystemd=yes\n")
    daemons: list[subprocess.Popen[bytes]] = []

    def begin(*command: str) -> None:
        log = (folder / f"{command[0]}.out").open("wb")
        daemons.append(
            subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
        )

    try:
        # --force: pytest's folders are writable by nobody else, but their parents in /tmp are.
        begin("munged", "--foreground", "--force", f"--socket={folder}/munge.socket", f"--key-file={key}",
              f"--log-file={folder}/munge.log", f"--pid-file={folder}/munge.pid",
              f"--seed-file={folder}/munge.seed")  # fmt: skip
        _wait(lambda: (folder / "munge.socket").exists(), "munge does not answer", folder)
        begin("slurmctld", "-D", "-i")
        begin("slurmd", "-D")

        def is_idle() -> bool:
            told = subprocess.run(
                ["sinfo", "-h", "-o", "%T"], capture_output=True, text=True, env=environment
            )
            return told.stdout.strip().startswith("idle")

        _wait(is_idle, "the node does not come up", folder)
        yield environment
    finally:
        subprocess.run(["scancel", "--full", "-u", "root"], env=environment, capture_output=True)
        time.sleep(1)
        for daemon in reversed(daemons):
            with suppress(ProcessLookupError):
                os.killpg(daemon.pid, signal.SIGTERM)
        for daemon in reversed(daemons):
            with suppress(subprocess.TimeoutExpired):
                daemon.wait(10)
            with suppress(ProcessLookupError):
                os.killpg(daemon.pid, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(condition, complaint: str, folder: Path, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            logs = "\n".join(
                f"{p.name}: {p.read_text(errors='replace')[-1500:]}" for p in folder.glob("*.log")
            )
            raise RuntimeError(f"{complaint}\n{logs}")
        time.sleep(0.2)
