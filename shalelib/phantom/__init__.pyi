from .acquisition import (
    AcquisitionConfig,
    phantom_dataset,
)
from .config import (
    PhantomConfig,
    SemConfig,
    TxmConfig,
)
from .cubes import (
    Cubes,
    cut_cubes,
)
from .fabric import (
    make_rock,
    plug_outline,
)
from .fabric_config import (
    FabricConfig,
)
from .fibsem import (
    render_sem,
)
from .truth import (
    true_classes,
    true_patches,
)
from .txm import (
    render_txm,
)
from .volume import (
    Phantom,
    flow_domain,
    load_phantom,
    make_phantom,
)

__all__ = [
    "AcquisitionConfig",
    "Cubes",
    "FabricConfig",
    "Phantom",
    "PhantomConfig",
    "SemConfig",
    "TxmConfig",
    "cut_cubes",
    "flow_domain",
    "load_phantom",
    "make_phantom",
    "make_rock",
    "phantom_dataset",
    "plug_outline",
    "render_sem",
    "render_txm",
    "true_classes",
    "true_patches",
]
