from .align import (
    Match,
    Shift,
    apply_shift,
    find_shift,
    find_slice,
)
from .cubes import (
    CubeSampler,
)
from .directory import (
    load_directory,
    load_masks,
)
from .fetch import (
    DataUnavailableError,
    fetch_patches,
)
from .masks import (
    read_mask,
)
from .ome_zarr import (
    write_ome_zarr,
)
from .pairs import (
    Dataset,
    PairedSlices,
    Volumes,
)
from .patches import (
    Patches,
    PatchSampler,
)
from .read import (
    as_volume,
    read_volume,
)
from .resample import (
    charging_mask,
    rescale,
    rescale_slices,
    to_cubes,
)
from .rock import (
    rock_mask,
)
from .splits import (
    Fold,
    folds,
    split_patches,
)
from .stacks import (
    read_stack,
    write_stack,
)
from .volume import (
    Volume,
)

__all__ = [
    "CubeSampler",
    "DataUnavailableError",
    "Dataset",
    "Fold",
    "Match",
    "PairedSlices",
    "PatchSampler",
    "Patches",
    "Shift",
    "Volume",
    "Volumes",
    "apply_shift",
    "as_volume",
    "charging_mask",
    "fetch_patches",
    "find_shift",
    "find_slice",
    "folds",
    "load_directory",
    "load_masks",
    "read_mask",
    "read_stack",
    "read_volume",
    "rescale",
    "rescale_slices",
    "rock_mask",
    "split_patches",
    "to_cubes",
    "write_ome_zarr",
    "write_stack",
]
