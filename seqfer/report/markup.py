"""Templates to pages that reach out to nothing: style and scripts inside, everything else forbidden."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_ASSETS = Path(__file__).with_name("assets")
_STYLES = ("uplot.min.css", "report.css")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_ASSETS), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def render(template: str, scripts: Sequence[str], start: str, **values: Any) -> str:
    """A page.

    Every value is escaped. The page's own policy lets no script run but those named here (by their
    digests), so what a hostile name might smuggle in would not run either.

    Args:
        template: name of the template.
        scripts: names of the scripts; all but libraries are one scope, in this order.
        start: the function of theirs that starts the page.
        values: what the template asks for.
    """
    libraries = [_asset(name) for name in scripts if name.endswith(".min.js")]
    own = "\n".join(_asset(name) for name in scripts if not name.endswith(".min.js"))
    blocks = [*libraries, f'"use strict";(() => {{\n{own}\n{start}();\n}})();\n']
    style = "\n".join(map(_asset, _STYLES))
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style),
            style_hash=Markup(_digest(style)),
            scripts=[Markup(block) for block in blocks],
            script_hashes=Markup(" ".join(map(_digest, blocks))),
            version=version("seqfer"),
            **values,
        )
    )


@cache
def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
