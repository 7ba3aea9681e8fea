from .config import (
    TrainConfig,
)
from .inference import (
    load_generator,
    shipped_generators,
)
from .jacobian import (
    forward_with_norm,
)
from .networks import (
    Generator,
    build_discriminator,
    build_generator,
)
from .networks3d import (
    VolumeGenerator,
)
from .state3d import (
    VolumeTrainingState,
)
from .training import (
    Trained,
    read_samples,
    train,
)
from .translation import (
    translate,
)
from .variants import (
    ABLATION,
    BEYOND,
    VARIANTS,
    VOLUME,
    Variant,
    get_variant,
)
from .volumes import (
    median_along_z,
    translate_volume,
)
from .volumes3d import (
    translation_memory,
)

__all__ = [
    "ABLATION",
    "BEYOND",
    "VARIANTS",
    "VOLUME",
    "Generator",
    "TrainConfig",
    "Trained",
    "Variant",
    "VolumeGenerator",
    "VolumeTrainingState",
    "build_discriminator",
    "build_generator",
    "forward_with_norm",
    "get_variant",
    "load_generator",
    "median_along_z",
    "read_samples",
    "shipped_generators",
    "train",
    "translate",
    "translate_volume",
    "translation_memory",
]
