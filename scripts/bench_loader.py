"""How fast windows come from stores, and how fast the networks train on them.

    python scripts/bench_loader.py STUDY [--workers 0 1 2] [--networks]

STUDY is a folder of ``seqfer import``. **Loading:** windows of 16 frames, drawn in the order of training,
each with its targets, without and with augmentation; beside them a loop of bare h5py that reads the same rows
of the same files and neither decodes nor collates. **Networks** (``--networks``): optimisation steps of both
main networks, on windows held in memory, in 32 bits, under bf16 autocast, and compiled; share of time that a
training from the loader waits for data.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import torch
from torch.utils.data import DataLoader

from seqfer.data import Augmentation, TracksDataModule
from seqfer.data.windows import TrackWindows, nearest_rows
from seqfer.models import CnnRnn, ConvLstm, SequenceModel
from seqfer.models.losses import sequence_loss

FRAMES, RATE = 16, 25.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("study", type=Path)
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--windows", type=int, default=600)
    parser.add_argument("--networks", action="store_true")
    parser.add_argument("--device", default="cpu")
    made = parser.parse_args()
    torch.set_num_threads(1)
    plain, augmented = (_windows(made.study, a) for a in (None, Augmentation()))
    order = np.random.default_rng(0).integers(0, len(plain), made.windows).tolist()
    print(f"{os.cpu_count()} cores; {made.windows} windows of {FRAMES} frames, {made.study}")
    bare, bare_busy = (made.windows / s for s in _seconds(lambda: _bare(plain, order)))
    print(f"h5py alone, nothing decoded: {bare:.0f} windows/s, {bare_busy:.0f} a second of the processor")
    for name, windows in (("as they are", plain), ("augmented", augmented)):
        for workers in made.workers:
            wall, busy = _seconds(lambda: _loaded(windows, order, workers))  # noqa: B023
            rate, own = made.windows / wall, made.windows / busy
            print(
                f"{name}, {workers} workers: {rate:.0f} windows/s, {rate / bare:.2f} of h5py alone, "
                f"{own:.0f} a second of the processor"
            )
    if made.networks:
        _networks(augmented, torch.device(made.device))


def _windows(study: Path, augmentation: Augmentation | None) -> TrackWindows:
    data = TracksDataModule(
        stores=str(study), labels=str(study / "labels.csv"), window_seconds=FRAMES / RATE,
        sample_rate_hz=RATE, augmentation=augmentation,
    )  # fmt: skip
    data.setup()
    assert data.train_windows is not None
    return data.train_windows


def _bare(windows: TrackWindows, order: list[int]) -> None:
    run = windows.run
    files: dict[str, h5py.File] = {}
    for i in order:
        window = windows.windows[i]
        if window.video_id not in files:
            files[window.video_id] = h5py.File(run.paths[window.video_id])
        group = files[window.video_id][f"tracks/{window.track_id:05d}"]
        times = window.start_seconds + np.arange(window.num_steps) / RATE
        rows = nearest_rows(group["pts_seconds"][:], times)
        first, last = int(rows[0]), int(rows[-1]) + 1
        if "crops" in group:
            group["crops"][first:last]
        else:
            offsets = group["crops_offsets"][first : last + 1]
            group["crops_jpeg"][offsets[0] : offsets[-1]]


def _loaded(windows: TrackWindows, order: list[int], workers: int) -> None:
    items = [(i, n) for n, i in enumerate(order)]
    for _ in DataLoader(windows, batch_size=8, sampler=items, num_workers=workers):
        pass


def _seconds(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds on the clock and of the processor (loading processes too), the best of three."""
    times = []
    for _ in range(3):
        began = time.perf_counter(), _busy()
        work()
        times.append((time.perf_counter() - began[0], _busy() - began[1]))
    return min(t[0] for t in times), min(t[1] for t in times)


def _busy() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _networks(windows: TrackWindows, device: torch.device) -> None:
    batch_size, steps = 8, 8
    loader = DataLoader(windows, batch_size=batch_size, sampler=[(i, i) for i in range(batch_size)])
    batch = {name: value.to(device) for name, value in next(iter(loader)).items()}
    began = time.perf_counter()
    _loaded(windows, list(range(min(64, len(windows)))), 0)
    load = (time.perf_counter() - began) / min(64, len(windows)) * batch_size
    for kind in (CnnRnn, ConvLstm):
        for frozen in (True, False):
            for way in ("32 bits", "bf16", "bf16, compiled"):
                torch.manual_seed(0)
                model = kind(freeze_encoder=frozen).to(device).train()
                each = _step_seconds(model, batch, way, steps)
                print(
                    f"{kind.__name__}, encoder {'frozen' if frozen else 'trained'}, {way}: "
                    f"{batch_size / each:.1f} windows/s; waits for one loading process "
                    f"{load / (load + each):.0%} of the time"
                )


def _step_seconds(model: SequenceModel, batch: dict[str, torch.Tensor], way: str, steps: int) -> float:
    run = torch.compile(model) if "compiled" in way else model
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    times = []
    for _ in range(steps):
        began = time.perf_counter()
        with torch.autocast(model.device.type, torch.bfloat16, enabled="bf16" in way):
            outputs = run(batch["crops"], batch["mask"])
        outputs = type(outputs)(*(x if x is None else x.float() for x in outputs))
        loss = sequence_loss(outputs, batch, model.loss_weights)["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if model.device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return float(np.median(times[2:]))


if __name__ == "__main__":
    main()
