"""Which vectors are one person's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def cluster(vectors: NDArray[np.float32], apart: NDArray[np.int64], *, threshold: float) -> NDArray[np.int64]:
    """Agglomerative clustering by mean cosine similarity, some pairs kept apart.

    The two most similar clusters are merged for as long as their mean similarity is at least
    ``threshold`` (average linkage). A pair that must stay apart is given a distance so large that no
    mean it takes part in can come near the threshold: so two clusters that hold such a pair are never
    merged, however many other pairs they have.

    Args:
        vectors: float32 (N, D), of length 1.
        apart: int64 (P, 2), pairs of rows that are different persons.
        threshold: cosine similarity, -1 to 1.

    Returns:
        int64 (N,), numbers of the clusters, from 0 in the order of their first rows.
    """
    from scipy.cluster.hierarchy import fcluster, linkage  # slow to import, and seldom wanted

    count = len(vectors)
    if count < 2:
        return np.zeros(count, np.int64)
    unit = vectors.astype(np.float64)
    rows = np.arange(count)
    starts = rows * count - rows * (rows + 1) // 2 - rows - 1  # of each row's pairs, less its own number
    distances = np.empty(count * (count - 1) // 2)
    for n in range(count - 1):
        # Row by row, not as one product of matrices: that may round a pair differently in other company.
        pairs = slice(starts[n] + n + 1, starts[n] + count)
        distances[pairs] = 1.0 - (unit[n + 1 :] * unit[n]).sum(axis=1)
    low, high = np.sort(apart, axis=1).T
    distances[starts[low] + high] = 4.0 * count**2
    labels = fcluster(linkage(distances, "average"), 1.0 - threshold, "distance")
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64)
