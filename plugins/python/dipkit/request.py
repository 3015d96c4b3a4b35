"""Requests: what a picture would be restored to, by its key, and what that would take, without a session."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from . import picture
from .library import byref, check, lib
from .options import Keywords, Record
from .structs import KEY_BYTES

if TYPE_CHECKING:
    from typing_extensions import Unpack


def key(
    task: str, a: Any, mask: Any = None, guide: Any = None, *, quality: str = "balanced", **options: Unpack[Keywords]
) -> bytes:
    """Digest everything that a result's samples depend on, for programs that keep results.

    Parameters
    ----------
    task, a, mask, guide, quality, **options
        As of `Session`.

    Returns
    -------
    bytes
        32 bytes over task, options, samples, the library's version, device and instructions. What leaves the result
        as it is leaves the key as it is: ``strength``, ``threads``, ``time_limit``, and how an array lies in memory.

    Raises
    ------
    DipError
        One of its subclasses, with the library's text.

    See Also
    --------
    Session.save : Keeps an unfinished fit.

    Examples
    --------
    >>> import dipkit, numpy as np
    >>> noisy = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    >>> known = dipkit.key("denoise", noisy, seed=7)
    >>> len(known), known == dipkit.key("denoise", np.asfortranarray(noisy), seed=7, threads=1)
    (32, True)
    >>> known == dipkit.key("denoise", noisy, seed=8)
    False
    """
    record, inputs = _request(task, a, mask, guide, quality, options)
    found = (ctypes.c_uint8 * KEY_BYTES)()
    check(lib.dip_key(record.struct, byref(inputs.struct), found))
    return bytes(found)


def estimate_memory(
    task: str, a: Any, mask: Any = None, guide: Any = None, *, quality: str = "balanced", **options: Unpack[Keywords]
) -> int:
    """Estimate the bytes that a session would take at most. The picture is measured for it, which may take seconds.

    Parameters
    ----------
    task, a, mask, guide, quality, **options
        As of `Session`.

    Returns
    -------
    int
        Bytes; of a picture whose size alone is too much for ``memory_limit`` or the machine, what it takes at least.

    Raises
    ------
    DipError
        One of its subclasses, with the library's text.

    Examples
    --------
    >>> import dipkit, numpy as np
    >>> noisy = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    >>> small, large = (dipkit.estimate_memory("denoise", noisy, channels=count, threads=1) for count in (8, 64))
    >>> 0 < small < large
    True
    """
    record, inputs = _request(task, a, mask, guide, quality, options)
    found = ctypes.c_uint64()
    check(lib.dip_estimate_memory(record.struct, byref(inputs.struct), byref(found)))
    return found.value


def _request(task: str, a: Any, mask: Any, guide: Any, quality: str, options: Any) -> tuple[Record, picture.Inputs]:
    options = dict(options)
    transfer = options.pop("transfer", "encoded")
    is_premultiplied = options.pop("is_premultiplied", False)
    record = Record({"task": task, "quality": quality, **options})
    return record, picture.Inputs(a, mask, guide, transfer, is_premultiplied)
