"""What the library refuses or fails at, as exceptions with the library's own text."""

from __future__ import annotations

from typing import Any


class DipError(Exception):
    """Any failure of the library. Its subclasses are named after the header's ``DIP_ERROR_...``."""


class InvalidArgument(DipError, ValueError):
    """A value out of range, or sizes that do not match."""


class Unsupported(DipError, RuntimeError):
    """Not in this build or not on this machine."""


class OutOfMemory(DipError, MemoryError):
    """``memory_limit``, the machine, its container or the device is too small."""


class Device(DipError, RuntimeError):
    """The driver or backend failed."""


class Diverged(DipError, ArithmeticError):
    """The loss left the finite range and did not come back."""


class Io(DipError, OSError):
    """A file could not be read, written or understood."""


class Internal(DipError, RuntimeError):
    """A bug in dipkit; this session can still give its picture and be closed."""


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
