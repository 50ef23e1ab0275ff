"""An OpenSSH server of one's own: own port, own keys, nobody let in but by them.

``with ssh_server(folder, addresses) as server`` begins it and ends it, with all that was begun through it.
"""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_PORT = 22022
_SEARCHED = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_CONFIGURATION = """
Port {port}
{listen}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
"""


@dataclass(frozen=True, kw_only=True)
class Server:
    """What is needed to get in.

    Attributes:
        port: of all addresses.
        user: who is let in.
        key: that user's private key.
        known_hosts: the servers, as clients keep them.
        process: that of the server.
    """

    port: int
    user: str
    key: Path
    known_hosts: Path
    process: subprocess.Popen[bytes]


def missing() -> str | None:
    """Why there can be no server here, or None."""
    absent = [n for n in ("sshd", "ssh-keygen") if shutil.which(n, path=_SEARCHED) is None]
    return f"needs {', '.join(absent)} (Debian: openssh-server)" if absent else None


@contextmanager
def ssh_server(folder: Path, addresses: Sequence[str], prefix: Sequence[str] = ()) -> Iterator[Server]:
    """Begin a server; end it, and all sessions, at the end of the block.

    Args:
        folder: for keys and the log; those that are there are taken, so that servers may share them.
        addresses: to listen on.
        prefix: of the command, as to begin it in another network namespace.
    """
    sshd = shutil.which("sshd", path=_SEARCHED)
    assert sshd is not None
    for name in ("host_key", "user_key"):
        if not (folder / name).exists():
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(command, check=True)
    key_type, key = (folder / "host_key.pub").read_text().split()[:2]
    with (folder / "known_hosts").open("a") as file:
        file.writelines(f"[{address}]:{_PORT} {key_type} {key}\n" for address in addresses)
    configuration = folder / f"sshd_{addresses[0]}.conf"
    listen = "\n".join(f"ListenAddress {address}" for address in addresses)
    configuration.write_text(_CONFIGURATION.format(port=_PORT, listen=listen, folder=folder))
    with suppress(PermissionError):  # the server wants it, where it is root
        Path("/run/sshd").mkdir(exist_ok=True)
    with (folder / "sshd.log").open("ab") as log:
        command = [*prefix, sshd, "-D", "-e", "-f", str(configuration)]
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        yield Server(
            port=_PORT,
            user=getpass.getuser(),
            key=folder / "user_key",
            known_hosts=folder / "known_hosts",
            process=process,
        )
    finally:
        with suppress(psutil.NoSuchProcess):
            for session in psutil.Process(process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    session.send_signal(signal.SIGKILL)
        process.kill()
        process.wait()
