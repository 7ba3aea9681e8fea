"""Make the reference notebooks of tests/notebooks anew, at profile smoke.

``make_references.py`` makes all, from nothing; ``make_references.py NAME ...`` those named, from
the results that are there.

They keep the outputs of the cells marked NBVAL_CHECK_OUTPUT, which nbval compares; pictures and
timings of the others are left out.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from run_notebook import execute

from shalelib.models.variants import ABLATION, BEYOND, VARIANTS, get_variant

ROOT = Path(__file__).resolve().parents[1]
REFERENCES = ROOT / "tests" / "notebooks"
RESULTS = "results/nbval"
MARK = "# NBVAL_CHECK_OUTPUT"


def plan() -> list[tuple[str, str, dict[str, object]]]:
    """Return (notebook, name of the reference, parameters) in the order in which they depend."""
    common = {"profile": "smoke", "results": RESULTS}
    rows = [
        ("04_training", f"04_training-{row.name}", {**common, "variant": row.name})
        for row in VARIANTS + ABLATION
    ]
    # of the phantom's trainings those that 06_regulariser compares
    compared = ("pix2pix_wgan", "pix2pix_wgan_reg", "srgan_4x_vanilla", "srgan_4x_vanilla_reg")
    phantom = {**common, "dataset": "phantom"}
    rows += [
        ("04_training", f"04_training_phantom-{row.name}", {**phantom, "variant": row.name})
        for row in (*map(get_variant, compared), *ABLATION, *BEYOND)
    ]
    return [
        ("01_dataset", "01_dataset", common),
        ("01_dataset", "01_dataset-phantom", {**common, "dataset": "phantom"}),
        ("02_calibration", "02_calibration", common),
        ("03_phases", "03_phases", common),
        *rows,
        ("07_images", "07_images", common),
        ("06_regulariser", "06_regulariser", common),
        ("08_volumes", "08_volumes", common),
        ("09_flow", "09_flow", common),
        ("12_truth", "12_truth", common),
        ("10_validation", "10_validation", common),
        ("11_benchmarks", "11_benchmarks", common),
        ("13_claims", "13_claims", common),
        ("14_own_data", "14_own_data", common),
    ]


def strip(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Keep the outputs of checked cells alone, and no timings."""
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code" and MARK not in cell.source:
            cell.outputs = []
        elif cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    return notebook


def main(names: list[str]) -> None:
    """Execute the notebooks and write the references."""
    if not names:
        shutil.rmtree(ROOT / RESULTS, ignore_errors=True)
        shutil.rmtree(REFERENCES, ignore_errors=True)
    REFERENCES.mkdir(exist_ok=True)
    for notebook, name, parameters in plan():
        if names and name not in names:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            executed = Path(scratch) / f"{name}.ipynb"
            execute(ROOT / "notebooks" / f"{notebook}.py", executed, parameters)
            nbformat.write(strip(nbformat.read(executed, as_version=4)), REFERENCES / executed.name)


if __name__ == "__main__":
    main(sys.argv[1:])
