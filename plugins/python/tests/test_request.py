"""Keys and estimates, which need no session."""

import hashlib
import unittest

import numpy as np

import dipkit

NOISY = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
OBSERVED = np.arange(16 * 24).reshape(16, 24) % 5 > 0


class Keys(unittest.TestCase):
    def test_a_key_changes_with_what_the_result_depends_on(self):
        other = NOISY.copy()
        other[3, 4, 1] ^= 1
        keys = [
            dipkit.key("denoise", NOISY),
            dipkit.key("denoise", other),
            dipkit.key("denoise", NOISY, guide=other),
            dipkit.key("denoise", NOISY, quality="fast"),
            dipkit.key("denoise", NOISY, iterations=20),
            dipkit.key("denoise", NOISY, transfer="linear"),
            dipkit.key("dejpeg", NOISY),
            dipkit.key("inpaint", NOISY, OBSERVED),
            dipkit.key("inpaint", NOISY, ~OBSERVED),
        ]
        self.assertEqual(len(set(keys)), len(keys))
        self.assertEqual({(type(key), len(key)) for key in keys}, {(bytes, 32)})

    def test_a_key_heeds_neither_layout_nor_what_leaves_the_result_as_it_is(self):
        expected = dipkit.key("denoise", NOISY)
        planar = np.ascontiguousarray(NOISY.transpose(2, 0, 1)).transpose(1, 2, 0)
        turned = np.ascontiguousarray(NOISY[::-1, ::-1])[::-1, ::-1]
        for same in (planar, turned):
            self.assertEqual(dipkit.key("denoise", same), expected)
        self.assertEqual(dipkit.key("denoise", NOISY, threads=1, strength=0.5, time_limit=9), expected)

    def test_results_with_one_key_are_the_same(self):
        def restored(**more):
            options = dict(quality="fast", iterations=10, scales=1, channels=4, **more)
            picture = dipkit.denoise(NOISY, **options)
            return dipkit.key("denoise", NOISY, **options), hashlib.sha256(picture.tobytes()).hexdigest()

        self.assertEqual(restored(threads=1), restored(threads=2))
        self.assertNotEqual(restored(seed=1)[1], restored(seed=2)[1])


class Estimates(unittest.TestCase):
    def test_an_estimate_is_what_the_session_says_that_it_takes(self):
        options = dict(quality="fast", iterations=20, channels=8, threads=2)
        with dipkit.Session("denoise", NOISY, **options) as session:
            self.assertEqual(session.step(1).memory_bytes, dipkit.estimate_memory("denoise", NOISY, **options))

    def test_an_estimate_decides_over_the_memory_limit(self):
        options = dict(iterations=2, tile_size=0, threads=1)
        needed = dipkit.estimate_memory("inpaint", NOISY, OBSERVED, **options)
        dipkit.inpaint(NOISY, OBSERVED, memory_limit=needed, **options)
        with self.assertRaisesRegex(dipkit.OutOfMemory, f"needs {needed} bytes"):
            dipkit.inpaint(NOISY, OBSERVED, memory_limit=needed - 1, **options)

    def test_what_is_wrong_is_told_as_by_a_session(self):
        for ask in (dipkit.key, dipkit.estimate_memory):
            for options, kind, text in (
                (dict(tpyo=1), dipkit.InvalidArgument, 'no option "tpyo"'),
                (dict(strength=2), dipkit.InvalidArgument, "strength is 2"),
                (dict(transfer="log"), ValueError, 'transfer is "log"'),
            ):
                with self.assertRaisesRegex(kind, text):
                    ask("denoise", NOISY, **options)
            with self.assertRaises(TypeError):
                ask("denoise", NOISY.astype(np.float64))
