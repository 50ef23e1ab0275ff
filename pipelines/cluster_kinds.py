"""The clusters that we can begin, each by the package that is made for it."""

from __future__ import annotations

import importlib
import logging
import shutil
import sys
from pathlib import Path
from typing import Any

import dask
from distributed import LocalCluster, Security
from distributed.deploy.cluster import Cluster

from .cluster_config import ClusterConfig
from .ssh_hosts import ssh_cluster

_JOBQUEUE = {"slurm": "SLURMCluster", "pbs": "PBSCluster", "sge": "SGECluster", "lsf": "LSFCluster"}
_DEFAULT_JOB_MEMORY = "4GiB"
_ON_LOOPBACK = "127.0.0.1:0"
_IDLE_SECONDS = 120.0  # a scheduler on another host is to end, with its workers, where we were killed


def make_cluster(config: ClusterConfig) -> Cluster:
    """A cluster of the kind that is asked for, still without workers (but ``ssh``, which has all of them).

    Raises:
        ImportError: the package that makes it is not there.
        ValueError: an option that it does not have.
        RuntimeError, OSError: it could not be begun.
    """
    if config.kind == "local":
        return _local(config)
    if config.kind == "ssh":
        return _ssh(config)
    if config.kind == "kubernetes":
        return _kubernetes(config)
    return _jobqueue(config)


def _local(config: ClusterConfig) -> Cluster:
    """It listens on the loopback interface only."""
    return LocalCluster(
        n_workers=0,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        memory_limit=config.memory_limit or "auto",
        resources=_resources(config),
        dashboard_address=config.dashboard,
        silence_logs=logging.CRITICAL,
        **config.options,
    )


def _jobqueue(config: ClusterConfig) -> Cluster:
    made_by = getattr(_imported("dask_jobqueue", "jobqueue"), _JOBQUEUE[config.kind])
    command = made_by.job_cls.submit_command.split()[0]
    if shutil.which(command) is None:
        raise RuntimeError(f"there is no {command} on this machine")
    options: dict[str, Any] = {
        "cores": 1,
        "processes": 1,
        "memory": config.memory_limit or _DEFAULT_JOB_MEMORY,
        "interface": config.interface,
        "python": sys.executable,
        # Where no certificates are given, some are made for this run: never open to who shares the network.
        "security": Security() if config.tls else None if config.insecure else True,
        "protocol": "tcp://" if config.insecure and not config.tls else "tls://",
        "shared_temp_directory": str(Path.home()),
        "scheduler_options": {"dashboard_address": config.dashboard or _ON_LOOPBACK},
        **config.options,
    }
    extra = options.get("worker_extra_args", ())
    options["worker_extra_args"] = ["--no-dashboard", *extra, *_resource_arguments(config)]
    # Jobs do not have our settings of Dask; this is how Dask itself hands them on.
    inherited = dask.config.serialize(dask.config.global_config)
    prologue = f"export DASK_INTERNAL_INHERIT_CONFIG={inherited}"
    options["job_script_prologue"] = [*options.get("job_script_prologue", ()), prologue]
    return made_by(**options)


def _ssh(config: ClusterConfig) -> Cluster:
    _imported("asyncssh", "ssh")
    options = dict(config.options)
    worker_options = {
        "n_workers": config.workers or 1,
        "nthreads": 1,
        "memory_limit": config.memory_limit or "auto",
        "resources": _resources(config),
        "interface": config.interface,
        "death_timeout": config.connect_seconds,
        **options.pop("worker_options", {}),
    }
    scheduler_options = {
        "port": 0,
        "dashboard_address": config.dashboard or _ON_LOOPBACK,
        "interface": config.interface,
        "idle_timeout": config.connect_seconds + _IDLE_SECONDS,  # it is idle until workers have begun
        **options.pop("scheduler_options", {}),
    }
    return ssh_cluster(config, worker=worker_options, scheduler=scheduler_options, **options)


def _kubernetes(config: ClusterConfig) -> Cluster:
    package = _imported("dask_kubernetes.operator", "kubernetes")
    options: dict[str, Any] = {
        "name": "seqfer",
        "n_workers": 0,
        "env": {"DASK_INTERNAL_INHERIT_CONFIG": dask.config.serialize(dask.config.global_config)},
        **config.options,
    }
    if config.memory_limit is not None:
        options.setdefault("resources", {"limits": {"memory": config.memory_limit.replace("B", "")}})
    command = ["dask-worker", "--nthreads=1", *_resource_arguments(config)]
    return package.KubeCluster(**{"worker_command": command, **options})


def _resources(config: ClusterConfig) -> dict[str, float] | None:
    return dict(config.resources) or None


def _resource_arguments(config: ClusterConfig) -> list[str]:
    if not config.resources:
        return []
    return ["--resources", ",".join(f"{name}={amount:g}" for name, amount in config.resources.items())]


def _imported(module: str, extra: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f"needs {module}: pip install 'seqfer[{extra}]'") from error
