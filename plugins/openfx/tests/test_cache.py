"""A frame is fitted once: instances, strengths, threads and processes find it, and what is on disk is checked."""

import os
import pathlib
import subprocess
import time

import bench


class CacheTest(bench.Case):
    def setUp(self):
        self.source = bench.scene(64, 48).at("Float")

    def prepared(self, host, name="a", **parameters):
        host.create(name, "denoise", **parameters)
        host.show(name, self.source)
        return host

    def wait_for_lock(self, host):
        for _ in range(600):
            if list(host.cache.glob("*.lock")):
                return
            time.sleep(0.02)
        self.fail("nobody has locked the frame")

    def frames(self, host):
        return sorted(host.cache.glob("*.dipkit"))

    def test_another_instance_strength_and_thread_count_find_it(self):
        host = self.prepared(self.bench())
        first = host.render("a")
        self.assertEqual(first["starts"] >= 0, True)
        self.prepared(host, "b", threads=2, strength=0.5)
        second = host.render("b")
        self.assertLess(second["seconds"], 0.05)
        blend = [0.5 * (a + b) for a, b in zip(self.source.samples, first["image"].samples)]
        self.assertTrue(all(abs(a - b) < 1e-5 for a, b in zip(second["image"].samples, blend)))
        self.assertEqual(len(self.frames(host)), 1)

    def test_another_process_finds_it(self):
        host = self.prepared(self.bench())
        wanted = host.render("a")
        other = self.prepared(self.bench(cache=host.cache))
        answer = other.render("a")
        self.assert_samples(answer["image"].samples, wanted["image"].samples)
        self.assertEqual(set(answer["progress"]) - {0}, set())
        self.assertEqual(sorted(os.listdir(host.cache)), [frame.name for frame in self.frames(host)])

    def test_what_changes_the_result_is_another_frame(self):
        host = self.prepared(self.bench())
        results = [host.render("a")["image"].samples]
        for parameters in ({"seed": 3}, {"iterations": 9}, {"options": "channels=16"}, {"noise_level": 4}):
            self.prepared(host, **parameters)
            results.append(host.render("a")["image"].samples)
        self.assertEqual(len(self.frames(host)), len(results))
        self.source = bench.scene(64, 48, seed=9).at("Float")
        self.prepared(host)
        host.render("a")
        self.assertEqual(len(self.frames(host)), len(results) + 1)

    def test_order_of_frames_does_not_matter(self):
        sources = [bench.scene(48, 36, seed=seed).at("Float") for seed in range(3)]
        results = {}
        for order in ((0, 1, 2), (2, 0, 1)):
            host = self.bench()
            host.create("a", "denoise")
            for frame in order:
                host.show("a", sources[frame])
                seen = host.render("a")["image"].samples
                self.assert_samples(results.setdefault(frame, seen), seen)

    def test_what_is_no_frame_is_replaced(self):
        host = self.prepared(self.bench())
        wanted = host.render("a")["image"].samples
        (frame,) = self.frames(host)
        whole = frame.read_bytes()
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 1
        for content in (b"", whole[:100], whole[: len(whole) // 2], bytes(flipped), b"foreign" * 1000):
            frame.write_bytes(content)
            other = self.prepared(self.bench(cache=host.cache))
            answer = other.render("a")
            self.assertEqual(answer["messages"], [])
            self.assert_samples(answer["image"].samples, wanted)
            self.assertEqual(len(frame.read_bytes()), len(whole))

    def test_a_folder_that_cannot_be_used_does_not_matter(self):
        file = bench.WORK / "file"
        file.write_text("")
        for cache in (file / "below", pathlib.Path("/proc/nothing"), pathlib.Path("/dev/full")):
            host = self.prepared(self.bench(cache=cache))
            self.assert_restored(host.render("a"), self.source)

    def test_a_full_disk_does_not_matter(self):
        folder = bench.WORK / "small"
        folder.mkdir()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "none", folder]).returncode:
            self.skipTest("a small disk needs root")
        self.addCleanup(lambda: subprocess.run(["umount", folder], check=True))
        host = self.prepared(self.bench(cache=folder))
        self.assert_restored(host.render("a"), self.source)
        self.assertEqual(os.listdir(folder), [])

    def test_two_processes_fit_a_frame_once(self):
        host = self.prepared(self.bench(), iterations=150, options="early_stop=0")
        other = self.prepared(self.bench(cache=host.cache), iterations=150, options="early_stop=0")
        host.ask("start", "a")
        self.wait_for_lock(host)
        answer = other.render("a")
        first = host.ask("join", "a")
        self.assertEqual((first["status"], answer["status"]), (bench.OK, bench.OK))
        self.assertEqual(set(answer["progress"]) - {0}, set(), "the second one has fitted too")
        self.assertEqual(len(os.listdir(host.cache)), 1)

    def test_who_waits_goes_on_when_the_other_is_killed(self):
        host = self.prepared(Quiet(), iterations=100000)
        other = self.prepared(self.bench(cache=host.cache), iterations=100000)
        host.ask("start", "a")
        self.wait_for_lock(host)
        other.ask("start", "a", no=1e-9)
        time.sleep(0.3)
        host.process.kill()
        host.process.wait()
        answer = other.ask("join", "a")
        self.assertTrue(any(p > 0 for p in answer["progress"]), answer)
        host.process.stdin.close()
        host.process.stdout.close()
        host.errors.close()

    def test_disk_is_bounded_and_the_oldest_goes(self):
        self.source = bench.scene(300, 200).at("Float")
        host = self.prepared(self.bench(DIPKIT_CACHE_DISK="2"), iterations=1)
        frames = []
        for seed in range(4):
            host.set("a", seed=seed)
            self.assertEqual(host.render("a")["status"], bench.OK)
            frames.append(set(self.frames(host)))
            time.sleep(0.02)
        self.assertEqual([len(found) for found in frames], [1, 2, 2, 2])
        self.assertFalse(frames[0] & frames[3])

    def test_disk_may_be_off(self):
        host = self.prepared(self.bench(DIPKIT_CACHE_DISK="0"))
        self.assert_restored(host.render("a"), self.source)
        self.assertFalse(host.cache.exists())

    def test_memory_is_bounded(self):
        host = self.prepared(self.bench(DIPKIT_CACHE_MEMORY="0"))
        host.render("a")
        (frame,) = self.frames(host)
        frame.unlink()
        host.render("a")
        self.assertEqual(self.frames(host), [frame], "it was not in memory")

    def test_clear_cache_forgets_all_of_ours(self):
        host = self.prepared(self.bench())
        host.render("a")
        (host.cache / "mine.txt").write_text("not ours")
        self.assertEqual(host.ask("press", "a", "clear_cache"), bench.OK)
        self.assertEqual(os.listdir(host.cache), ["mine.txt"])
        host.render("a")
        self.assertEqual(len(self.frames(host)), 1)

    def test_a_time_limit_is_not_kept_on_disk(self):
        host = self.prepared(self.bench(), iterations=100000, time_limit=0.3)
        answer = host.render("a")
        self.assertEqual((answer["status"], answer["messages"]), (bench.OK, []))
        self.assertEqual(self.frames(host), [])

    def test_thumbnails_come_from_the_cache_or_are_the_source(self):
        host = self.prepared(self.bench())
        answer = host.render("a", thumbnail=1)
        self.assertEqual((answer["status"], answer["messages"]), (bench.OK, []))
        self.assert_samples(answer["image"].samples, self.source.samples)
        wanted = host.render("a")["image"].samples
        self.assert_samples(host.render("a", thumbnail=1)["image"].samples, wanted)
        other = self.prepared(self.bench(cache=host.cache))
        self.assert_samples(other.render("a", thumbnail=1)["image"].samples, wanted)

    def test_both_contexts_find_it(self):
        host = self.prepared(self.bench())
        wanted = host.render("a")["image"].samples
        host.create("b", "denoise", context="General")
        host.show("b", self.source)
        answer = host.render("b")
        self.assertEqual(answer["starts"], 0)
        self.assert_samples(answer["image"].samples, wanted)

    def test_drafts_are_fast_and_apart(self):
        host = self.prepared(self.bench(), quality=1)
        draft = host.render("a", draft=1)["image"].samples
        self.assertEqual(len(self.frames(host)), 1)
        self.prepared(host, "b", quality=bench.FAST)
        self.assert_samples(host.render("b")["image"].samples, draft)
        self.assertEqual(len(self.frames(host)), 1)
        host.render("a")
        self.assertEqual(len(self.frames(host)), 2)

    def test_large_frames_come_soon(self):
        tile = bench.scene(192, 108, "RGBA", noise=0)
        rows = [tile.samples[y * 192 * 4 : (y + 1) * 192 * 4] * 10 for y in range(108)]
        source = bench.Image(1920, 1080, "RGBA", [s for row in rows for s in row] * 10)
        host = self.bench()
        host.create("a", "denoise", iterations=1, threads=0, options="scales=1 input=noise channels=4 tile_size=0")
        host.show("a", source)
        self.assertEqual(host.ask("render", "a")["status"], bench.OK)
        memory = min(host.ask("render", "a")["seconds"] for _ in range(3))
        other = self.bench(cache=host.cache)
        other.create("a", "denoise", iterations=1, threads=0, options="scales=1 input=noise channels=4 tile_size=0")
        other.show("a", source)
        disk = other.ask("render", "a")
        self.assertEqual((disk["status"], set(disk["progress"]) - {0}), (bench.OK, set()))
        # No test depends on a quiet machine: these are the numbers of the benchmark.
        print("\ncached 1920x1080 RGBA float: %.3f s from memory, %.3f s from disk" % (memory, disk["seconds"]))
        self.assertLess(memory, 2)
        self.assertLess(disk["seconds"], 6)


class Quiet(bench.Bench):
    """One that will be killed: nobody asks what it printed."""
