"""The shared library: where it is, what it exports, and how its failures become exceptions.

A call releases Python's global lock, so that other threads run during a fit.
"""

from __future__ import annotations

import ctypes
import operator
import os
import sys
from ctypes import POINTER, byref, c_char_p, c_double, c_float, c_int32, c_size_t, c_uint8, c_uint32, c_uint64, c_void_p
from pathlib import Path

from . import errors
from .structs import ABI_VERSION, CANCELLED, OK, DipImage, DipInputs, DipMetrics, DipOptionInfo

OVERRIDE = "DIPKIT_LIBRARY"
# Of the wheel's own library, and what the loader of a system looks for. Named libdipkit.so it would pass for a module.
NAME = {"darwin": "libdipkit.dylib", "win32": "dipkit.dll"}.get(sys.platform, "libdipkit.so.0")

_FUNCTIONS = {
    "dip_abi_version": (c_uint32, []),
    "dip_version_string": (c_char_p, []),
    "dip_last_error": (c_char_p, []),
    "dip_option_info": (c_int32, [c_uint32, c_uint32, c_uint32, POINTER(DipOptionInfo)]),
    "dip_options_init": (c_int32, [c_void_p, c_size_t, c_uint32, c_uint32]),
    "dip_options_set": (c_int32, [c_void_p, c_char_p, c_char_p]),
    "dip_options_get": (c_int32, [c_void_p, c_char_p, POINTER(c_double)]),
    "dip_estimate_memory": (c_int32, [c_void_p, POINTER(DipInputs), POINTER(c_uint64)]),
    "dip_key": (c_int32, [c_void_p, POINTER(DipInputs), POINTER(c_uint8)]),
    "dip_create": (c_int32, [c_void_p, POINTER(DipInputs), POINTER(c_void_p)]),
    "dip_step": (c_int32, [c_void_p, c_uint32, POINTER(DipMetrics)]),
    "dip_get_metrics": (c_int32, [c_void_p, POINTER(DipMetrics)]),
    "dip_get_options": (c_int32, [c_void_p, c_void_p]),
    "dip_get_size": (c_int32, [c_void_p, POINTER(c_uint32), POINTER(c_uint32)]),
    "dip_get_preview": (c_int32, [c_void_p, c_uint32, POINTER(DipImage), c_void_p]),
    "dip_get_preview_region": (
        c_int32,
        [c_void_p, c_uint32, c_uint32, c_uint32, c_uint32, c_uint32, POINTER(DipImage), c_void_p],
    ),
    "dip_set_strength": (c_int32, [c_void_p, c_float]),
    "dip_save": (c_int32, [c_void_p, c_char_p]),
    "dip_load": (c_int32, [c_char_p, POINTER(DipInputs), POINTER(c_void_p)]),
    "dip_cancel": (None, [c_void_p]),
    "dip_destroy": (None, [c_void_p]),
}


def check(status: int) -> bool:
    """Raise the exception that a status stands for; else tell whether the work went on, that is, was not cancelled."""
    if status in (OK, CANCELLED):
        return status == OK
    kind = errors.BY_STATUS.get(status, errors.DipError)
    raise kind(lib.dip_last_error().decode())


def whole(value: object, name: str) -> int:
    """Check a number for a ``uint32_t``, since ctypes would silently wrap one that does not fit."""
    number = operator.index(value)  # type: ignore[arg-type]
    if not 0 <= number < 2**32:
        raise errors.InvalidArgument(f"{name} is {number}, must be 0 to {2**32 - 1}")
    return number


def _place() -> str:
    override = os.environ.get(OVERRIDE)
    own = Path(__file__).with_name(NAME)
    return override or (str(own) if own.exists() else NAME)


def _load(path: str) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"{path} does not load: {error}; install dipkit again, or set {OVERRIDE} to the library") from None
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    found = library.dip_abi_version()
    if found != ABI_VERSION:
        raise ImportError(f"{path} has the ABI {found}, this module is for {ABI_VERSION}: install both of one version")
    return library


lib = _load(_place())
version: str = lib.dip_version_string().decode()

__all__ = ["byref", "check", "lib", "version", "whole"]
