"""Where the work is done: the settings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from seqfer.errors import readable
from seqfer.jobs import Job, Outcome
from seqfer.models.files import is_bundled

Kind = Literal["local", "slurm", "pbs", "sge", "lsf", "ssh", "kubernetes"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, kw_only=True)
class TlsConfig:
    """Certificates with which scheduler, workers and we know each other; see docs/cluster.md.

    Attributes:
        ca_file: of the authority that signed the others' certificates, PEM.
        cert: our certificate, PEM.
        key: our private key, PEM.
    """

    ca_file: Path
    cert: Path
    key: Path


@dataclass(frozen=True, kw_only=True)
class ClusterConfig:
    """Where the work is done.

    Attributes:
        kind: ``local`` for processes on this machine; ``slurm``, ``pbs``, ``sge``, ``lsf`` for jobs of a
            batch system (dask-jobqueue), ``ssh`` for ``hosts``, ``kubernetes`` (dask-kubernetes) for pods.
        workers: how many processes; on this machine one per core where not given.
        min_workers: as few as this are kept where there is little to do, and up to ``workers`` where there is
            much; always ``workers`` where not given.
        scheduler: address of a Dask cluster that is already there (tcp://host:8786, tls://…) to use instead.
        scheduler_file: file in which such a cluster tells its address.
        memory_limit: of a worker, as in ``4GiB``; a video that makes it take more fails, not the machine. By
            default the machine's memory is shared out.
        resources: what a task needs of a worker at a time, as in ``{GPU: 1}``. Workers of a cluster that is
            already there must offer them (``dask worker --resources GPU=1``); others are begun with them.
        paths: where workers find what is here under another path, as in ``{/home/ann/study: /mnt/study}``.
        tls: certificates for all who take part. Jobs of a batch system get some for this run without.
        insecure: do without certificates between hosts: who is on the network can read along, and run code.
        interface: network interface that workers elsewhere reach the scheduler by, as ``ib0``.
        hosts: of ``ssh``; the first runs the scheduler, the others ``workers`` each.
        options: more for the cluster of this kind, by the names of the package that makes it.
        dashboard: address for Dask's dashboard, as ``127.0.0.1:8787``; none where not given.
        connect_seconds: how long a scheduler may take to answer.
        stall_seconds: a task without any progress for so long is ended, with its process.
        tries: how often a video (or a span of a long one) that ends its process is begun before it fails.
    """

    kind: Kind = "local"
    workers: int | None = None
    min_workers: int | None = None
    scheduler: str | None = None
    scheduler_file: Path | None = None
    memory_limit: str | None = None
    resources: dict[str, float] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    tls: TlsConfig | None = None
    insecure: bool = False
    interface: str | None = None
    hosts: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    dashboard: str | None = None
    connect_seconds: float = 60.0
    stall_seconds: float = 300.0
    tries: int = 3

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise ValueError(f"workers must be at least 1, got {self.workers}")
        if self.min_workers is not None and not 0 <= self.min_workers <= (self.workers or 0):
            raise ValueError(f"min_workers must lie between 0 and workers, got {self.min_workers}")
        if not self.stall_seconds > 0:
            raise ValueError(f"stall_seconds must be above 0, got {self.stall_seconds}")
        if self.tries < 1:
            raise ValueError(f"tries must be at least 1, got {self.tries}")
        if self.scheduler is not None and self.scheduler_file is not None:
            raise ValueError("scheduler and scheduler_file are two ways to say the same, give one")
        if self.is_there and self.kind != "local":
            raise ValueError(f"a cluster that is already there is not to be begun by {self.kind}, give one")
        if self.kind == "ssh" and len(self.hosts) < 2:
            raise ValueError("ssh needs hosts: one for the scheduler, then one or more for workers")
        if self.kind == "ssh" and self.min_workers is not None:
            raise ValueError("ssh has all its workers from the start, min_workers is for other clusters")
        if self.kind == "ssh" and self.tls is None and not self.insecure:
            raise ValueError("ssh needs tls (ca_file, cert, key; see docs/cluster.md), or insecure")

    @property
    def is_there(self) -> bool:
        """It is somebody's cluster that was there before."""
        return self.scheduler is not None or self.scheduler_file is not None

    @property
    def is_here(self) -> bool:
        """Workers are processes on this machine that we begin."""
        return self.kind == "local" and not self.is_there

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return str(self.scheduler or self.scheduler_file or f"{self.kind} cluster")

    def to_workers(self, job: Job) -> Job:
        """A job with the paths that workers know: whole ones, for they work in other folders."""
        if self.is_here:
            return job
        config = job.config
        model, embedder = config.model, config.persons.embedder
        if not is_bundled(model):
            model = str(self._theirs(Path(model)))
        if embedder is not None and "://" not in embedder:
            embedder = str(self._theirs(Path(embedder)))
        return replace(
            job,
            path=None if job.path is None else self._theirs(job.path),
            out=self._theirs(job.out),
            config=replace(config, model=model, persons=replace(config.persons, embedder=embedder)),
        )

    def from_workers(self, job: Job, outcome: Outcome) -> Outcome:
        """An outcome with the paths that we know."""
        if self.is_here:
            return outcome
        there, error = self.to_workers(job), outcome.error
        told: list[tuple[Path | str, Path | str]] = [(job.out, there.out), *self.paths.items()]
        if job.path is not None and there.path is not None:
            told.insert(0, (job.path, there.path))
        for ours, theirs in told:
            error = error.replace(readable(theirs), readable(ours))
        return replace(outcome, path=job.where, error=error)

    def _theirs(self, path: Path) -> Path:
        """A path, whole, under the first of the prefixes that it is under, exchanged."""
        path = path.absolute()
        for ours, theirs in self.paths.items():
            if path.is_relative_to(ours):
                return Path(theirs) / path.relative_to(ours)
        return path
