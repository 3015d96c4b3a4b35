"""The exceptions for what the library refuses or fails at; their text is the library's own."""

from __future__ import annotations

from typing import Any


class DipError(Exception):
    """Any failure of the library. Its subclasses are named after the header's ``DIP_ERROR_...``."""


class InvalidArgument(DipError, ValueError):
    """A value is out of range, or sizes do not match."""


class Unsupported(DipError, RuntimeError):
    """This build or this machine does not have what is asked for."""


class OutOfMemory(DipError, MemoryError):
    """``memory_limit``, the machine, its container or the device is too small."""


class Device(DipError, RuntimeError):
    """The driver or the tensor library failed."""


class Diverged(DipError, ArithmeticError):
    """The loss left the finite range and did not come back."""


class Io(DipError, OSError):
    """A file could not be read, written or understood."""


class Internal(DipError, RuntimeError):
    """dipkit has a bug; the session can still give its picture and be closed."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C ended a fit; ``picture`` is what it had by then.

    Attributes
    ----------
    picture : numpy.ndarray
        As the function would have returned it.
    """

    def __init__(self, picture: Any) -> None:
        super().__init__("the fit was ended; this exception's `picture` is the best so far")
        self.picture = picture


# From DIP_ERROR_INVALID_ARGUMENT on, in the header's order.
BY_STATUS = dict(enumerate((InvalidArgument, Unsupported, OutOfMemory, Device, Diverged, Io, Internal), 2))
