"""How well an embedder tells people apart, and from which threshold on two tracks are one person.

    python scripts/bench_persons.py arcface.onnx LONDON    # the London set's NNN_neutral.jpg, NNN_smiling.jpg

Every portrait is used as it is and spoilt in several ways (far away, out of focus, dark, badly compressed,
tilted); each goes through detection, alignment and a JPEG crop as in extraction, then through the embedder.
Told are the similarities of pairs of pictures of one person (of the same and of another kind) and of pairs
of different people, the equal error rate (EER), and what clustering makes of all pictures at a range of
thresholds: clusters, share of pictures in clusters whose majority they belong to (purity), share of
people who are in one cluster, and precision and recall over pairs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from portraits import aligned_face

from seqfer.faces.centerface import CenterFace
from seqfer.faces.embedding import FaceEmbedder
from seqfer.persons.clustering import cluster

Picture = NDArray[np.uint8]


def _far(picture: Picture) -> Picture:
    return cv2.resize(picture, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)  # eyes 14-18 px apart


def _unfocused(picture: Picture) -> Picture:
    return cv2.GaussianBlur(picture, (0, 0), 5)


def _dark(picture: Picture) -> Picture:
    noise = np.random.default_rng(0).normal(0, 6, picture.shape)
    return np.clip(picture * 0.25 + noise, 0, 255).astype(np.uint8)


def _compressed(picture: Picture) -> Picture:
    return cv2.imdecode(cv2.imencode(".jpg", _half(picture), [cv2.IMWRITE_JPEG_QUALITY, 12])[1], 1)


def _tilted(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    warp = cv2.getRotationMatrix2D((width / 2, height / 2), 25, 1)
    return cv2.warpAffine(picture, warp, (width, height), borderMode=cv2.BORDER_REPLICATE)


def _half(picture: Picture) -> Picture:
    return cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


CONDITIONS: dict[str, Callable[[Picture], Picture]] = {
    "as it is": lambda picture: picture,
    "far": _far,
    "unfocused": _unfocused,
    "dark": _dark,
    "compressed": _compressed,
    "tilted": _tilted,
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("embedder", type=Path, help="ONNX network, 112 x 112")
    parser.add_argument("portraits", type=Path, help="folder of NNN_KIND.jpg, several of each person")
    parser.add_argument("--mean", type=float, nargs=3, default=(127.5, 127.5, 127.5))
    parser.add_argument("--std", type=float, nargs=3, default=(127.5, 127.5, 127.5))
    parser.add_argument("--channels", choices=("rgb", "bgr"), default="rgb")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    embedder = FaceEmbedder(
        arguments.embedder,
        mean=tuple(arguments.mean),
        std=tuple(arguments.std),
        channels=arguments.channels,
    )
    detector = CenterFace(min_score=0.35)
    paths = sorted(arguments.portraits.glob("*_*.jpg"))
    if not paths:
        parser.error(f"no pictures NNN_KIND.jpg in {arguments.portraits}")
    people, kinds, vectors = [], [], []
    missed = dict.fromkeys(CONDITIONS, 0)
    for path in paths:
        picture = cv2.imread(str(path))
        for kind, spoil in CONDITIONS.items():
            crop = aligned_face(detector, spoil(picture))
            if crop is None:
                missed[kind] += 1
                continue
            people.append(path.stem.split("_")[0])
            kinds.append(kind)
            vectors.append(embedder.embed(_stored(crop)[None])[0])
    _tell(np.array(people), np.array(kinds), np.stack(vectors), missed)
    return 0


def _stored(crop: Picture) -> Picture:
    """A crop after JPEG, as a track store gives it back."""
    options = [cv2.IMWRITE_JPEG_QUALITY, 95]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    return cv2.imdecode(cv2.imencode(".jpg", crop, options)[1], 1)


def _tell(people: NDArray, kinds: NDArray, vectors: NDArray[np.float32], missed: dict[str, int]) -> None:
    print(f"{len(set(people))} people, {len(people)} pictures; without a face found: {missed}\n")
    similarity = vectors @ vectors.T
    first, second = np.triu_indices(len(people), 1)
    same, pair = people[first] == people[second], similarity[first, second]
    alike = kinds[first] == kinds[second]
    print("| pairs | same person: lowest, 5 %, mean | different: mean, 99.9 %, highest | EER | at |")
    print("|---|---|---|---|---|")
    choices = {"all": np.ones(len(pair), bool), "of one kind": alike, "of two kinds": ~alike}
    choices |= {f"{kind}, both": alike & (kinds[first] == kind) for kind in CONDITIONS}
    for name, chosen in choices.items():
        own, other = np.sort(pair[chosen & same]), np.sort(pair[chosen & ~same])
        rate, at = _equal_error(own, other)
        print(f"| {name} ({len(own)}, {len(other)}) | {own[0]:.3f}, {np.quantile(own, 0.05):.3f}, "
              f"{own.mean():.3f} | {other.mean():.3f}, {np.quantile(other, 0.999):.3f}, {other[-1]:.3f} | "
              f"{rate:.2%} | {at:.3f} |")  # fmt: skip
    for name, rows in (("as it is", kinds == "as it is"), ("all kinds", np.ones(len(kinds), bool))):
        print(f"\n{name}: {rows.sum()} pictures\n")
        print("| threshold | clusters | purity | people whole | pair precision | pair recall |")
        print("|---|---|---|---|---|---|")
        for threshold in np.arange(0.25, 0.71, 0.05):
            _tell_clusters(people[rows], vectors[rows], float(threshold))


def _equal_error(own: NDArray, other: NDArray) -> tuple[float, float]:
    """Equal error rate and its threshold, from sorted similarities."""
    at = np.linspace(-1, 1, 4001)
    wrong = 1 - np.searchsorted(other, at) / len(other)
    lost = np.searchsorted(own, at) / len(own)
    best = int(np.argmin(np.abs(wrong - lost)))
    return float(wrong[best] + lost[best]) / 2, float(at[best])


def _tell_clusters(people: NDArray, vectors: NDArray[np.float32], threshold: float) -> None:
    labels = cluster(vectors, np.zeros((0, 2), np.int64), threshold=threshold)
    sizes = [np.unique(people[labels == n], return_counts=True)[1] for n in range(labels.max() + 1)]
    purity = sum(int(s.max()) for s in sizes) / len(people)
    whole = np.mean([len(set(labels[people == p])) == 1 for p in set(people)])
    first, second = np.triu_indices(len(people), 1)
    said, true = labels[first] == labels[second], people[first] == people[second]
    precision, recall = (said & true).sum() / max(1, said.sum()), (said & true).sum() / true.sum()
    print(f"| {threshold:.2f} | {len(sizes)} | {purity:.4f} | {whole:.3f} | {precision:.4f} | {recall:.4f} |")


if __name__ == "__main__":
    raise SystemExit(main())
