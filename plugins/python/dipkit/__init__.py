"""Deep Image Prior: restore a picture by fitting a neural network to that one picture and to nothing else.

>>> import dipkit, numpy as np
>>> noisy = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
>>> restored = dipkit.denoise(noisy, quality="fast", iterations=20, scales=2, channels=8)

`denoise`, `dejpeg`, `super_resolve` and `inpaint` return the restored picture. `Session` is for those who want to look at
it while it improves. Names are those of the C library's header, ``dipkit.h``.
"""

from .errors import (
    Device,
    DipError,
    Diverged,
    Internal,
    Interrupted,
    InvalidArgument,
    Io,
    OutOfMemory,
    Unsupported,
)
from .library import version as __version__
from .metrics import Metrics
from .options import OptionInfo, Options, option_info
from .request import estimate_memory, key
from .session import Session
from .tasks import dejpeg, denoise, inpaint, super_resolve

__all__ = [
    "Device",
    "DipError",
    "Diverged",
    "Internal",
    "Interrupted",
    "InvalidArgument",
    "Io",
    "Metrics",
    "OptionInfo",
    "Options",
    "OutOfMemory",
    "Session",
    "Unsupported",
    "__version__",
    "dejpeg",
    "denoise",
    "estimate_memory",
    "inpaint",
    "key",
    "option_info",
    "super_resolve",
]
