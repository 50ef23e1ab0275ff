"""A real person's photograph as a puppet: cut out of its background, its expression a dial.

The photograph is the NASA portrait of Eileen Collins that scikit-image ships (public domain). She smiles in
it. Her relaxed face is made from the same pixels: thin-plate splines (Bookstein 1989) carry lips, cheeks,
chin, lids and brows from hand-set points of the photograph to where they would rest. The lips part along a
seam: one spline for what is above it, one for what is below, and the teeth, which do not stretch, in
between.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from .rig import CHEEKS, FACE, FOLDS, Rig

#: Texture pixels per photograph pixel.
SCALE = 2.0
#: Rows of the photograph in use: below them the helmet covers the suit.
HEIGHT = 336
#: Middle between the eyes, photograph pixels: what scenes place.
EYES_XY = (225.0, 103.0)

_LIP_LINE_RGB = (0.32, 0.45, 0.45)  # light lost where closed lips meet

# Around the person: what may belong to her, and what surely does (photograph pixels).
_MAYBE = [
    (150, 60),
    (165, 25),
    (200, 10),
    (250, 10),
    (290, 30),
    (306, 70),
    (304, 110),
    (285, 140),
    (270, 170),
]
_MAYBE += [(300, 190), (312, 240), (345, 262), (368, 336), (14, 336), (40, 270), (90, 215), (112, 215)]
_MAYBE += [(106, 190), (120, 158), (180, 145), (178, 130), (155, 105)]
_SURELY = [
    (165, 60),
    (180, 35),
    (215, 24),
    (255, 28),
    (285, 55),
    (290, 85),
    (280, 105),
    (268, 125),
    (255, 160),
]
_SURELY += [(258, 182), (290, 205), (298, 240), (330, 270), (350, 336), (44, 336), (60, 275), (100, 245)]
_SURELY += [(125, 215), (120, 190), (135, 165), (180, 158), (186, 145), (182, 110), (165, 85)]


@lru_cache(maxsize=1)
def _cut_out() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Photograph, uint8 (H, W, 3) RGB, and how much of each pixel is the person, float32 (H, W), 0 to 1."""
    photo = np.ascontiguousarray(data.astronaut()[:HEIGHT])
    labels = np.full(photo.shape[:2], cv2.GC_BGD, np.uint8)
    cv2.fillPoly(labels, [np.array(_MAYBE)], cv2.GC_PR_FGD)
    cv2.fillPoly(labels, [np.array(_SURELY)], cv2.GC_FGD)
    cv2.setRNGSeed(0)  # grabCut starts from a random clustering
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(photo[..., ::-1].copy(), labels, None, *models, 4, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    person = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    # Pixels at the rim hold some of the bright backdrop: take their colour from further inside.
    core = cv2.erode(person, np.ones((3, 3), np.uint8), iterations=2)
    near = cv2.dilate(person, np.ones((3, 3), np.uint8), iterations=3)
    photo = cv2.inpaint(photo, near - core, 3, cv2.INPAINT_TELEA)
    alpha = cv2.GaussianBlur(person.astype(np.float32), (0, 0), 1.2)
    return photo.astype(np.uint8), np.clip((alpha - 0.35) / 0.65, 0, 1).astype(np.float32)


def _enlarge(image: NDArray) -> NDArray:
    return cv2.resize(image, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_CUBIC)


class Portrait:
    """The person, ready to be placed in a scene.

    Args:
        mirrored: left and right swapped.
        recoloured: another colour of suit and hair and another exposure, so that two portraits differ.
    """

    scale = SCALE

    def __init__(self, *, mirrored: bool = False, recoloured: bool = False) -> None:
        photo, alpha = _cut_out()
        relaxed = _at_rest(photo)
        if recoloured:
            photo, relaxed = _recolour(photo), _recolour(relaxed)
        self._mirrored = mirrored
        self._photo, self._relaxed = _enlarge(photo), _enlarge(relaxed)
        self._cover = np.clip(_enlarge(alpha), 0, 1)[..., None]
        self._still = np.concatenate([_bytes(self._photo * self._cover), _bytes(255 * self._cover)], axis=-1)
        self._rig = Rig(SCALE)
        self._last: tuple[float, NDArray[np.uint8]] | None = None

    @property
    def eyes_xy(self) -> tuple[float, float]:
        """Middle between the eyes, texture pixels."""
        x, y = ((v + 0.5) * SCALE - 0.5 for v in EYES_XY)
        return (self._photo.shape[1] - 1 - x if self._mirrored else x), y

    def texture(self, smile: float) -> NDArray[np.uint8]:
        """The person with an expression.

        Args:
            smile: 0 is the relaxed face, 1 the photograph's own smile, somewhat above 1 a broader one.

        Returns:
            uint8 (HEIGHT * SCALE, 512 * SCALE, 4), RGB premultiplied with the fourth channel, coverage.
            Read-only by agreement: an expression that is held is drawn once.
        """
        if self._last is None or self._last[0] != smile:
            self._last = (smile, self._draw(smile))
        return self._last[1]

    def _draw(self, smile: float) -> NDArray[np.uint8]:
        x0, y0, x1, y1 = (round(v * SCALE) for v in FACE)
        picture = self._still.copy()
        picture[y0:y1, x0:x1, :3] = _bytes(self._face(smile) * self._cover[y0:y1, x0:x1])
        return np.ascontiguousarray(picture[:, ::-1]) if self._mirrored else picture

    def _face(self, smile: float) -> NDArray[np.float32]:
        """The rectangle FACE of the texture, float32 RGB, warped."""
        rest = float(np.clip(1 - smile, 0, 1))
        skin = _bytes(cv2.addWeighted(self._photo, 1 - rest, self._relaxed, rest, 0))
        warp = self._rig.warp(smile)
        above, below, teeth = (_sample(skin, xy) for xy in (warp.above_xy, warp.below_xy, warp.teeth_xy))
        face = above + warp.lower[..., None] * (below - above)
        face += warp.opening[..., None] * (teeth * warp.light[..., None] - face)
        return face * (1 - warp.lip_line[..., None] * np.array(_LIP_LINE_RGB, np.float32))


def _at_rest(photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The photograph without what a smile folds and lifts: smooth skin there, from all around."""
    folds, cheeks = (_filled(photo.shape[:2], outlines) for outlines in (FOLDS, CHEEKS))
    share = cv2.GaussianBlur(np.maximum(0.9 * folds, 0.6 * cheeks), (0, 0), 1.2)[..., None]
    x0, y0, x1, y1 = FACE
    inside = np.maximum(folds, cheeks)[y0:y1, x0:x1, None]
    skin = photo[y0:y1, x0:x1].astype(np.float32)
    smooth = skin.copy()
    for _ in range(600):  # diffusion with the surroundings held: tends to a membrane across each hole
        smooth += inside * (cv2.blur(smooth, (3, 3)) - smooth)
    rested = photo.copy()
    rested[y0:y1, x0:x1] = _bytes(skin + share[y0:y1, x0:x1] * (smooth - skin))
    return rested


def _filled(shape: tuple[int, ...], outlines) -> NDArray[np.float32]:
    """Mask of polygons given in photograph pixels: float32 (H, W), 1 inside."""
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.round(np.array(line) * 16).astype(np.int32) for line in outlines], 1, shift=4)
    return mask.astype(np.float32)


def _sample(texture: NDArray[np.uint8], photo_xy: NDArray[np.float32]) -> NDArray[np.float32]:
    at = (photo_xy + np.float32(0.5)) * np.float32(SCALE) - np.float32(0.5)
    found = cv2.remap(texture, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return found.astype(np.float32)


def _bytes(image: NDArray) -> NDArray[np.uint8]:
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def _recolour(photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The orange suit blue, in a slightly dimmer and cooler light."""
    hsv = cv2.cvtColor(photo, cv2.COLOR_RGB2HSV).astype(np.float32)
    rows = np.arange(photo.shape[0])[:, None]
    suit = np.clip((hsv[..., 1] - 130) / 50, 0, 1) * np.clip((rows - 195) / 10, 0, 1) * (hsv[..., 0] < 25)
    hsv[..., 0] += np.where(suit > 0.3, 98, 0)
    hsv[..., 2] *= 1 - 0.35 * suit
    picture = cv2.cvtColor(np.round(hsv).astype(np.uint8), cv2.COLOR_HSV2RGB).astype(np.float32)
    return _bytes(picture * (0.86, 0.88, 0.93))
