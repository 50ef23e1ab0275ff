"""The table of scenes."""

from __future__ import annotations

from . import scenes_of_film as film
from . import scenes_of_movement as movement
from .films import Scenario

_SMALL, _FULL = (640, 360), (1920, 1080)

SCENARIOS = (
    Scenario(name="still", make=movement.still),
    Scenario(name="swaying", make=movement.swaying, size=_SMALL, fps=30),
    Scenario(name="moved", make=movement.moved, size=_SMALL, fps=30),
    Scenario(name="moved_fast", make=movement.moved_fast),
    Scenario(name="scaled", make=movement.scaled, fps=30, seconds=8),
    Scenario(name="rotated", make=movement.rotated, size=_SMALL),
    Scenario(name="crossing", make=movement.crossing, seconds=8, crossing=True),
    Scenario(
        name="turning_back", make=movement.turning_back, size=_SMALL, fps=30, seconds=6.5, crossing=True
    ),
    Scenario(name="passing_before", make=movement.passing_before, size=_SMALL, seconds=6, crossing=True),
    Scenario(name="occluded_short", make=movement.occluded_short),
    Scenario(name="occluded_long", make=movement.occluded_long, size=_SMALL, fps=30, seconds=8.5),
    Scenario(name="leaving_returning", make=movement.leaving_returning, seconds=9.5),
    Scenario(name="appearing", make=movement.appearing, fps=30),
    Scenario(name="walking_through", make=movement.walking_through, seconds=6.5),
    Scenario(name="cut", make=film.cut, size=_SMALL, seconds=9),
    Scenario(name="fades", make=film.fades, size=_SMALL, fps=30, seconds=8.5),
    Scenario(name="blurred", make=film.blurred, seconds=7.5),
    Scenario(name="darkened", make=film.darkened, seconds=8),
    Scenario(name="camera_pan", make=film.camera_pan, fps=30, seconds=7),
    Scenario(name="camera_shake", make=film.camera_shake, size=_SMALL, fps=30),
    Scenario(name="ten_faces", make=film.ten_faces, size=_FULL, seconds=4),
    Scenario(name="small_faces", make=film.small_faces),
    Scenario(name="conversation", make=film.conversation, size=_FULL, fps=30, seconds=4),
    Scenario(name="fps_12", make=movement.moved, size=_SMALL, fps=12),
    Scenario(name="fps_60", make=movement.moved, fps=60, seconds=5),
    Scenario(name="variable_rate", make=movement.moved, size=_SMALL, fps=0),
    Scenario(name="no_face", make=film.no_face, size=_SMALL, seconds=70),
)
