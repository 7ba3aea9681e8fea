"""Three contributions, as CONTRIBUTING.md promises them; a metric's is held in test_table1."""

import numpy as np
import pages
import pytest

from companion import rows
from shalelib.flow.apparent import permeability
from shalelib.flow.slip import NO_SLIP, SECOND_ORDER, SlipModel
from shalelib.models.variants import Variant

CHANNEL = np.pad(np.ones((6, 4, 4), bool), ((0, 0), (1, 1), (1, 1)))


@pytest.mark.parametrize("page", ["05_gallery", "07_images", "07_images_phantom"])
def test_a_model_row_is_trained_for_the_pages_that_show_it(monkeypatch, page):
    """Trainings, and with them the references that are kept, follow from the list of rows.

    That a line in the variants is such a row is held in test_rows.
    """
    variant = Variant(name="mine", label="Mine", objective="l1")
    added = rows.Row(key=variant.name, label=variant.label, kind="beyond", variant=variant)
    before = set(pages.trainings(pages.page_named(page)))
    monkeypatch.setattr(rows, "ROWS", (*rows.ROWS, added))
    after = set(pages.trainings(pages.page_named(page)))
    assert {row for _, row in after - before} == {"mine"}


def test_a_slip_law_is_user_code():
    """The package's second-order law, written out by a user, gives its permeability again."""

    def bosanquet_again(kn):
        return 1.0 / (1.0 + 2.0 * kn)

    mine = SlipModel(name="mine", c1=SECOND_ORDER.c1, c2=SECOND_ORDER.c2, effective=bosanquet_again)
    none, known, ours = (
        permeability(CHANNEL, voxel_size=50e-9, slip=law).permeability
        for law in (NO_SLIP, SECOND_ORDER, mine)
    )
    assert none < ours
    assert ours == pytest.approx(known, rel=1e-9)
