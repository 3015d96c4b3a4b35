"""The line for GNU parallel, of which workers and parallel itself are killed."""

import signal
import subprocess
import time
import unittest

from frames import DEATHS, DIPKIT, FLAGS, Frames, draws, kill_one, wait_for


class Parallel(unittest.TestCase):
    def start(self, frames):
        worker = f"{DIPKIT} denoise {{}} --output-dir {frames.done} --resume --threads 1 --json {' '.join(FLAGS)}"
        command = ["parallel", "--jobs", "3", "--retries", "5", "--joblog", frames.folder / "joblog", "--resume-failed",
                   "--termseq", "TERM,30000,KILL,25", f"{worker} && test -e {frames.done}/{{/}}", ":::"]
        given = sorted(frames.given.iterdir())
        with open(frames.folder / "log", "a") as log:
            return subprocess.Popen([*command, *given], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def test_each_frame_is_restored_once_whatever_is_killed(self):
        frames, draw = Frames("parallel", 60), draws()
        running = self.start(frames)
        for event in draw.sample(3 * DEATHS + [None], 10):
            if event is None:
                # Its workers live on, and the next one leaves their frames to them.
                running.send_signal(signal.SIGKILL)
                running.wait()
                running = self.start(frames)
            elif running.poll() is None:
                kill_one(frames, draw, event)
        for _ in range(10):
            if running.wait() == 0:
                break
            # As its user does it, who reads that some failed.
            time.sleep(1)
            running = self.start(frames)
        self.assertEqual(running.wait(), 0)
        wait_for("the end of all workers", lambda: not frames.workers())
        frames.check(self, (frames.folder / "log").read_text(errors="replace"))


if __name__ == "__main__":
    unittest.main()
