"""The small figures of the front page: each shows the numbers of its finding, or is left out."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba

from companion.claims_volumes import COLUMNS
from companion.estimates import Evidence
from companion.pages.front import SAME_GENERATOR
from companion.pages.front_figures import SIZE, finding_figures
from companion.pages.three_planes import GOAL
from companion.published import published_value
from companion.site._bundle import box_saved, smallest_text
from companion.style import COLOURS


@pytest.fixture
def results():
    cells = {("dice_low", "constant"): 0.0, ("dice_low", "affine"): 0.2}
    cells |= {("dice_low", "feedforward"): 0.1, ("dice_low", "pix2pix_wgan"): 0.3}
    cells |= {("psnr", "feedforward"): 15.0, ("psnr", "pix2pix_wgan"): 16.0}
    gains = {(f"gain_{name}", "truth"): float(k) - 1 for k, name in enumerate(COLUMNS)}
    drawn = [{key: gain + step for key, gain in gains.items()} for step in (-2.5, 0.0, 2.5)]
    printed = {("psnr", "no_model"): (13.0, 12.0, 14.0)}
    patches = Evidence(question="patches", cells=cells, printed=printed)
    return {"patches": patches, "shale": Evidence(question="shale", cells=gains, draws=drawn)}


PLANES = {
    "goal": [
        {"measure": "AUC", "ratio": 1.5, "reached": False},
        {"measure": "low density, share", "ratio": 0.25, "reached": True},
        {"measure": "k", "ratio": None, "reached": False},
    ],
    "seeds_goal": [
        {"measure": "AUC", "ratio": 1.5, "seed": 0},
        {"measure": "AUC", "ratio": 1.2, "seed": 1},
        {"measure": "low density, share", "ratio": 0.75, "seed": 2},
        {"measure": "k", "ratio": 0.1, "seed": 2},
    ],
}
LEVELS = {"table": [{"cut": 1, "permeability_nd": 500.0}, {"cut": 4, "permeability_nd": 2000.0}]}


def test_each_figure_shows_the_numbers_of_its_finding(results):
    found = finding_figures(results, threshold=LEVELS, planes=PLANES)
    assert all(found)
    losses, guesses, gains, voxels, ratios = (fig.axes[0] for fig, _ in found)
    drawn = [list(map(float, line.get_ydata())) for line in losses.lines]
    assert [15.0, 16.0] in drawn
    assert [published_value(row, "psnr", table=1) for row in SAME_GENERATOR[0]] in drawn
    assert [12.0, 14.0] in drawn  # the interval of the images without a network
    networks, guess = guesses.lines
    assert sorted(networks.get_xdata()) == [0.1, 0.3]
    assert set(guess.get_xdata()) == {0.2}  # the best of them
    assert [bar.get_width() for bar in gains.patches][::-1] == [
        k - 1.0 for k in range(len(COLUMNS))
    ]
    sure = [bar.get_facecolor() == to_rgba(COLOURS[1]) for bar in gains.patches][::-1]
    assert sure == [k - 1.0 > 2.4 for k in range(len(COLUMNS))]  # as the finding counts them
    [intervals] = gains.collections
    widths = [high - low for (low, _), (high, _) in intervals.get_segments()]
    np.testing.assert_allclose(widths, 0.95 * 5)
    # k of 64³ voxels, scaled to the 128³ of the paper, whose own are drawn as printed
    np.testing.assert_array_equal(voxels.lines[0].get_ydata(), [250.0, 1000.0])
    assert [line.get_ydata()[0] for line in voxels.lines[1:]] == [410.0, 81.4]
    assert [text.get_text() for text in voxels.texts] == [
        "410 nd at 128³, original",
        "81.4 nd at 128³, regularised",
    ]
    again, *by_kind = [line.get_xdata().tolist() for line in ratios.lines[:4]]
    assert by_kind == [[0.25], [], [1.5]]
    assert (again, ratios.lines[0].get_ydata().tolist()) == ([1.2, 0.75], [1.0, 0.0])
    assert [line.get_xdata()[0] for line in ratios.lines[4:]] == [GOAL, 1.0]
    assert [label.get_text() for label in ratios.get_yticklabels()] == ["low density, share", "AUC"]
    assert ratios.get_xlim()[0] < 0.25
    assert ratios.get_xlim()[1] > 1.5
    for fig, alt in found:
        assert smallest_text(fig) * 100 / 72 >= 9
        assert box_saved(fig).width <= SIZE[0] + 0.1
        assert alt.endswith(".")
        plt.close(fig)


def test_what_is_missing_has_no_figure():
    empty = {name: Evidence(question=name) for name in ("patches", "shale")}
    assert finding_figures(empty, threshold=None, planes=None) == [None] * 5
