"""``seqfer completion``: what makes a shell complete verbs, options and their values."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence

import shtab

from seqfer.export.config import FORMAT_NAMES
from seqfer.labels import EMOTIONS

from .options import verb_parser

_EXAMPLES = """
  seqfer completion bash > ~/.local/share/bash-completion/completions/seqfer
  seqfer completion zsh > ~/.zfunc/_seqfer        where ~/.zfunc is in $fpath
  seqfer completion tcsh > ~/.seqfer.completion   and source it in ~/.tcshrc
"""
_VALUES = {"--to": FORMAT_NAMES, "--emotion": EMOTIONS}


def make_parser() -> argparse.ArgumentParser:
    """The verb's options."""
    parser = verb_parser("completion", "SHELL", "A script that completes seqfer's command line.", _EXAMPLES)
    parser.add_argument("shell", choices=shtab.SUPPORTED_SHELLS, help="which shell it is for")
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    made = make_parser().parse_args(list(argv))
    print(shtab.complete(command_line(), shell=made.shell))
    return 0


def command_line() -> argparse.ArgumentParser:
    """All verbs as one parser of the plain kind, which is what is needed to know what can be typed."""
    from .__main__ import VERBS

    whole = argparse.ArgumentParser(prog="seqfer", description="video in, emotion timelines out")
    whole.add_argument("-V", "--version", action="store_true", help="print the version")
    verbs = whole.add_subparsers()
    for verb, (module, text) in VERBS.items():
        parser = importlib.import_module(f".{module}", __package__).make_parser()
        _copy(parser, verbs.add_parser(verb, help=text, description=text))
    return whole


def _copy(parser: argparse.ArgumentParser, plain: argparse.ArgumentParser) -> None:
    for action in parser._actions:
        if action.help == argparse.SUPPRESS or "--help" in action.option_strings:
            continue
        if action.nargs == 0:
            plain.add_argument(*action.option_strings, action="store_true", help=_one_line(action.help))
            continue
        metavar = str(action.metavar or action.dest)
        names = action.option_strings or [action.dest]
        added = plain.add_argument(*names, nargs=action.nargs, help=_one_line(action.help), metavar=metavar)
        if choices := action.choices or _VALUES.get(names[-1]) or _literals(metavar):
            added.choices = list(choices)
        else:
            added.complete = shtab.FILE  # type: ignore[attr-defined]


def _literals(metavar: str) -> list[str]:
    """What jsonargparse shows of a type with a few values: ``{rgb,bgr}``."""
    return metavar[1:-1].split(",") if metavar.startswith("{") else []


def _one_line(text: str | None) -> str:
    return " ".join((text or "").replace("%", "%%").split())
