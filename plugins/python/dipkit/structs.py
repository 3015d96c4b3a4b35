"""The structs and constants of dipkit.h that this module uses; a test compares them with the header."""

import ctypes

import numpy as np

ABI_VERSION = 1

# Words of constants, in the order of their numbers: DIP_STATE_RUNNING is "running".
STATES = ("running", "finished", "stopped_early", "timed_out")
OUTPUTS = ("result", "average", "latest", "input")
TRANSFERS = ("encoded", "linear")
DEVICES = ("auto", "cpu", "cuda", "metal")
HOLES = ("text", "region", "sparse")
NOISES = ("unknown", "white", "brightness", "correlated", "impulse", "none", "chroma")
# DIP_SAMPLE_U8 and so on.
SAMPLES = (np.dtype("u1"), np.dtype("u2"), np.dtype("f2"), np.dtype("f4"))

AUTO = 2**32 - 1
KEY_BYTES = 32
OK, CANCELLED = 0, 1
IMAGE_PREMULTIPLIED = 1
TASK_DENOISE = 0
QUALITY_BALANCED = 1
KIND_INTEGER, KIND_CHOICE = 0, 2


class DipImage(ctypes.Structure):
    _fields_ = [
        ("width", ctypes.c_uint32),
        ("height", ctypes.c_uint32),
        ("channels", ctypes.c_uint32),
        ("sample", ctypes.c_uint32),
        ("transfer", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("channel_stride", ctypes.c_ssize_t),
        ("pixel_stride", ctypes.c_ssize_t),
        ("row_stride", ctypes.c_ssize_t),
    ]


class DipInputs(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("image", ctypes.POINTER(DipImage)),
        ("pixels", ctypes.c_void_p),
        ("mask", ctypes.POINTER(DipImage)),
        ("mask_pixels", ctypes.c_void_p),
        ("guide", ctypes.POINTER(DipImage)),
        ("guide_pixels", ctypes.c_void_p),
    ]


class DipOptionInfo(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("kind", ctypes.c_uint32),
        ("minimum", ctypes.c_double),
        ("maximum", ctypes.c_double),
        ("default_value", ctypes.c_double),
        ("name", ctypes.c_char_p),
        ("label", ctypes.c_char_p),
        ("hint", ctypes.c_char_p),
        ("unit", ctypes.c_char_p),
        ("choices", ctypes.c_char_p),
        ("tasks", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
    ]


class DipMetrics(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("state", ctypes.c_uint32),
        ("iteration", ctypes.c_uint32),
        ("iterations_total", ctypes.c_uint32),
        ("best_iteration", ctypes.c_uint32),
        ("jobs_done", ctypes.c_uint32),
        ("jobs_total", ctypes.c_uint32),
        ("device", ctypes.c_uint32),
        ("progress", ctypes.c_double),
        ("seconds_left", ctypes.c_double),
        ("seconds", ctypes.c_double),
        ("loss", ctypes.c_double),
        ("psnr_observed", ctypes.c_double),
        ("variance", ctypes.c_double),
        ("noise_level", ctypes.c_double),
        ("risk", ctypes.c_double),
        ("noise_kind", ctypes.c_uint32),
        ("hole", ctypes.c_uint32),
        ("memory_bytes", ctypes.c_uint64),
    ]
