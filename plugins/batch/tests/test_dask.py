"""dipkit_dask on a cluster of Dask's on this machine, of which a worker is killed."""

import signal
import unittest
import warnings

import dipkit_dask
from frames import DIPKIT, FLAGS, Frames, kill, wait_for


class Dask(unittest.TestCase):
    def test_paths_of_all_frames_come_back_though_a_worker_is_killed(self):
        from distributed import Client, LocalCluster

        frames = Frames("dask", 12)
        # Dask names threads and sockets in its own ways.
        warnings.simplefilter("ignore")
        options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
        with LocalCluster(**options, silence_logs=50, local_directory=str(frames.folder)) as cluster, Client(cluster) as client:
            given = [frames.given / name for name in frames.names]
            paths = dipkit_dask.restore_all(client, given, frames.done, flags=["--threads", "1", *FLAGS], command=DIPKIT)
            first = next(paths)
            processes = client.run(own_process)
            wait_for("a worker", frames.workers)
            kill(list(processes.values())[0], signal.SIGKILL)
            found = sorted([first, *paths])
        self.assertEqual(found, [str(frames.done / name) for name in frames.names])
        frames.compare(self)

    def test_what_dipkit_says_of_a_frame_that_fails_is_told(self):
        frames = Frames("failing", 1)
        (frames.given / "broken.png").write_bytes(b"no picture")
        with self.assertRaisesRegex(RuntimeError, "broken.png: dipkit ended with status 3: error: .*broken.png"):
            dipkit_dask.restore(frames.given / "broken.png", frames.done, command=DIPKIT)


def own_process():
    import os

    return os.getpid()


if __name__ == "__main__":
    unittest.main()
