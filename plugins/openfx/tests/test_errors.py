"""Errors: one sentence that says what to do, once; the source in the window; never OK."""

import bench


class ErrorsTest(bench.Case):
    def setUp(self):
        self.source = bench.scene().at("Float")

    def failed(self, *words, **parameters):
        host = self.bench()
        host.create("a", "denoise", **parameters)
        host.show("a", self.source)
        self.assert_told(host.render("a"), *words, source=self.source)
        again = host.render("a")
        self.assertEqual((again["status"], again["messages"]), (bench.FAILED, []), "a sentence is told once")
        self.assertFalse(list(host.cache.glob("*")) if host.cache.exists() else [])
        return host

    def test_options_that_are_refused(self):
        self.failed('"x" among the options has no value', "name=value", options="x")
        self.failed('here is no option "x"', "Change it", options="x=1")
        self.failed("tile_size", '"many"', "Change it", options="tile_size=many")
        self.failed("hannels is 0", options="channels=0")
        self.failed("ecorruption", "Change it", options="recorruption=1 input=noise")
        self.failed("options", options="seed=" + "1" * 400)
        self.failed("use the other plug-in", options="task=inpaint")

    def test_percent_signs_survive(self):
        self.failed('"50%s"', options="tile_size=50%s")

    def test_too_little_memory(self):
        self.failed("memory_limit", "tile_size=256", options="memory_limit=1000")

    def test_a_device_that_is_not_there(self):
        self.failed("CUDA", "Choose another device", device=bench.DEVICES.index("cuda"))

    def test_the_farms_variable_overrides_the_device(self):
        host = self.bench(DIPKIT_DEVICE="cpu")
        host.create("a", "denoise", device=bench.DEVICES.index("cuda"))
        host.show("a", self.source)
        self.assert_restored(host.render("a"), self.source)
        host = self.bench(DIPKIT_DEVICE="toaster")
        host.create("a", "denoise")
        host.show("a", self.source)
        self.assert_told(host.render("a"), "DIPKIT_DEVICE", "toaster", source=self.source)

    def test_no_source_at_this_time(self):
        host = self.bench()
        host.create("a", "denoise")
        host.show("a", self.source, missing=1)
        answer = host.render("a")
        self.assert_told(answer, "no picture at this time")
        self.assertEqual(set(answer["image"].samples), {0.0})

    def test_a_fit_that_diverges_shows_the_best_before_and_warns(self):
        host = self.bench()
        host.create("a", "denoise", iterations=400, options="learning_rate=100 optimizer=adam input=noise")
        host.show("a", self.source)
        answer = host.render("a")
        self.assertEqual(len(answer["messages"]), 1)
        self.assertIn("diverged", answer["messages"][0])
        self.assertIn("learning_rate", answer["messages"][0])
        if answer["status"] == bench.OK:
            self.assertRegex(answer["messages"][0], "^OfxMessageWarning: The fit")
            self.assertGreater(max(answer["image"].colour()), 0)
        else:
            self.assert_samples(answer["image"].samples, self.source.samples)
        self.assertFalse(list(host.cache.glob("*")))

    def test_another_sentence_is_told_again(self):
        host = self.failed("hannels is 0", options="channels=0")
        host.set("a", options="scales=99")
        self.assert_told(host.render("a"), "cales is 99", source=self.source)
        host.set("a", options="")
        self.assert_restored(host.render("a"), self.source)
