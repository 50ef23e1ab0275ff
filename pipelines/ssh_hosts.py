"""Hosts reached by ``ssh``: Dask's own, but asked first what they have, listened to, and known to be gone."""

from __future__ import annotations

import asyncio
import importlib
import ipaddress
import platform
import shlex
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib.metadata import version
from typing import Any

import dask
from dask.utils import parse_timedelta
from distributed import SpecCluster, Status
from distributed.deploy import ssh

from seqfer.errors import first_line

from .cluster_config import ClusterConfig

_MUST_AGREE = ("seqfer", "dask", "distributed")
_ASK = (
    "import os, platform; from importlib.metadata import version; "
    f"print(*map(version, {_MUST_AGREE}), platform.python_version(), "
    "os.environ.get('SSH_CONNECTION', ''), sep='|')"
)
_KEEPALIVE_SECONDS = 15


def ssh_cluster(
    config: ClusterConfig,
    *,
    worker: dict[str, Any],
    scheduler: dict[str, Any],
    connect_options: Any = None,
    remote_python: Any = None,
    worker_class: str = "distributed.Nanny",
    **more: Any,
) -> SpecCluster:
    """The scheduler on the first of ``config.hosts``, workers on the others, all begun.

    Args:
        worker, scheduler: options for Dask's classes.
        connect_options, remote_python, worker_class, more: as of :func:`distributed.SSHCluster`; the
            first two one for all hosts, or a list of one for each.

    Raises:
        RuntimeError: a host, which is named, cannot be reached, has other versions, or does not begin.
        ValueError: a list of another length than that of the hosts.
    """
    hosts = config.hosts
    connecting = [
        {"keepalive_interval": _KEEPALIVE_SECONDS, **(c or {})} for c in _each(connect_options, hosts)
    ]
    pythons = _each(remote_python, hosts)
    parts = [
        {"address": host, "connect_options": connect, "remote_python": python or sys.executable}
        for host, connect, python in zip(hosts, connecting, pythons, strict=True)
    ]
    workers = {
        n: {"cls": _Workers, "options": {**part, "kwargs": worker, "worker_class": worker_class}}
        for n, part in enumerate(parts[1:])
    }
    first = {"cls": _Scheduler, "options": {**parts[0], "kwargs": scheduler}}
    return SpecCluster(workers, first, name="ssh", **more)


def _each(option: Any, hosts: tuple[str, ...]) -> list[Any]:
    if not isinstance(option, list):
        return [option] * len(hosts)
    if len(option) != len(hosts):
        raise ValueError(f"{len(option)} connect_options or remote_python for {len(hosts)} hosts")
    return option


class _Workers(ssh.Worker):
    """All workers of one host."""

    async def start(self) -> None:
        await _begin(self, self.address, super().start)


class _Scheduler(ssh.Scheduler):
    """The scheduler on its host."""

    async def start(self) -> None:
        await _begin(self, self.address, super().start)

    def is_reached_at(self, address: str) -> None:
        """Listen there unless told otherwise: Dask would take the address on the way to the Internet."""
        if not self.kwargs.get("interface") and not ipaddress.ip_address(address).is_loopback:
            self.kwargs = {"host": address, **self.kwargs}


async def _begin(part: Any, host: str, start: Callable[[], Awaitable[None]]) -> None:
    """Have Dask start a part on a host; from then on read what it says, and note when it ends."""
    asyncssh = importlib.import_module("asyncssh")
    seconds = parse_timedelta(dask.config.get("distributed.comm.timeouts.connect"))
    try:
        address = await asyncio.wait_for(_ask(asyncssh, part, host), seconds)
        if address and isinstance(part, _Scheduler):
            part.is_reached_at(address)
        await asyncio.wait_for(start(), seconds)
        # Dask reads until the part has begun. What nobody reads stops, at some megabytes, whoever says it.
        await part.proc.redirect(stdout=asyncssh.DEVNULL, stderr=asyncssh.DEVNULL)
    except TimeoutError as error:
        part.status = Status.failed
        raise RuntimeError(f"{host}: does not answer, or not begin, within {seconds:g} s") from error
    except Exception as error:  # Dask's own for a part that does not begin is a bare one
        part.status = Status.failed
        raise RuntimeError(f"{host}: {first_line(error)}") from error
    part.gone = asyncio.ensure_future(_note_end(part))


async def _ask(asyncssh: Any, part: Any, host: str) -> str:
    """Whether its Python has what ours has; returns the host's own address on the way to us, where it tells.

    Raises:
        RuntimeError: it has not.
    """
    async with asyncssh.connect(host, **part.connect_options) as connection:
        told = await connection.run(f"{part.remote_python} -c {shlex.quote(_ASK)}")
    if told.exit_status != 0:
        reason = (told.stderr.strip().splitlines() or ["it ends without a word"])[-1]
        raise RuntimeError(f"cannot use {part.remote_python} there ({reason})")
    *theirs, ends = told.stdout.strip().splitlines()[-1].split("|")
    ours = [*map(version, _MUST_AGREE), platform.python_version()]
    for name, here, there in zip((*_MUST_AGREE, "Python"), ours, theirs, strict=True):
        if name == "Python":  # what is sent must be read there: to that the third number does not matter
            here, there = (".".join(v.split(".")[:2]) for v in (here, there))
        if here != there:
            raise RuntimeError(f"has {name} {there}, here is {here}")
    return ends.split()[2] if ends else ""  # our address and port, its address and port


async def _note_end(part: Any) -> None:
    """So that it is begun again (cluster.py)."""
    with suppress(Exception):
        await part.proc.wait_closed()
    if part.status == Status.running:
        part.status = Status.closed
