"""Arrays as the library sees them: described by their strides, and copied only where it cannot read them."""

from __future__ import annotations

import ctypes
from typing import Any, Optional, Tuple

import numpy as np

from .structs import IMAGE_PREMULTIPLIED, SAMPLES, TRANSFERS, DipImage, DipInputs


class Inputs:
    """The pictures that a session is made of, as the library's struct and the arrays that it points into."""

    def __init__(self, a: Any, mask: Any, guide: Any, transfer: str, is_premultiplied: bool) -> None:
        self.struct = DipInputs(struct_size=ctypes.sizeof(DipInputs))
        self.image = readable(a, "a")
        self._put("image", "pixels", self.image, describe(self.image, transfer, is_premultiplied))
        if mask is not None:
            self.mask = readable(_weights(np.asarray(mask)), "mask")
            self._put("mask", "mask_pixels", self.mask, describe(self.mask))
        if guide is not None:
            self.guide = readable(guide, "guide")
            self._put("guide", "guide_pixels", self.guide, describe(self.guide, transfer))

    def _put(self, image: str, pixels: str, a: np.ndarray, description: DipImage) -> None:
        setattr(self.struct, image, ctypes.pointer(description))
        setattr(self.struct, pixels, a.ctypes.data)


def _weights(mask: np.ndarray) -> np.ndarray:
    """The mask as the library takes it; one of truth values becomes 8 bits, in which 255 is observed."""
    return mask.astype(np.uint8) * np.uint8(255) if mask.dtype == np.bool_ else mask


def readable(a: Any, name: str) -> np.ndarray:
    """The array itself, or a copy where it repeats the same samples, as ``numpy.broadcast_to`` does."""
    a = np.asarray(a)
    check(a, name)
    repeats = any(stride == 0 and count > 1 for stride, count in zip(a.strides, a.shape))
    return np.ascontiguousarray(a) if repeats else a


def check(a: np.ndarray, name: str) -> None:
    """Refuse an array that is no picture."""
    if a.dtype not in SAMPLES:
        known = ", ".join(dtype.name for dtype in SAMPLES)
        raise TypeError(f"{name} is {a.dtype.str} ({a.dtype.name}), must be {known}, in the machine's byte order")
    if a.ndim not in (2, 3) or (a.ndim == 3 and not 1 <= a.shape[2] <= 4):
        raise ValueError(f"{name} has the shape {a.shape}, must be (height, width), or (height, width, 1 to 4 channels)")


def describe(a: np.ndarray, transfer: str = "encoded", is_premultiplied: bool = False) -> DipImage:
    """Describe the layout of an array that `check` accepts."""
    if transfer not in TRANSFERS:
        raise ValueError(f'transfer is "{transfer}", must be {" or ".join(TRANSFERS)}')
    return DipImage(
        width=a.shape[1],
        height=a.shape[0],
        channels=1 if a.ndim == 2 else a.shape[2],
        sample=SAMPLES.index(a.dtype),
        transfer=TRANSFERS.index(transfer),
        flags=IMAGE_PREMULTIPLIED if is_premultiplied else 0,
        row_stride=a.strides[0],
        pixel_stride=a.strides[1],
        channel_stride=a.itemsize if a.ndim == 2 else a.strides[2],
    )


def writable(out: Optional[np.ndarray], size: Tuple[int, int], like: np.ndarray) -> np.ndarray:
    """Give `out`, or a new array of this height and width with the channels and type of `like`."""
    if out is None:
        return np.empty(size + like.shape[2:], like.dtype)
    check(out, "out")
    if not out.flags.writeable:
        raise ValueError("out is read-only, must be an array that may be written")
    return out
