"""Fit the digital shale to the real patches: ``fit_phantom.py [--plugs 8] [--rounds 3]``.

Makes thin plugs with the defaults of the configuration, measures them against the targets of the
calibration page, searches the fields of `BOUNDS`, and renders what it found exactly, on the same
plugs and on as many others. Prints the tables and the fields; a person writes the values into
`shalelib/phantom`. ``--rounds 0`` measures alone.
"""

import argparse

import checkout  # noqa: F401

from companion.pages.calibration import calibration_table, open_targets, real_crops
from companion.pages.calibration_fit import crops_of, misfit, search, with_fields
from companion.pages.calibration_plugs import THIN, thin_plug
from shalelib.data.fetch import fetch_patches
from shalelib.phantom.acquisition import AcquisitionConfig


def report(title, config, seeds, real, *, quick):
    """Make plugs, print their table, and return them."""
    plugs = [thin_plug(config, seed=seed) for seed in seeds]
    crops = crops_of(plugs, config, AcquisitionConfig(), like=real)
    table = calibration_table(crops, real, quick=quick)
    print(f"\n{title}: misfit {misfit(table):.2f}")
    columns = {"real": "target", "phantom": "found", "target": "allowed"}
    shown = table[["quantity", "real", "phantom", "difference", "target", "met"]]
    print(shown.rename(columns=columns).round(3).to_string(index=False), flush=True)
    print("not met:", "; ".join(open_targets(table)) or "none", flush=True)
    return plugs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plugs", type=int, default=8, help="rocks that are fitted")
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    parser.add_argument(
        "--rounds", type=int, default=3, help="passes over all fields; 0: no search"
    )
    parser.add_argument("--crops", type=int, default=400, help="real crops at most")
    parser.add_argument("--quick", action="store_true", help="without STSIM and trained measures")
    args = parser.parse_args()
    real = real_crops(fetch_patches(), most=args.crops)
    seeds = range(args.first, args.first + args.plugs)
    plugs = report("as it is", THIN, seeds, real, quick=args.quick)
    if args.rounds:
        best = search(plugs, THIN, AcquisitionConfig(), real=real, rounds=args.rounds, tell=print)
        found = with_fields(THIN, best)
        report("found", found, seeds, real, quick=args.quick)
        others = range(seeds.stop, seeds.stop + args.plugs)
        report("found, on other rocks", found, others, real, quick=args.quick)
        for name, value in best.items():
            print(f"{name} = {value:.4g}")


if __name__ == "__main__":
    main()
