"""A random forest as plain arrays: trained by scikit-learn, evaluated by one compiled loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import prange
from numpy.typing import NDArray

from shalelib.parallel import parallel_kernel


@dataclass(frozen=True, kw_only=True, eq=False)
class Forest:
    """All trees of a forest as arrays of nodes, in which the children of a node are adjacent.

    Attributes
    ----------
    roots : (t,) int32 array
        The first node of each tree.
    feature : (n,) int32 array
        The feature that a node tests; -1 marks a leaf.
    threshold : (n,) float32 array
        A pixel goes to the first child if its feature is at most this.
    child : (n,) int32 array
        The first child, which the second follows; for a leaf, its row of `probability`.
    probability : (m, c) float64 array
        Class probabilities of the leaves.
    classes : (c,) uint8 array
        The codes of the classes.
    n_features : int
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    child: NDArray[np.int32]
    probability: NDArray[np.float64]
    classes: NDArray[np.uint8]
    n_features: int

    def __post_init__(self) -> None:
        _check_forest(self)


def _check_forest(forest: Forest) -> None:
    """Refuse trees that could lead the compiled loop out of its arrays or round in circles."""
    n = len(forest.feature)
    same = n == len(forest.threshold) == len(forest.child) and n > 0
    shapes = same and forest.probability.ndim == 2 and len(forest.roots) > 0
    if not shapes or forest.probability.shape[1] != len(forest.classes):
        msg = "the arrays of the forest do not fit together; train the classifier again"
        raise ValueError(msg)
    leaf = forest.feature < 0
    leaves, inner = forest.child[leaf], np.flatnonzero(~leaf)
    sound = (
        (forest.feature < forest.n_features).all()
        and (forest.child[inner] > inner).all()
        and (forest.child[inner] < n - 1).all()
        and (leaves >= 0).all()
        and (leaves < len(forest.probability)).all()
        and (forest.roots >= 0).all()
        and (forest.roots < n).all()
        and np.isfinite(forest.threshold).all()
        and (np.abs(forest.probability - 0.5) <= 0.5).all()
    )
    if not sound:
        msg = "the trees of the forest are not sound; train the classifier again"
        raise ValueError(msg)


def flatten_forest(model: Any) -> Forest:
    """Copy the trees of a fitted scikit-learn forest into plain arrays.

    Parameters
    ----------
    model : sklearn.ensemble.RandomForestClassifier
        Fitted, with classes 0 to 255.

    Notes
    -----
    scikit-learn compares float32 features with float64 thresholds. Each threshold is lowered to
    the next float32, which decides the same for every float32 feature.
    """
    parts: list[tuple[NDArray[Any], ...]] = []
    roots, probabilities, nodes, leaves = [], [], 0, 0
    for estimator in model.estimators_:
        feature, threshold, child, probability = _flatten_tree(estimator.tree_)
        leaf = feature < 0
        child = np.where(leaf, child + leaves, child + nodes)
        roots.append(nodes)
        parts.append((feature, threshold, child))
        probabilities.append(probability)
        nodes += len(feature)
        leaves += len(probability)
    feature, threshold, child = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Forest(
        roots=np.array(roots, np.int32),
        feature=feature.astype(np.int32),
        threshold=threshold,
        child=child.astype(np.int32),
        probability=np.concatenate(probabilities),
        classes=model.classes_.astype(np.uint8),
        n_features=int(model.n_features_in_),
    )


def _flatten_tree(
    tree: Any,
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64], NDArray[np.float64]]:
    """Renumber one tree breadth first, so that the two children of a node are adjacent."""
    order = [0]
    first_child = []
    for node in order:  # grows while it is read
        left = int(tree.children_left[node])
        first_child.append(len(order) if left >= 0 else -1)
        if left >= 0:
            order += [left, int(tree.children_right[node])]
    nodes = np.array(order)
    child = np.array(first_child)
    leaf = child < 0
    feature = np.where(leaf, -1, tree.feature[nodes])
    threshold = _round_down(np.where(leaf, 0.0, tree.threshold[nodes]))
    child[leaf] = np.arange(leaf.sum())
    probability = tree.value[nodes[leaf], 0, :].astype(np.float64)
    return feature, threshold, child, probability


def _round_down(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the largest float32 that is not above each value."""
    rounded = values.astype(np.float32)
    above = rounded.astype(np.float64) > values
    rounded[above] = np.nextafter(rounded[above], np.float32(-np.inf))
    return rounded


def predict(forest: Forest, features: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the most probable class of each row; ties go to the lower class.

    Parameters
    ----------
    forest : Forest
    features : (n, k) float32 array

    Returns
    -------
    (n,) uint8 array
        Equal to scikit-learn's own prediction with one thread.
    """
    if features.ndim != 2 or features.shape[1] != forest.n_features:
        msg = (
            f"features must have shape (n, {forest.n_features}) for this forest, "
            f"got {features.shape}; compute them with the classifier's own configuration"
        )
        raise ValueError(msg)
    best = np.empty(len(features), np.int64)
    rows = np.ascontiguousarray(features, np.float32)
    _vote(
        rows,
        forest.roots,
        forest.feature,
        forest.threshold,
        forest.child,
        forest.probability,
        best,
    )
    return forest.classes[best]


@parallel_kernel()
def _vote(
    rows: NDArray[np.float32],
    roots: NDArray[np.int32],
    feature: NDArray[np.int32],
    threshold: NDArray[np.float32],
    child: NDArray[np.int32],
    probability: NDArray[np.float64],
    best: NDArray[np.int64],
) -> None:
    """Sum the leaf probabilities of all trees, in their order, and keep the most probable class."""
    n = rows.shape[0]
    n_classes = probability.shape[1]
    block = 256  # rows that go through one tree together, so that the tree stays in cache
    for b in prange((n + block - 1) // block):
        first, last = b * block, min((b + 1) * block, n)
        votes = np.zeros((block, n_classes))
        for t in range(roots.size):
            for i in range(first, last):
                node = roots[t]
                f = feature[node]
                while f >= 0:
                    node = child[node] + (rows[i, f] > threshold[node])
                    f = feature[node]
                leaf = child[node]
                for c in range(n_classes):
                    votes[i - first, c] += probability[leaf, c]
        for i in range(first, last):
            top = 0
            for c in range(1, n_classes):
                if votes[i - first, c] > votes[i - first, top]:
                    top = c
            best[i] = top
