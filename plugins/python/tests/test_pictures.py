"""Arrays of every type and layout, in and out."""

import tracemalloc
import unittest

import numpy as np

import dipkit

TINY = dict(iterations=10, scales=2, channels=4, skip_channels=2, input_depth=4, runs=1)


def samples(shape, dtype):
    levels = np.random.default_rng(0).random(shape)
    return levels.astype(dtype) if np.dtype(dtype).kind == "f" else (levels * np.iinfo(dtype).max).astype(dtype)


class Pictures(unittest.TestCase):
    def test_every_type_and_shape_comes_back_as_it_was_given(self):
        for dtype in (np.uint8, np.uint16, np.float16, np.float32):
            for shape in ((12, 16), (12, 16, 1), (12, 16, 2), (12, 16, 3), (12, 16, 4)):
                a = samples(shape, dtype)
                restored = dipkit.denoise(a, **TINY)
                self.assertEqual((restored.shape, restored.dtype), (a.shape, a.dtype))
                self.assertFalse((restored == a).all(), (dtype, shape))
                # Without strength it is what was given, sample by sample.
                self.assertTrue((dipkit.denoise(a, strength=0, **TINY) == a).all(), (dtype, shape))

    def test_views_give_the_samples_of_their_copies(self):
        a = samples((30, 40, 4), np.uint16)
        for view in (a[2:26:2, 1:33:2, :3], a[::-1, ::-1, 2::-1][:24, :32], a.transpose(1, 0, 2)[:24, :24], a[:24, :32, 1]):
            expected = dipkit.denoise(view.copy(), **TINY)
            self.assertTrue((dipkit.denoise(view, **TINY) == expected).all(), view.strides)
            out = np.zeros(a.shape, a.dtype)[::-1, :, ::-1][: view.shape[0], : view.shape[1]]
            out = out[..., 0] if view.ndim == 2 else out[..., : view.shape[2]]
            self.assertIs(dipkit.denoise(view, out=out, **TINY), out)
            self.assertTrue((out == expected).all(), view.strides)

    def test_repeated_samples_are_taken(self):
        row = samples((1, 16, 3), np.uint8)
        repeated = np.broadcast_to(row, (12, 16, 3))
        expected = dipkit.denoise(repeated.copy(), **TINY)
        self.assertTrue((dipkit.denoise(repeated, **TINY) == expected).all())

    def test_records_that_are_not_aligned_are_taken(self):
        record = np.zeros((12, 16), np.dtype([("flag", np.uint8), ("level", np.float32)]))
        record["level"] = samples((12, 16), np.float32)
        expected = dipkit.denoise(record["level"].copy(), **TINY)
        self.assertTrue((dipkit.denoise(record["level"], **TINY) == expected).all())

    def test_read_only_arrays_are_read_and_not_written(self):
        a = samples((12, 16), np.uint8)
        a.flags.writeable = False
        dipkit.denoise(a, **TINY)
        with self.assertRaisesRegex(ValueError, "out is read-only"):
            dipkit.denoise(a, out=a, **TINY)

    def test_a_view_is_not_copied_on_the_way(self):
        a = np.zeros((1000, 1000, 4), np.float32)[:, ::-1, :3]
        out = np.empty_like(a)
        tracemalloc.start()
        with dipkit.Session("denoise", a, **TINY) as session:
            session.preview(out=out)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        # numpy counts its arrays there; one of this size has 12 MB.
        self.assertLess(peak, 1_000_000)

    def test_masks_are_weights_or_booleans(self):
        a = samples((16, 16, 3), np.uint8)
        observed = np.ones((16, 16), bool)
        observed[:, 7] = False
        expected = dipkit.inpaint(a, observed, **TINY)
        self.assertTrue((expected[observed] == a[observed]).all())
        self.assertFalse((expected == a).all())
        for mask in (observed * np.uint8(255), observed * np.uint16(65535), observed.astype(np.float32)[..., None]):
            self.assertTrue((dipkit.inpaint(a, mask, **TINY) == expected).all(), mask.dtype)

    def test_what_samples_mean_changes_the_result(self):
        a = samples((12, 16, 4), np.float32)
        a[..., 3] = 0.5
        plain = dipkit.denoise(a, **TINY)
        for meaning in (dict(transfer="linear"), dict(is_premultiplied=True)):
            self.assertFalse((dipkit.denoise(a, **meaning, **TINY) == plain).all(), meaning)

    def test_a_guide_is_used(self):
        a, guide = samples((16, 16, 3), np.uint8), np.tile(np.arange(16, dtype=np.uint8), (16, 1))
        self.assertFalse((dipkit.denoise(a, guide=guide, **TINY) == dipkit.denoise(a, **TINY)).all())

    def test_what_is_no_picture_is_refused(self):
        a = np.zeros((8, 8))
        with self.assertRaisesRegex(TypeError, r"a is <f8 \(float64\), must be uint8, uint16, float16, float32"):
            dipkit.denoise(a)
        with self.assertRaisesRegex(TypeError, ">u2"):
            dipkit.denoise(a.astype(">u2"))
        with self.assertRaisesRegex(TypeError, "a is .*bool"):
            dipkit.denoise(a > 0)
        for shape in ((8,), (8, 8, 5), (1, 8, 8, 3)):
            with self.assertRaisesRegex(ValueError, r"a has the shape \(.*must be \(height, width\)"):
                dipkit.denoise(np.zeros(shape, np.uint8))
        with self.assertRaisesRegex(dipkit.InvalidArgument, "mask is 4x4, image is 8x8"):
            dipkit.inpaint(a.astype(np.uint8), np.zeros((4, 4), np.uint8))
        with self.assertRaisesRegex(ValueError, 'transfer is "gamma", must be encoded or linear'):
            dipkit.denoise(a.astype(np.uint8), transfer="gamma")
