"""An abort ends a render within a quarter of a second, wherever it is, and the next one goes on where it was."""

import time

import bench

# What is promised, and what a machine with other work may make of it once.
SOON, AT_LEAST = 0.25, 1.5
LONG = {"iterations": 100000, "options": "early_stop=0"}


class AbortTest(bench.Case):
    def assert_aborted(self, answer, source):
        self.assertEqual((answer["status"], answer["messages"]), (bench.FAILED, []))
        self.assertLess(answer["late"], AT_LEAST)
        self.assert_samples(answer["image"].samples, source.samples)
        self.assertEqual(answer["starts"], answer["ends"])
        self.assertTrue(answer["untouched"])

    def assert_soon(self, what, answers):
        late = [answer["late"] for answer in answers]
        print("\n%s: %s ms late" % (what, ", ".join("%.0f" % (1000 * seconds) for seconds in late)))
        self.assertLess(min(late), SOON)
        self.assertLess(max(late), AT_LEAST)

    def test_while_it_fits(self):
        host, source = self.bench(), bench.scene(256, 192).at("Float")
        host.create("a", "denoise", **LONG)
        host.show("a", source)
        answers = [host.render("a", abort=0.6) for _ in range(3)]
        for answer in answers:
            self.assert_aborted(answer, source)
        self.assert_soon("abort of a fit at 256x192", answers)
        self.assertEqual(list(host.cache.glob("*.dipkit")) + list(host.cache.glob("*.lock")), [])

    def test_at_once(self):
        host, source = self.bench(), bench.scene().at("Float")
        host.create("a", "denoise", **LONG)
        host.show("a", source)
        self.assert_aborted(host.render("a", abort=0), source)

    def test_while_a_large_picture_is_measured(self):
        host, width, height = self.bench(), 1920, 1080
        tile = bench.scene(192, 108, "RGBA")
        rows = [tile.samples[y * 192 * 4 : (y + 1) * 192 * 4] * 10 for y in range(108)]
        source = bench.Image(width, height, "RGBA", [s for row in rows for s in row] * 10)
        host.create("a", "denoise", **LONG)
        host.show("a", source, depth="Byte")
        answers = [host.ask("render", "a", abort=moment) for moment in (0.1, 0.3, 0.1)]
        self.assertEqual([answer["status"] for answer in answers], [bench.FAILED] * 3)
        self.assert_soon("abort at 1920x1080 while it is measured", answers)

    def test_while_it_waits_for_another(self):
        host, source = self.bench(), bench.scene(256, 192).at("Float")
        other = bench.scene(64, 48, seed=2).at("Float")
        host.create("a", "denoise", **LONG)
        host.show("a", source)
        host.create("b", "denoise", **LONG)
        host.show("b", other)
        host.ask("start", "a", abort=6)
        time.sleep(0.5)
        answers = [host.render("b", abort=0.5) for _ in range(3)]
        for answer in answers:
            self.assert_aborted(answer, other)
            self.assertEqual(answer["progress"], [], "it has not waited")
        self.assert_soon("abort of a render that waits", answers)
        self.assertLess(host.ask("join", "a")["late"], AT_LEAST)

    def test_the_next_render_goes_on_to_the_same_bits(self):
        source, settings = bench.scene(160, 120).at("Float"), {"iterations": 120, "options": "early_stop=0"}
        whole = self.bench()
        whole.create("a", "denoise", **settings)
        whole.show("a", source)
        wanted = whole.render("a")
        host = self.bench()
        host.create("a", "denoise", **settings)
        host.show("a", source)
        shown, aborts = [], 0
        while True:
            answer = host.render("a", abort=0.25 * wanted["seconds"] + 0.1)
            if answer["status"] == bench.OK:
                break
            self.assert_aborted(answer, source)
            shown += answer["progress"][-1:]
            aborts += 1
            self.assertLess(aborts, 60)
        self.assertGreater(aborts, 1)
        self.assertEqual(shown, sorted(shown))
        self.assert_samples(answer["image"].samples, wanted["image"].samples)

    def test_a_render_that_was_aborted_while_it_measured_is_taken_up(self):
        host, source = self.bench(), bench.scene(256, 192).at("Float")
        host.create("a", "denoise")
        host.show("a", source)
        for moment in (0, 0.02, 0.05, 0.1):
            host.render("a", abort=moment)
        answer = host.render("a")
        self.assert_restored(answer, source)
        other = self.bench()
        other.create("a", "denoise")
        other.show("a", source)
        self.assert_samples(other.render("a")["image"].samples, answer["image"].samples)

    def test_progress_rises_and_ends_and_its_no_stops(self):
        host, source = self.bench(), bench.scene(160, 120).at("Float")
        host.create("a", "denoise", iterations=200, options="early_stop=0")
        host.show("a", source)
        answer = host.render("a", no=0.3)
        self.assertEqual((answer["status"], answer["messages"]), (bench.FAILED, []))
        self.assert_samples(answer["image"].samples, source.samples)
        self.assertEqual((answer["starts"], answer["ends"]), (1, 1))
        answer = host.render("a")
        self.assert_restored(answer, source)
        self.assertEqual((answer["starts"], answer["ends"]), (1, 1))
        self.assertEqual(answer["progress"], sorted(answer["progress"]))
        self.assertTrue(all(0 <= p <= 1 for p in answer["progress"]))
        self.assertLessEqual(len(answer["progress"]), 10 * answer["seconds"] + 1)
