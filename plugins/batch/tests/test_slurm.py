"""slurm.sh in a real cluster, in which workers, the controller and the node are killed."""

import os
import signal
import time
import unittest
from pathlib import Path

from cluster import WRITES_SECONDS, Cluster
from frames import DEATHS, DIPKIT, FLAGS, WORK, Frames, draws, kill_one, wait_for

SCRIPT = Path("../slurm.sh").resolve()


class Slurm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ["DIPKIT"] = DIPKIT
        cls.cluster = Cluster(WORK / "cluster")

    @classmethod
    def tearDownClass(cls):
        cls.cluster.end()

    def submit(self, frames, tasks):
        self.log = frames.folder / "log"
        return self.cluster.submit(f"--array=1-{tasks}", "--cpus-per-task=1", f"--output={self.log}.%a", SCRIPT, "denoise",
                                   frames.given, "--output-dir", frames.done, "--json", *FLAGS)

    def said(self):
        return "".join(path.read_text(errors="replace") for path in sorted(self.log.parent.glob("log.*")))

    def test_each_frame_is_restored_once_whatever_is_killed(self):
        frames, draw = Frames("slurm", 60), draws()
        self.submit(frames, 6)
        events = [lambda one=one: kill_one(frames, draw, one) for one in 3 * DEATHS]
        events += [self.cluster.restart_controller, lambda: self.cluster.kill_node(frames.workers)]
        draw.shuffle(events)
        for number, event in enumerate(events):
            wait_for("a worker or the end", lambda: frames.workers() or self.cluster.is_done())
            if self.cluster.is_done():
                self.assertGreater(number, len(events) / 2, "the frames were done too soon")
                break
            event()
            time.sleep(draw.uniform(0, 0.5))
        try:
            wait_for("the end of all tasks", self.cluster.is_done)
            frames.check(self, self.said())
        except (AssertionError, TimeoutError):
            print(self.said()[-4000:], self.cluster.said(), sep="\n", flush=True)
            raise

    def test_a_task_outlives_the_controller_and_goes_on_from_its_checkpoint_when_its_time_is_nearly_over(self):
        frames = Frames("time", 1)
        endless = ["1000000" if flag == FLAGS[1] else flag for flag in FLAGS]
        self.log = frames.folder / "log"
        job = self.cluster.submit("--array=1", "--cpus-per-task=1", f"--output={self.log}.%a", SCRIPT, "denoise",
                                  frames.given, "--output-dir", frames.done, "--json", *endless)
        wait_for("progress", lambda: '"progress"' in self.said())
        time.sleep(WRITES_SECONDS)
        self.cluster.restart_controller(signal.SIGKILL)
        # As Slurm does it for --signal=B:USR1@90, in minutes.
        wait_for("the controller", lambda: self.cluster.tasks() == {job: "None"})
        self.cluster.ask("scancel", "--batch", "--signal=USR1", f"{job}_1")
        wait_for("the task to wait", lambda: (self.cluster.tasks() or {}).get(job) == "BeginTime")
        self.assertEqual([path.name for path in frames.done.iterdir()], ["frame.0001.png.dipkit"])
        wait_for("the fit to go on", lambda: self.cluster.hurry() or '"resumed"' in self.said())
        # One that is cancelled ends, and is not requeued.
        self.cluster.ask("scancel", job)
        wait_for("the end of the task", self.cluster.is_done)
        # The first start's words are still there.
        self.assertIn("--resume goes on from", self.said())


if __name__ == "__main__":
    unittest.main()
