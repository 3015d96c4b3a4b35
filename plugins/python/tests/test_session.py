"""Sessions: steps, previews, cancel, options, and how a fit ends."""

import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

import numpy as np

import dipkit

TINY = dict(quality="fast", iterations=40, scales=2, channels=4, skip_channels=2, input_depth=4, early_stop=0)
# Longer than any test: what ends it must be the test.
ENDLESS = {**TINY, "iterations": 1_000_000}
NOISY = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)

INTERRUPTED = """
import numpy as np, dipkit, signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
noisy = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
def told(metrics):
    if metrics.iteration >= 20:
        print("fitting", flush=True)
"""


class Sessions(unittest.TestCase):
    def test_steps_end_where_a_run_ends(self):
        expected = dipkit.denoise(NOISY, **TINY)
        with dipkit.Session("denoise", NOISY, **TINY) as session:
            self.assertTrue((session.preview() == NOISY).all())
            self.assertEqual((session.state, session.metrics.iteration), ("running", 0))
            iterations = []
            while session.state == "running":
                iterations.append(session.step(7).iteration)
            self.assertEqual(iterations, [7, 14, 21, 28, 35, 40])
            self.assertTrue((session.preview() == expected).all())
            self.assertEqual(session.size, (24, 16))

    def test_a_preview_may_be_any_output_part_and_size(self):
        with dipkit.Session("super-resolve", NOISY, factor=2, **TINY) as session:
            session.run()
            whole = session.preview()
            self.assertEqual(whole.shape, (32, 48, 3))
            self.assertTrue((session.preview(region=(5, 3, 8, 4)) == whole[3:7, 5:13]).all())
            small = session.preview("average", out=np.empty((8, 12, 3), np.float32), region=(0, 0, 48, 32))
            self.assertTrue(0 < small.mean() < 1)
            self.assertFalse((session.preview("input") == whole).all())
            with self.assertRaisesRegex(dipkit.InvalidArgument, "region is -1"):
                session.preview(region=(-1, 0, 4, 4))

    def test_options_are_resolved_by_the_first_step(self):
        with dipkit.Session("denoise", NOISY, **{**TINY, "iterations": None}, seed=7) as session:
            session.step(1)
            self.assertGreater(session.options["iterations"], 100)
            self.assertEqual((session.options["seed"], session.options["optimizer"]), (7, "muon"))
            self.assertEqual(session.options["task"], "denoise")

    def test_strength_blends_afterwards(self):
        with dipkit.Session("denoise", NOISY, **TINY) as session:
            session.run()
            session.set_strength(np.float32(0))
            self.assertTrue((session.preview() == NOISY).all())

    def test_a_saved_session_goes_on_to_the_same_samples(self):
        expected = dipkit.denoise(NOISY, **TINY)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "fit")
            with dipkit.Session("denoise", NOISY, **TINY) as session:
                session.step(13)
                session.save(path)
            with dipkit.Session.load(path, NOISY) as session:
                self.assertEqual(session.metrics.iteration, 13)
                session.run()
                self.assertTrue((session.preview() == expected).all())
            with self.assertRaises(dipkit.InvalidArgument):
                dipkit.Session.load(path, NOISY[::-1])
            with self.assertRaises(dipkit.Io):
                dipkit.Session.load(folder + "/missing", NOISY)

    def test_false_of_progress_ends_the_fit_and_returns_the_picture(self):
        told = []

        def progress(metrics):
            told.append(metrics)
            return metrics.iteration < 20

        restored = dipkit.denoise(NOISY, progress=progress, **ENDLESS)
        self.assertEqual([metrics.iteration for metrics in told], [10, 20])
        self.assertFalse((restored == NOISY).all())
        self.assertTrue(0 < told[0].progress < told[1].progress < 1)
        self.assertTrue(math.isfinite(told[1].loss))

    def test_an_exception_of_progress_is_passed_on(self):
        def progress(metrics):
            raise KeyError("mine")

        with self.assertRaisesRegex(KeyError, "mine"):
            dipkit.denoise(NOISY, progress=progress, **ENDLESS)

    def test_what_the_library_refuses_has_its_text(self):
        for options, kind, text in (
            (dict(tpyo=1), dipkit.InvalidArgument, 'no option "tpyo"'),
            (dict(quality="best"), ValueError, 'quality is "best", must be reference, balanced, fast'),
            (dict(strength=2), dipkit.DipError, "strength is 2, must be 0 to 1"),
            (dict(device="metal"), dipkit.Unsupported, "metal|Metal"),
            (dict(memory_limit=1), MemoryError, "memory_limit"),
        ):
            with self.assertRaisesRegex(kind, text):
                dipkit.denoise(NOISY, **options)
        with self.assertRaises(TypeError):
            dipkit.Session("denoise", NOISY, None, None, "fast")
        with self.assertRaisesRegex(dipkit.InvalidArgument, "iterations is -1"):
            dipkit.Session("denoise", NOISY, **TINY).step(-1)

    def test_other_threads_run_while_a_fit_does(self):
        with dipkit.Session("denoise", NOISY, **ENDLESS) as session:
            ended = []
            thread = threading.Thread(target=lambda: ended.append(session.run()))
            thread.start()
            while session.metrics.iteration < 20:
                session.preview()
            session.cancel()
            thread.join()
            self.assertEqual(ended[0].state, "running")
            # It can go on.
            self.assertEqual(session.step(5).iteration, ended[0].iteration + 5)

    def test_closing_ends_what_other_threads_do(self):
        session = dipkit.Session("denoise", NOISY, **ENDLESS)
        failures = []

        def step_on():
            try:
                while True:
                    session.step(1_000_000)
            except dipkit.InvalidArgument as failure:
                failures.append(str(failure))

        threads = [threading.Thread(target=step_on) for _ in range(3)]
        for thread in threads:
            thread.start()
        while session.metrics.iteration == 0:
            pass
        session.close()
        session.close()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, ["the session is closed: make another one"] * 3)

    def interrupted(self, script):
        """What a script prints that gets Ctrl-C once it says that it is fitting."""
        command = [sys.executable, "-c", f"options = {ENDLESS!r}\n{INTERRUPTED}\n{script}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            self.assertEqual(child.stdout.readline(), "fitting\n")
            child.send_signal(signal.SIGINT)
            lines = child.stdout.read().splitlines()
        return [line for line in lines if line != "fitting"]

    def test_ctrl_c_ends_a_fit_and_keeps_the_picture(self):
        script = """
try:
    dipkit.denoise(noisy, progress=told, **options)
except KeyboardInterrupt as interrupt:
    print(interrupt.picture.shape, (interrupt.picture != noisy).any())
"""
        self.assertEqual(self.interrupted(script), ["(16, 24, 3) True"])

    def test_ctrl_c_ends_a_step_and_the_session_goes_on(self):
        script = """
with dipkit.Session("denoise", noisy, **options) as session:
    try:
        told(session.step(20))
        session.step(1_000_000)
    except KeyboardInterrupt:
        before = session.step(1).iteration
        print((session.preview() != noisy).any(), session.step(3).iteration - before)
"""
        self.assertEqual(self.interrupted(script), ["True 3"])

    def test_a_forked_child_leaves_the_session_alone(self):
        with dipkit.Session("denoise", NOISY, **TINY) as session:
            session.step(10)
            child = os.fork()
            if child == 0:
                try:
                    session.step(1)
                    os._exit(1)
                except dipkit.Unsupported:
                    session.close()
                    os._exit(0)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
            self.assertEqual(session.step(10).iteration, 20)
