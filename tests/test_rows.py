"""The one list of rows: keys are unique, and a trained row follows from its variant."""

import runpy

import pytest

from companion import rows
from shalelib.models import variants
from shalelib.models.variants import ABLATION, BEYOND, SWEEP, VARIANTS, VOLUME, Variant


def test_keys_and_labels_are_unique():
    for field in ("key", "label"):
        names = [getattr(row, field) for row in rows.ROWS]
        assert len(set(names)) == len(names)


def test_every_variant_is_one_row():
    plain = [row.key for row in rows.ROWS if row.variant and not row.median]
    assert plain == [one.name for one in (*VARIANTS, *ABLATION, *SWEEP, *BEYOND, VOLUME)]


def test_sweep_and_ablation_are_for_the_digital_shale_alone():
    assert not rows.trained_rows("vaca-muerta-patches", "sweep", "ablation")
    assert len(rows.trained_rows("phantom", "sweep", "ablation")) == len(SWEEP) + len(ABLATION)
    for dataset in ("phantom", "vaca-muerta-patches"):
        beyond = rows.trained_rows(dataset, "beyond")
        assert [row.key for row in beyond] == [variant.name for variant in BEYOND]


def test_one_line_in_variants_is_a_row_of_tables_1_and_2(monkeypatch):
    """The list of rows, read afresh after a network has been added to the variants."""
    added = Variant(name="resnet_again", label="Another", objective="l1")
    monkeypatch.setattr(variants, "BEYOND", (*BEYOND, added))
    afresh = runpy.run_path(rows.__file__, run_name="companion.rows_afresh")
    for dataset in ("phantom", "vaca-muerta-patches"):
        assert "resnet_again" in [row.key for row in afresh["trained_rows"](dataset)]
    assert "resnet_again" in [row.key for row in afresh["table_2_rows"]()]
    assert "resnet_again" not in [row.key for row in rows.ROWS]


def test_a_row_that_there_is_not_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="choose one of: truth, no_model, feedforward"):
        rows.get_row("feed_forward")
