"""The session: one picture that is restored step by step."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional, Tuple, Union

import numpy as np

from . import picture
from .errors import InvalidArgument
from .library import byref, check, lib, whole
from .metrics import Metrics
from .options import Options, Record, Value
from .structs import OUTPUTS, DipInputs, DipMetrics
from .waiting import interruptible

if TYPE_CHECKING:
    from typing_extensions import Unpack

Progress = Callable[[Metrics], Any]

# The fit decides at every tenth iteration whether to go on.
ITERATIONS_A_STEP = 10


class Session:
    """One picture that is being restored: step it, look at it, and stop when you like it.

    Parameters
    ----------
    task : str
        ``denoise``, ``dejpeg``, ``super-resolve`` or ``inpaint``.
    a : array_like
        The picture, (height, width) or (height, width, channels): grey, grey and alpha, RGB or RGB and alpha; of
        uint8, uint16, float16 or float32, where 0 to 1 is the range of floats. Views are read as they lie.
    mask : array_like, optional
        For ``inpaint``, of the picture's height and width: 0 is missing, the type's maximum (or True) is observed, between
        is a weight.
    guide : array_like, optional
        For ``denoise``: a cleaner picture of the same scene and size, such as one with flash.
    transfer : str
        ``encoded`` for display, or ``linear`` light.
    is_premultiplied : bool
        Whether the colour is multiplied by alpha.
    **options
        Any of the header's ``DipOptions``, such as ``quality="fast"``, ``iterations=500`` or ``seed=7``;
        `option_info` describes them.

    Examples
    --------
    >>> import dipkit, numpy as np
    >>> noisy = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    >>> with dipkit.Session("denoise", noisy, quality="fast", iterations=30, scales=2, channels=8) as session:
    ...     while session.state == "running":
    ...         metrics = session.step(10)
    ...         sofar = session.preview()
    >>> metrics.iteration, sofar.shape, sofar.dtype.name
    (30, (24, 32, 3), 'uint8')

    Ctrl-C ends a step, and the session still has its picture. Any thread may call any method: `preview`, `metrics` and
    `cancel` do not wait for a step that runs on another one.
    """

    _pointer: Optional[ctypes.c_void_p] = None

    def __init__(
        self,
        task: str,
        a: Any,
        mask: Any = None,
        guide: Any = None,
        *,
        transfer: str = "encoded",
        is_premultiplied: bool = False,
        quality: str = "balanced",
        **options: Unpack[Options],
    ) -> None:
        record = Record({"task": task, "quality": quality, **options})

        def create(inputs: DipInputs, pointer: ctypes.c_void_p) -> int:
            return int(lib.dip_create(record.struct, byref(inputs), byref(pointer)))

        self._transfer, self._is_premultiplied = transfer, is_premultiplied
        self._open(create, picture.Inputs(a, mask, guide, transfer, is_premultiplied))

    @classmethod
    def load(
        cls,
        path: Union[str, os.PathLike[str]],
        a: Any,
        mask: Any = None,
        guide: Any = None,
        *,
        transfer: str = "encoded",
        is_premultiplied: bool = False,
    ) -> Session:
        """Load a session that `save` saved, with the same pictures. It goes on to the same samples.

        Parameters
        ----------
        path : str or os.PathLike
            What `save` wrote.
        a, mask, guide, transfer, is_premultiplied
            As when the session was made.

        Returns
        -------
        Session
        """
        session = cls.__new__(cls)

        def load(inputs: DipInputs, pointer: ctypes.c_void_p) -> int:
            return int(lib.dip_load(os.fsencode(path), byref(inputs), byref(pointer)))

        session._transfer, session._is_premultiplied = transfer, is_premultiplied
        session._open(load, picture.Inputs(a, mask, guide, transfer, is_premultiplied))
        return session

    def _open(self, make: Callable[[DipInputs, ctypes.c_void_p], int], inputs: picture.Inputs) -> None:
        """Let the library make a session, and set the pointer to it. It copies the pictures, so nothing holds them."""
        self._calls = threading.Condition()
        self._callers: List[int] = []
        self._process = os.getpid()
        # What results look like.
        self._like = np.empty((0, 0) + inputs.image.shape[2:], inputs.image.dtype)
        pointer = ctypes.c_void_p()
        check(make(inputs.struct, pointer))
        self._pointer = pointer

    @contextlib.contextmanager
    def _handle(self) -> Iterator[ctypes.c_void_p]:
        """Lend the library's session, which is not destroyed meanwhile."""
        with self._calls:
            if self._pointer is None:
                raise InvalidArgument("the session is closed: make another one")
            pointer = self._pointer
            self._callers.append(threading.get_ident())
        try:
            yield pointer
        finally:
            with self._calls:
                self._callers.remove(threading.get_ident())
                self._calls.notify_all()

    def step(self, iterations: int = ITERATIONS_A_STEP) -> Metrics:
        """Run so many iterations, or fewer when the work ends or `cancel` is called.

        Parameters
        ----------
        iterations : int
            Over all jobs; the result does not depend on how they are grouped into steps.

        Returns
        -------
        Metrics
        """
        return self._step(iterations)[1]

    def _step(self, iterations: int) -> Tuple[bool, Metrics]:
        """Step; tell whether nobody cancelled it, and where the work stands."""
        count = whole(iterations, "iterations")
        struct = DipMetrics(struct_size=ctypes.sizeof(DipMetrics))

        def call() -> bool:
            with self._handle() as pointer:
                return check(lib.dip_step(pointer, count, byref(struct)))

        went_on = interruptible(call, self.cancel)
        return went_on, Metrics.of(struct)

    def run(self, progress: Optional[Progress] = None) -> Metrics:
        """Step to the end of the work.

        Parameters
        ----------
        progress : callable, optional
            Called with `Metrics` after each step. Returning False ends the run, and so does an exception, which is
            passed on; the session can be run on.

        Returns
        -------
        Metrics
            Its ``state`` is ``running`` where `progress` or `cancel` ended the run.
        """
        while True:
            went_on, metrics = self._step(ITERATIONS_A_STEP)
            answer = progress(metrics) if progress is not None else None
            is_refused = isinstance(answer, (bool, np.bool_)) and not answer
            if not went_on or is_refused or metrics.state != "running":
                return metrics

    def preview(
        self,
        output: str = "result",
        out: Optional[np.ndarray] = None,
        region: Optional[Tuple[int, int, int, int]] = None,
    ) -> np.ndarray:
        """The picture so far. Before the first step it is the given one, enlarged where the task enlarges.

        Parameters
        ----------
        output : str
            ``result``, what to save; ``average`` or ``latest``, what the network draws; ``input``, what was given.
        out : numpy.ndarray, optional
            Where to write it, of any supported type and layout. By default a new array like the picture.
        region : tuple of int, optional
            x, y, width and height of a part. Where `out` is smaller than that, the part is scaled down to it.

        Returns
        -------
        numpy.ndarray
        """
        if output not in OUTPUTS:
            raise InvalidArgument(f'output is "{output}", must be {", ".join(OUTPUTS)}')
        with self._handle() as pointer:
            x, y, width, height = (0, 0, *self.size) if region is None else (whole(side, "region") for side in region)
            out = picture.writable(out, (height, width), self._like)
            image = byref(picture.describe(out, self._transfer, self._is_premultiplied))
            if region is None:
                check(lib.dip_get_preview(pointer, OUTPUTS.index(output), image, out.ctypes.data))
            else:
                part = (x, y, width, height)
                check(lib.dip_get_preview_region(pointer, OUTPUTS.index(output), *part, image, out.ctypes.data))
        return out

    @property
    def size(self) -> Tuple[int, int]:
        """Width and height of the result."""
        width, height = ctypes.c_uint32(), ctypes.c_uint32()
        with self._handle() as pointer:
            check(lib.dip_get_size(pointer, byref(width), byref(height)))
        return width.value, height.value

    @property
    def metrics(self) -> Metrics:
        """Where the work stands."""
        struct = DipMetrics(struct_size=ctypes.sizeof(DipMetrics))
        with self._handle() as pointer:
            check(lib.dip_get_metrics(pointer, byref(struct)))
        return Metrics.of(struct)

    @property
    def state(self) -> str:
        """``running``, ``finished``, ``stopped_early`` or ``timed_out``."""
        return self.metrics.state

    @property
    def options(self) -> Dict[str, Value]:
        """The options in use, by name. None stands for what the first step will decide, and for what has no value."""
        with self._handle() as pointer:
            return Record.of(pointer).as_dict()

    def set_strength(self, strength: float) -> None:
        """Blend from now on: 0 is the given picture, 1 the restored one. No step is needed."""
        with self._handle() as pointer:
            check(lib.dip_set_strength(pointer, float(strength)))

    def save(self, path: Union[str, os.PathLike[str]]) -> None:
        """Save the session in a file, for `load`."""
        with self._handle() as pointer:
            check(lib.dip_save(pointer, os.fsencode(path)))

    def cancel(self) -> None:
        """End the running or the next step, once. The session can be stepped again."""
        with self._handle() as pointer:
            lib.dip_cancel(pointer)

    def close(self) -> None:
        """Free the memory, after ending what other threads still do with the session. Closing twice does no harm."""
        # A forked child has neither the threads nor their locks.
        if self._pointer is None or self._process != os.getpid():
            return
        with self._calls:
            pointer, self._pointer = self._pointer, None
            # Several steps may be waiting for each other, and each cancel ends one. This thread is in no call, even where
            # an interrupt kept it from saying so.
            me = threading.get_ident()
            while not self._calls.wait_for(lambda: all(caller == me for caller in self._callers), timeout=0.05):
                lib.dip_cancel(pointer)
        lib.dip_destroy(pointer)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()
