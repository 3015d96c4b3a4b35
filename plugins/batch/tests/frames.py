"""A folder of small frames, how they are restored, and whether all of them have been: once, and whole."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pictures

DIPKIT = os.environ["DIPKIT"]
WORK = Path(os.environ["WORK"])

# About a quarter of a second of one core.
FLAGS = ["--iterations", "400", "--channels", "4", "--scales", "2", "--early-stop", "0", "--noise-level", "20", "--runs", "1"]


EXPECTED = WORK / "expected"


class Frames:
    """Frames in a folder of their own, and their results as one worker makes them that nobody disturbs."""

    def __init__(self, name, count):
        self.folder = WORK / name
        self.given, self.done = self.folder / "in", self.folder / "out"
        self.given.mkdir(parents=True)
        self.names = [f"frame.{number:04}.png" for number in range(1, count + 1)]
        for number, name in enumerate(self.names):
            pictures.write_png(self.given / name, pictures.noisy(24, 24, seed=number))

    def expect(self):
        """Restores the frames undisturbed, unless an earlier folder had the same ones. Threads change no byte."""
        subprocess.run([DIPKIT, "denoise", self.given, "--output-dir", EXPECTED, "--quiet", *FLAGS], check=True)

    def workers(self):
        """The commands that restore frames of the folder at this moment."""
        return [process for process, words in commands() if words[0] == DIPKIT and str(self.done) in words]

    def check(self, test, said):
        """Each frame was restored exactly once, to the bytes of an undisturbed worker, and nothing else is left."""
        left = sorted(path.name for path in self.done.iterdir() if not path.name.startswith("."))
        test.assertEqual(left, self.names)
        self.compare(test)
        finished = sorted(record["input"] for record in records(said) if record["event"] == "done")
        # A worker may be killed between its last write and its last word.
        test.assertEqual(len(finished), len(set(finished)), finished)
        test.assertGreater(len(finished), len(self.names) / 2)

    def compare(self, test):
        self.expect()
        for name in self.names:
            test.assertEqual((self.done / name).read_bytes(), (EXPECTED / name).read_bytes(), name)


def records(said):
    """The records among the lines that workers wrote; one that was killed may have begun another."""
    for line in said.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record


def commands():
    """The processes of this system and the words of their command lines."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        yield int(process.name), words


def kill(process, with_signal):
    try:
        os.kill(process, with_signal)
    except ProcessLookupError:
        pass


def wait_for(what, is_there, seconds=120):
    """Waits until something is there and returns it; for long, since the machine may do much else."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = is_there()
        if found:
            return found
        time.sleep(0.1)
    raise TimeoutError(f"{what}: not after {seconds} s")


def draws():
    """What is killed depends on the seed that run printed, and on the machine."""
    return random.Random(int(os.environ["SEED"]))


def kill_one(frames, draw, with_signal):
    """Signals a worker, as soon as there is one, in the midst of its work."""
    wait_for("a worker", frames.workers)
    time.sleep(draw.uniform(0, 0.4))
    workers = frames.workers()
    if workers:
        kill(draw.choice(workers), with_signal)


DEATHS = [signal.SIGKILL, signal.SIGTERM, signal.SIGUSR1]
