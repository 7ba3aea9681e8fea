"""Which pore voxels carry flow: clusters, joined where a box repeats itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from shalelib.arrays import Mask
from shalelib.flow.boundaries import Ends, Sides


class _Winding:
    """Clusters joined into components, with the number of boxes along the flow between them.

    This is a union-find whose links carry the number of boxes. A component *winds* if two paths
    from one of its clusters to another differ in that number: it then meets its own copy in another
    box.
    """

    def __init__(self, count: int) -> None:
        self.parent = list(range(count))
        self.boxes = [0] * count  # from a cluster to its parent
        self.winds = [False] * count  # of the component, at its root

    def root(self, cluster: int) -> tuple[int, int]:
        """Return the root of a cluster, and the number of boxes from the cluster to the root."""
        path = []
        while self.parent[cluster] != cluster:
            path.append(cluster)
            cluster = self.parent[cluster]
        boxes = 0
        for one in reversed(path):
            boxes += self.boxes[one]
            self.parent[one], self.boxes[one] = cluster, boxes
        return cluster, boxes

    def join(self, one: int, other: int, boxes: int) -> None:
        """Note that cluster `one` touches `other` in the box that lies `boxes` further on."""
        (a, to_a), (b, to_b) = self.root(one), self.root(other)
        if a == b:
            self.winds[a] |= to_a != boxes + to_b
            return
        self.parent[a], self.boxes[a] = b, boxes + to_b - to_a
        self.winds[b] |= self.winds[a]


def percolating(pore: Mask, *, axis: int, ends: Ends, sides: Sides) -> Mask:
    """Return the voxels of the clusters through which a flow along `axis` passes.

    Notes
    -----
    Periodic sides join a cluster to the one it touches across them. With periodic ends a flow
    passes through a cluster that meets its own copy in another box along the flow, wherever the
    box is cut; with other ends through one that touches both.
    """
    clusters, count = ndimage.label(pore)
    found = _Winding(count + 1)
    if sides == "periodic":
        for side in {0, 1, 2} - {axis}:
            _join_faces(found, clusters, side, boxes=0)
    if ends == "periodic":
        _join_faces(found, clusters, axis, boxes=1)
    roots = np.array([found.root(cluster)[0] for cluster in range(count + 1)])
    if ends == "periodic":
        through = np.array(found.winds)
    else:
        through = np.zeros(count + 1, bool)
        first, last = roots[clusters.take(0, axis)], roots[clusters.take(-1, axis)]
        through[np.intersect1d(first, last)] = True
    through[0] = False
    return np.asarray(through[roots][clusters])


def _join_faces(found: _Winding, clusters: NDArray[np.int32], axis: int, *, boxes: int) -> None:
    """Join what touches across the two faces of `axis`, the last slice to the first of a copy."""
    last, first = clusters.take(-1, axis).ravel(), clusters.take(0, axis).ravel()
    both = (last > 0) & (first > 0)
    for one, other in np.unique(np.stack([last[both], first[both]], axis=1), axis=0).tolist():
        found.join(one, other, boxes)
