"""The four tasks, each of which is a function from a picture to the restored one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from .errors import Interrupted
from .options import Keywords
from .session import Progress, Session

if TYPE_CHECKING:
    from typing_extensions import Unpack


def denoise(
    a: Any,
    *,
    guide: Any = None,
    quality: str = "balanced",
    progress: Optional[Progress] = None,
    out: Optional[np.ndarray] = None,
    **options: Unpack[Keywords],
) -> np.ndarray:
    """Remove the noise from a picture.

    Parameters
    ----------
    a : array_like
        The picture, (height, width) or (height, width, channels): grey, grey and alpha, RGB or RGB and alpha; of
        uint8, uint16, float16 or float32, where 0 to 1 is the range of floats.
    guide : array_like, optional
        A cleaner picture of the same scene and size, such as one with flash.
    quality : str
        ``fast``, ``balanced`` or ``reference``.
    progress : callable, optional
        Called with `Metrics` after every few iterations. Returning False ends the fit, and the picture so far is
        returned; an exception ends it and is passed on.
    out : numpy.ndarray, optional
        Where to write the result, of any supported type and layout. By default a new array like `a`.
    **options
        Any of the header's ``DipOptions`` by its name, such as ``iterations=500`` or ``seed=7``; `option_info` describes
        them. Also ``transfer="linear"`` for samples that are linear light, and ``is_premultiplied=True`` for colour that
        is multiplied by alpha.

    Returns
    -------
    numpy.ndarray

    Raises
    ------
    DipError
        One of its subclasses, with the library's text.
    Interrupted
        On Ctrl-C; its ``picture`` is the best so far.

    Examples
    --------
    >>> import dipkit, numpy as np
    >>> noisy = np.random.default_rng(0).normal(0.5, 0.1, (24, 32)).astype(np.float32)
    >>> restored = dipkit.denoise(noisy, quality="fast", iterations=40, scales=2, channels=8)
    >>> restored.shape, restored.dtype.name, bool(restored.std() < noisy.std())
    ((24, 32), 'float32', True)
    """
    return _restore(Session("denoise", a, guide=guide, quality=quality, **options), progress, out)


def dejpeg(
    a: Any,
    *,
    quality: str = "balanced",
    progress: Optional[Progress] = None,
    out: Optional[np.ndarray] = None,
    **options: Unpack[Keywords],
) -> np.ndarray:
    """Remove JPEG artifacts from a decoded picture; a picture that never was a JPEG comes back as it is.

    Parameters and result are those of `denoise`.

    Examples
    --------
    >>> import dipkit, numpy as np
    >>> never_a_jpeg = np.tile(np.arange(32, dtype=np.uint8), (24, 1))
    >>> bool((dipkit.dejpeg(never_a_jpeg) == never_a_jpeg).all())
    True
    """
    return _restore(Session("dejpeg", a, quality=quality, **options), progress, out)


def super_resolve(
    a: Any,
    *,
    quality: str = "balanced",
    progress: Optional[Progress] = None,
    out: Optional[np.ndarray] = None,
    **options: Unpack[Keywords],
) -> np.ndarray:
    """Enlarge a picture by ``factor``, 2 to 8.

    Parameters are those of `denoise`.

    Returns
    -------
    numpy.ndarray
        So many times as high and wide.

    Examples
    --------
    >>> import dipkit, numpy as np
    >>> small = np.tile(np.arange(0, 240, 20, dtype=np.uint8), (8, 1))
    >>> dipkit.super_resolve(small, factor=2, iterations=20, scales=2, channels=8).shape
    (16, 24)
    """
    return _restore(Session("super-resolve", a, quality=quality, **options), progress, out)


def inpaint(
    a: Any,
    mask: Any,
    *,
    quality: str = "balanced",
    progress: Optional[Progress] = None,
    out: Optional[np.ndarray] = None,
    **options: Unpack[Keywords],
) -> np.ndarray:
    """Fill holes; what is observed comes back bit for bit.

    Parameters
    ----------
    a : array_like
        As of `denoise`.
    mask : array_like
        Of the picture's height and width: 0 is missing, the type's maximum (or True) is observed, between is a weight.
    quality, progress, out, **options
        As of `denoise`.

    Returns
    -------
    numpy.ndarray

    Examples
    --------
    >>> import dipkit, numpy as np
    >>> scratched = np.tile(np.arange(0, 240, 10, dtype=np.uint8), (24, 1))
    >>> observed = np.ones(scratched.shape, bool)
    >>> observed[:, 11] = False
    >>> filled = dipkit.inpaint(scratched, observed, iterations=20, scales=2, channels=8)
    >>> bool((filled[observed] == scratched[observed]).all())
    True
    """
    return _restore(Session("inpaint", a, mask, quality=quality, **options), progress, out)


def _restore(session: Session, progress: Optional[Progress], out: Optional[np.ndarray]) -> np.ndarray:
    with session:
        try:
            session.run(progress)
        except KeyboardInterrupt as interrupt:
            raise Interrupted(session.preview(out=out)) from interrupt
        return session.preview(out=out)
