"""Features of networks that do not change: made once, for every epoch, every fold and the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    from .base import SequenceModel
    from .inference import Track

_BATCH_SIZE = 32


class KeptFeatures:
    """What :meth:`~seqfer.models.base.SequenceModel.encode` makes of rows of face tracks, in memory.

    Of one network, whose features must not change: what is kept is not made again.
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[str, int], dict[int, Tensor]] = {}

    def make(
        self, model: SequenceModel, track: Track, face: tuple[str, int], rows: NDArray[np.int64]
    ) -> None:
        """Make the features of ``rows`` of a track, in 32 bits, unless they are there.

        Args:
            model: whose features.
            track: the face.
            face: its video and number, by which it is known.
            rows: int64 (n,).
        """
        kept = self._rows.setdefault(face, {})
        missing = [row for row in np.unique(rows).tolist() if row not in kept]
        training = model.training
        model.eval()
        # Not under inference_mode, whoever asks: later folds learn from what is made here.
        with torch.inference_mode(False), torch.no_grad(), torch.autocast(model.device.type, enabled=False):
            for begin in range(0, len(missing), _BATCH_SIZE):
                some = missing[begin : begin + _BATCH_SIZE]
                seen = model.read(track, some[0], some[-1] + 1)[[row - some[0] for row in some]]
                kept.update(zip(some, model.encode(seen.to(model.device)).float().cpu(), strict=True))
        model.train(training)

    def of(self, face: tuple[str, int], rows: NDArray[np.int64]) -> Tensor:
        """Features (n, ...) of rows that were made."""
        kept = self._rows[face]
        return torch.stack([kept[row] for row in rows.tolist()])
