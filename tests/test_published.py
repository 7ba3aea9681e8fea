"""The paper's tables: every cell, under the keys of this book's rows."""

import math
import re
from fractions import Fraction
from pathlib import Path

import pytest

from companion.published import (
    COLUMNS,
    FOLDER,
    published_keys,
    published_row,
    published_table,
    published_value,
)
from companion.rows import ROWS

ARTICLE = (Path(__file__).parent / "literature/paper.txt").read_text(encoding="utf-8")


def cells(table):
    return [
        cell for key in published_keys(table) for cell in published_row(key, table=table).items()
    ]


def test_the_tables_have_all_their_cells():
    """12 rows of 5, 14 of 7 and 2 of 4 columns; the joint histogram of smoothed rows is a dash."""
    assert [len(cells(table)) for table in COLUMNS] == [60, 98, 8]
    dashes = [(key, name) for key in published_keys(2) for name, cell in row(key) if cell is None]
    assert dashes == [
        ("pix2pix_wgan_reg_median", "joint"),
        ("srgan_4x_vanilla_reg_median", "joint"),
    ]
    assert all(cell is not None for table in (1, 3) for _, cell in cells(table))


def test_what_is_said_of_divergences_near_an_empty_bins_is_so():
    """Nearly half of one column is near ln 10^10, of all others a single cell; two are above."""
    floor = math.log(1e10)
    near = [(name, cell.value) for name, cell in cells(2) if cell and abs(cell.value - floor) < 1]
    euler = [value for name, value in near if name == "euler_xz_yz"]
    assert (len(euler), len(near), len(published_keys(2))) == (6, 7, 14)
    assert sorted(value for value in euler if value > floor) == [23.04, 23.05]
    for page in ("differences", "volume_metrics"):
        text = " ".join((Path(__file__).parents[1] / f"book/{page}.md").read_text().split())
        assert re.search(
            r"Nearly half of [\w' ]+ Euler characteristic in x-z and y-z are near", text
        )


def row(key):
    return published_row(key, table=2).items()


def test_rows_stand_under_the_keys_of_the_book_in_the_papers_order():
    keys = [row.key for row in ROWS if row.kind == "paper"]
    assert list(published_keys(2)) == keys
    assert list(published_keys(1)) == [key for key in keys if not key.endswith("_median")]
    assert set(published_keys(3)) <= set(keys)


@pytest.mark.parametrize("table", [1, 2])
def test_every_line_of_a_table_stands_in_the_article(table):
    """The files hold the cells as printed, so that each row is a line of the article's text."""
    lines = {re.sub(r"\s+", " ", line).replace("–", "").strip() for line in ARTICLE.splitlines()}
    for record in (FOLDER / f"table{table}.csv").read_text().splitlines()[2:]:
        fields = record.split(",")
        if table == 2:  # the article puts the two plane families side by side, as the file does
            assert len(fields) == 10
        assert " ".join(fields[2:]).strip() in lines, record


def test_darcy_and_percent_become_the_units_of_the_book():
    """4.10e-7 and 8.14e-8 darcy are 410 and 81.4 nanodarcy."""
    original = published_row("srgan_4x_vanilla", table=3)
    assert original["permeability_nd"].value == 410
    assert published_value("srgan_4x_vanilla_reg", "permeability_nd", table=3) == 81.4
    assert original["porosity"].value == 0.207
    assert original["kn"].low == Fraction("0.0995")


def test_a_cell_carries_half_its_last_digit():
    cell = published_row("no_model", table=1)["ssim"]
    assert (cell.low, cell.high) == (Fraction("0.215"), Fraction("0.225"))


def test_a_row_or_column_that_is_not_there_is_an_error():
    with pytest.raises(KeyError, match="Table 1 has no row 'constant'; it has no_model"):
        published_row("constant", table=1)
    with pytest.raises(KeyError, match="dice_medium"):
        published_value("no_model", "dice_medium", table=1)


def test_a_damaged_file_is_an_error(tmp_path):
    (tmp_path / "table3.csv").write_text("key,knudsen_number\nsrgan_4x_vanilla,0.1\n")
    with pytest.raises(KeyError, match="permeability_darcy"):
        published_table(3, folder=tmp_path)
    text = (FOLDER / "table1.csv").read_text()
    (tmp_path / "table1.csv").write_text(text.replace("13.59", "13,59"))
    with pytest.raises(ValueError, match="'no_model' has not as many cells"):
        published_table(1, folder=tmp_path)
    (tmp_path / "table1.csv").write_text(text.replace("13.59", "n/a"))
    with pytest.raises(ValueError, match="n/a"):
        published_table(1, folder=tmp_path)
