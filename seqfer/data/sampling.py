"""In which order windows are seen: the same every time, shared out among processes, and to be resumed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Sampler

from .windows import PADDING


class SeededOrder(Sampler[tuple[int, int]]):
    """Every item once per epoch, in an order and with seeds that depend on ``seed`` and the epoch alone.

    So training that is resumed goes on as if it had never stopped. Lightning calls ``set_epoch``.

    Args:
        count: items.
        seed: of everything.
        chances: float (count,): items are drawn, each as often as this says, instead of each once.
        rank, world: this process sees every ``world``-th item from ``rank`` on; all see equally many, the
            last ones, where need be, being :data:`~seqfer.data.windows.PADDING`.
    """

    def __init__(
        self,
        count: int,
        seed: int,
        *,
        chances: NDArray[np.float64] | None = None,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self._count, self._seed, self._epoch = count, seed, 0
        self._chances, self._rank, self._world = chances, rank, world

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __len__(self) -> int:
        return -(-self._count // self._world)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        rng = np.random.default_rng([self._seed, self._epoch])
        if self._chances is None:
            order = rng.permutation(self._count)
        else:
            order = rng.choice(self._count, size=self._count, p=self._chances / self._chances.sum())
        seeds = rng.integers(2**31, size=self._count)  # drawn twice, an item is not augmented the same way
        filled = share(order, self._rank, self._world)
        return iter([(int(i), int(seeds[n * self._world + self._rank]) if i >= 0 else 0)
                     for n, i in enumerate(filled)])  # fmt: skip


def share(order: NDArray[np.int64], rank: int, world: int) -> NDArray[np.int64]:
    """What process ``rank`` of ``world`` sees of ``order``: as many as the others, filled up with PADDING."""
    missing = -len(order) % world
    return np.concatenate([order, np.full(missing, PADDING)])[rank::world]


class ResumableLoader(DataLoader):
    """A loader that knows how many batches of its epoch it gave, and can go on from there.

    Lightning keeps that in its checkpoints and gives it back, so a training killed in the middle of an epoch
    goes on in the middle.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._given = self._skip = 0

    def state_dict(self) -> dict[str, int]:
        return {"given": self._given}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self._skip = int(state["given"]) % max(len(self), 1)

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        skip, self._skip = self._skip, 0
        self._given = skip
        for batch in self._from(skip):
            self._given += 1
            yield batch

    def _from(self, skip: int) -> Iterator[Any]:
        if not skip:
            return super().__iter__()
        assert self.batch_size is not None
        items = list(self.sampler)[skip * self.batch_size :]
        rest = DataLoader(
            self.dataset, batch_size=self.batch_size, num_workers=self.num_workers, sampler=items
        )
        return iter(rest)
