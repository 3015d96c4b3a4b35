"""The options of a fit, by the names of the header's ``DipOptions``.

Values, ranges and texts are the library's, so an option that only a newer library has can be given by its name too.
"""

from __future__ import annotations

import ctypes
import math
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple, TypedDict, Union

from .errors import InvalidArgument
from .library import byref, check, lib
from .structs import KIND_CHOICE, KIND_INTEGER, QUALITY_BALANCED, TASK_DENOISE, DipOptionInfo

Value = Union[int, float, str, None]


class Options(TypedDict, total=False):
    """The keywords, beside ``quality``, of every function that restores; ``None`` leaves an option to the preset."""

    device: str
    device_index: int
    threads: int
    seed: int
    factor: Optional[int]
    downsample: Optional[str]
    hole: Optional[str]
    input: Optional[str]
    optimizer: Optional[str]
    tile_size: Optional[int]
    iterations: Optional[int]
    input_depth: Optional[int]
    channels: Optional[int]
    channels_deepest: Optional[int]
    scales: Optional[int]
    skip_channels: Optional[int]
    early_stop: Optional[int]
    runs: Optional[int]
    memory_limit: int
    time_limit: float
    strength: Optional[float]
    noise_level: Optional[float]
    learning_rate: Optional[float]
    matrix_learning_rate: Optional[float]
    input_noise: Optional[float]
    average_weight: Optional[float]
    tv_weight: Optional[float]
    recorruption: Optional[float]
    held_out: Optional[float]


class Keywords(Options, total=False):
    """The options, and what the samples of the picture mean."""

    transfer: str
    is_premultiplied: bool


class OptionInfo(NamedTuple):
    """The description of one option, for widgets and for people.

    Attributes
    ----------
    name, label, hint, unit : str
        The keyword, and texts for people.
    minimum, maximum : float
        The range of a number.
    default : int, float, str or None
        Of this task and quality; None where the preset decides when it has seen the picture.
    choices : tuple of str
        The words of a choice; empty otherwise.
    is_integer : bool
        Whether the number is whole.
    tasks : tuple of str
        The tasks in which the option means something.
    """

    name: str
    label: str
    hint: str
    unit: str
    minimum: float
    maximum: float
    default: Value
    choices: Tuple[str, ...]
    is_integer: bool
    tasks: Tuple[str, ...]


def option_info(task: str = "denoise", quality: str = "balanced") -> List[OptionInfo]:
    """Describe every option.

    Parameters
    ----------
    task, quality : str
        Whose defaults to tell.

    Returns
    -------
    list of OptionInfo

    Examples
    --------
    >>> import dipkit
    >>> for option in dipkit.option_info("super-resolve"):
    ...     if option.name == "quality" or option.tasks == ("super-resolve",):
    ...         print(option.name, option.choices or (option.minimum, option.maximum))
    quality ('reference', 'balanced', 'fast')
    factor (2.0, 8.0)
    downsample ('lanczos2', 'lanczos3', 'bicubic', 'box', 'gaussian')
    """
    words = {row.name: _words(row.choices) for row in _rows(TASK_DENOISE, QUALITY_BALANCED)}
    numbers = [_number(words[name], name, word) for name, word in ((b"task", task), (b"quality", quality))]
    return [_info(row, words[b"task"]) for row in _rows(*numbers)]


def _number(words: Tuple[str, ...], name: bytes, word: str) -> int:
    if word not in words:
        raise InvalidArgument(f'{name.decode()} is "{word}", must be {", ".join(words)}')
    return words.index(word)


def _rows(task: int, quality: int) -> Iterator[DipOptionInfo]:
    row = DipOptionInfo(struct_size=ctypes.sizeof(DipOptionInfo))
    index = 0
    # Beyond the last row the answer is DIP_ERROR_INVALID_ARGUMENT.
    while lib.dip_option_info(index, task, quality, byref(row)) == 0:
        yield row
        row = DipOptionInfo(struct_size=ctypes.sizeof(DipOptionInfo))
        index += 1


def _info(row: DipOptionInfo, tasks: Tuple[str, ...]) -> OptionInfo:
    return OptionInfo(
        name=row.name.decode(),
        label=row.label.decode(),
        hint=row.hint.decode(),
        unit=row.unit.decode(),
        minimum=row.minimum,
        maximum=row.maximum,
        default=_value(row, row.default_value),
        choices=_words(row.choices),
        is_integer=row.kind == KIND_INTEGER,
        tasks=tuple(task for number, task in enumerate(tasks) if row.tasks >> number & 1),
    )


def _words(choices: bytes) -> Tuple[str, ...]:
    return tuple(choices.decode().split("|")) if choices else ()


def _value(row: DipOptionInfo, number: float) -> Value:
    if math.isnan(number):
        return None
    if row.kind == KIND_CHOICE:
        return _words(row.choices)[int(number)]
    return int(number) if row.kind == KIND_INTEGER else number


class Record:
    """A ``DipOptions`` that only the library reads and writes, with room for fields that this module does not know."""

    # 64 bits, so that it is aligned for every field.
    _ROOM = ctypes.c_uint64 * 128

    def __init__(self, options: Dict[str, Any]) -> None:
        self.struct = self._ROOM()
        check(lib.dip_options_init(self.struct, ctypes.sizeof(self.struct), TASK_DENOISE, QUALITY_BALANCED))
        for name, value in options.items():
            text = "auto" if value is None else str(value)
            check(lib.dip_options_set(self.struct, name.encode(), text.encode()))

    @classmethod
    def of(cls, session: ctypes.c_void_p) -> Record:
        """Read the options that a session uses."""
        record = cls({})
        check(lib.dip_get_options(session, record.struct))
        return record

    def as_dict(self) -> Dict[str, Value]:
        """Names and values; None stands for what is left to the preset, and for what has no value."""
        found: Dict[str, Value] = {}
        number = ctypes.c_double()
        for row in _rows(TASK_DENOISE, QUALITY_BALANCED):
            check(lib.dip_options_get(self.struct, row.name, byref(number)))
            found[row.name.decode()] = _value(row, number.value)
        return found
