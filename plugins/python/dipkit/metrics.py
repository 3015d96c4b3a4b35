"""The metrics of a session, with words where the header has numbers."""

from __future__ import annotations

from typing import NamedTuple, Optional

from .structs import AUTO, DEVICES, HOLES, NOISES, STATES, DipMetrics


class Metrics(NamedTuple):
    """Where the work stands after a step; names are those of the header's ``DipMetrics``.

    Attributes
    ----------
    state : str
        ``running``, ``finished``, ``stopped_early`` or ``timed_out``.
    iteration, iterations_total : int
        Done and planned, over all jobs. A fit that stops by itself needs fewer.
    best_iteration : int
        Of the current job, behind the result.
    jobs_done, jobs_total : int
        Tiles, neighbourhoods of holes, and runs.
    device : str
        Where it really runs.
    progress : float
        0 to 1 over the whole work; 1 only when the state is not ``running``.
    seconds_left, seconds : float
        An estimate, NaN until it is known; and what was spent.
    loss, variance, risk : float
        NaN until they mean something.
    psnr_observed : float
        dB against what was given, not against the truth: it rises while the picture gets worse.
    noise_level : float
        Estimated or given, 0 to 255; NaN if unknown.
    noise_kind : str
        ``unknown``, ``white``, ``brightness``, ``correlated``, ``impulse``, ``none`` or ``chroma``.
    hole : str or None
        The inpainting preset in use.
    memory_bytes : int
        What the session takes at most; once its work is done, about what it still holds.
    """

    state: str
    iteration: int
    iterations_total: int
    best_iteration: int
    jobs_done: int
    jobs_total: int
    device: str
    progress: float
    seconds_left: float
    seconds: float
    loss: float
    psnr_observed: float
    variance: float
    noise_level: float
    risk: float
    noise_kind: str
    hole: Optional[str]
    memory_bytes: int

    @classmethod
    def of(cls, struct: DipMetrics) -> Metrics:
        """Convert a struct that the library has filled."""
        fields = {name: getattr(struct, name) for name in cls._fields}
        fields["state"] = STATES[struct.state]
        fields["device"] = DEVICES[struct.device]
        fields["noise_kind"] = NOISES[struct.noise_kind]
        fields["hole"] = None if struct.hole == AUTO else HOLES[struct.hole]
        return cls(**fields)
