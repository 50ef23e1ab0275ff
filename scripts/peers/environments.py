"""Environments for peers whose requirements clash with seqfer's: made once, kept in a folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

_SETUP_SECONDS = 1200


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What to install for one peer.

    Attributes:
        name: of its folder.
        packages: installed with all they need.
        bare: installed without what they ask for.
        borrows: whether it also sees the packages of the running interpreter, after its own: so that no
            second PyTorch, of gigabytes, has to come.
    """

    name: str
    packages: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    borrows: bool = False

    def python(self, folder: Path) -> Path:
        """Its interpreter, which exists once :meth:`set_up` succeeded."""
        return folder / self.name / "bin" / "python"

    def set_up(self, folder: Path) -> str | None:
        """Make it anew; None if that went well, else why it did not, in one line."""
        home = folder / self.name
        shutil.rmtree(home, ignore_errors=True)
        pip = [str(self.python(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        steps = [[sys.executable, "-m", "venv", str(home)]]
        if self.packages:
            steps.append([*pip, *self.packages])
        if self.bare:
            steps.append([*pip, "--no-deps", *self.bare])
        for step in steps:
            problem = _problem(step)
            if problem:
                shutil.rmtree(home, ignore_errors=True)
                return problem
        if self.borrows:
            major, minor = sys.version_info[:2]
            packages = home / "lib" / f"python{major}.{minor}" / "site-packages"
            (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
        return None


def _problem(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SETUP_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error).replace("\n", " ")
    return None if done.returncode == 0 else last_line(done.stderr)


def last_line(text: str) -> str:
    """What an error output says in the end; of pip's, its first line of an error."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines[-1:] or ["no word of why"])[0]
