"""Fit the digital shale to the real patches: ``fit_phantom.py [--plugs 8] [--rounds 3]``.

Makes thin plugs with the defaults of the configuration, measures them against the targets of the
calibration page, searches the fields of `BOUNDS`, and renders what it found exactly, on the same
plugs and on as many others. Prints the tables and the fields; a person writes the values into
`shalelib/phantom`. ``--rounds 0`` measures alone. One plug of a profile is a small sample of the
rock: ``--whole laptop --plugs 12`` makes the whole plugs of as many seeds and says of each how many
targets it meets, by which the profile's `rock` was chosen.
"""

import argparse

import checkout  # noqa: F401

from companion.pages.calibration import (
    calibration_table,
    phantom_crops,
    real_crops,
)
from companion.pages.calibration_domains import (
    axes_table,
    central_piece,
    flow_domain_table,
    open_axes,
    open_domains,
)
from companion.pages.calibration_fit import crops_of, misfit, search, with_fields
from companion.pages.calibration_plugs import THIN, thin_plug
from companion.pages.calibration_words import open_targets
from companion.profiles import get_profile
from shalelib.data.fetch import fetch_patches
from shalelib.phantom.acquisition import AcquisitionConfig, phantom_dataset
from shalelib.phantom.volume import flow_domain, make_phantom


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


def report_whole(profile, seed, real, *, quick):
    """Make the whole plug of a seed, and print how many targets it meets and which it does not."""
    sizes = get_profile(profile)
    phantom = make_phantom(sizes.phantom, seed=seed)
    data = phantom_dataset(phantom, config=sizes.acquisition, seed=seed)
    crops = phantom_crops(data.train, data.validation, data.test, like=real, seed=0)
    table = calibration_table(crops, real, quick=quick)
    domain = flow_domain(central_piece(phantom, profile=profile))
    missed = [
        *open_targets(table),
        *open_axes(axes_table(domain, voxel_size=sizes.phantom.voxel_size)),
        *open_domains(flow_domain_table(phantom, profile=profile)),
    ]
    aims = int(table["target"].notna().sum()) + 2  # axes and domains have one each
    print(
        f"seed {seed}: {aims - len(missed)} of {aims} targets met, misfit {misfit(table):.2f}; "
        f"not met: {'; '.join(missed) or 'none'}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plugs", type=int, default=8, help="rocks that are fitted")
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    parser.add_argument(
        "--rounds", type=int, default=3, help="passes over all fields; 0: no search"
    )
    parser.add_argument("--crops", type=int, default=400, help="real crops at most")
    parser.add_argument("--whole", metavar="PROFILE", help="measure whole plugs of a profile")
    parser.add_argument("--quick", action="store_true", help="without STSIM and trained measures")
    args = parser.parse_args()
    real = real_crops(fetch_patches(), most=args.crops)
    seeds = range(args.first, args.first + args.plugs)
    if args.whole:
        sizes = get_profile(args.whole).evaluation
        real = real_crops(fetch_patches(), size=sizes.crop, most=4 * sizes.crops)
        for seed in seeds:
            report_whole(args.whole, seed, real, quick=args.quick)
        return
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
