"""Agreement of labels: confusion and Dice coefficient."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shalelib.arguments import given_array, given_labels
from shalelib.arrays import Labels, check_same_shape
from shalelib.segmentation.phases import PHASE_NAMES, UNLABELLED, Phase


def confusion(truth: Labels, predicted: Labels) -> NDArray[np.int64]:
    """Count pixels by true (row) and predicted (column) class.

    Parameters
    ----------
    truth, predicted : uint8 arrays of one shape
        Codes of `Phase`; pixels whose truth is `UNLABELLED` do not count.

    Returns
    -------
    (5, 5) int array
        Numbers of pixels, classes in the order of `Phase`.

    Raises
    ------
    TypeError
        An array does not hold integers.
    ValueError
        The shapes differ, or a pixel that counts has a code that is not of `Phase`.

    Examples
    --------
    >>> truth = np.array([1, 1, 2, 255], np.uint8)
    >>> confusion(truth, np.array([1, 2, 2, 2], np.uint8))[1:3, 1:3]
    array([[1, 1],
           [0, 1]])
    """
    given_labels("truth", truth)
    given_labels("predicted", predicted)
    check_same_shape("truth and predicted", truth, predicted, mend="compare the same slices")
    n = len(Phase)
    counted = truth != UNLABELLED
    pairs = truth[counted].astype(np.int64) * n + predicted[counted].astype(np.int64)
    if not all(np.isin(part[counted], list(Phase)).all() for part in (truth, predicted)):
        msg = f"classes must lie between 0 and {n - 1}; map them with read_label_image"
        raise ValueError(msg)
    return np.bincount(pairs, minlength=n * n).reshape(n, n)


def dice_from_confusion(table: NDArray[np.int64]) -> NDArray[np.float64]:
    r"""Return the Dice coefficient of each class from a confusion table.

    .. math:: D_c = \frac{2 |T_c \cap P_c|}{|T_c| + |P_c|}

    with the pixels T of a class in truth and those P predicted.

    Parameters
    ----------
    table : (c, c) int array
        Numbers of pixels by true class (row) and predicted class (column); see `confusion`.

    Returns
    -------
    (c,) float array
        0 to 1; NaN for a class that is neither true nor predicted anywhere.

    Raises
    ------
    TypeError
        `table` is not an array of numbers.
    ValueError
        `table` is not square.

    Examples
    --------
    >>> dice_from_confusion(np.array([[8, 2], [0, 6]])).round(3)
    array([0.889, 0.857])
    """
    given_array("table", table, ndim=2)
    if table.shape[0] != table.shape[1]:
        msg = f"table must have a row and a column a class, got shape {table.shape}; see confusion"
        raise ValueError(msg)
    total = (table.sum(axis=0) + table.sum(axis=1)).astype(np.float64)
    total[total == 0] = np.nan
    return 2.0 * np.diag(table) / total  # the double of a small integer would not fit


def confusion_table(table: NDArray[np.int64]) -> pd.DataFrame:
    """Return a confusion table with class names, and the recall, precision and Dice of each class.

    Parameters
    ----------
    table : (5, 5) int array
        As `confusion` returns.

    Returns
    -------
    DataFrame
        One row for each true class: the numbers of pixels by predicted class, then ``recall``,
        ``precision`` and ``dice``, NaN where a class has no pixels to judge by.

    Raises
    ------
    TypeError
        `table` is not an array of numbers.
    ValueError
        `table` has another shape.
    """
    given_array("table", table, ndim=2)
    if table.shape != (len(Phase), len(Phase)):
        msg = f"table must have {len(Phase)} rows and columns, got {table.shape}; see confusion"
        raise ValueError(msg)
    names = [PHASE_NAMES[phase] for phase in Phase]
    frame = pd.DataFrame(table, index=pd.Index(names, name="true"), columns=names)
    rows, columns = (table.sum(axis=axis).astype(np.float64) for axis in (1, 0))
    rows[rows == 0], columns[columns == 0] = np.nan, np.nan
    frame["recall"] = np.diag(table) / rows
    frame["precision"] = np.diag(table) / columns
    frame["dice"] = dice_from_confusion(table)
    return frame
