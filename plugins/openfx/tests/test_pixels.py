"""Pixels: every depth, every kind of channels, any place in memory; a picture gives the command's result."""

import bench


class PixelsTest(bench.Case):
    def test_float_has_the_commands_bits(self):
        host, source = self.bench(), bench.scene(61, 47, "RGB").at("Float")
        for task, options in (("denoise", {}), ("dejpeg", {}), ("super-resolve", {"factor": 2})):
            with self.subTest(task=task):
                host.create(task, task, **options)
                host.show(task, source)
                host.output(task, source, factor=options.get("factor", 1))
                answer = host.render(task)
                self.assertEqual((answer["status"], answer["messages"]), (bench.OK, []))
                self.assert_samples(answer["image"].samples, self.command(task, source, **options).samples)

    def test_inpainting_has_the_commands_bits_and_keeps_the_rest(self):
        host, source = self.bench(), bench.scene(61, 47, "RGB").at("Float")
        mask = hole(source)
        host.create("a", "inpaint")
        host.show("a", source)
        host.show("a", mask, clip="Mask")
        answer = host.render("a")
        self.assert_restored(answer, source)
        self.assert_samples(answer["image"].samples, self.command("inpaint", source, mask).samples)
        for at, (given, seen) in enumerate(zip(source.samples, answer["image"].samples)):
            if mask.samples[at // 3] == 0:
                self.assertEqual(given, seen)

    def test_every_depth_is_near_the_commands(self):
        host = self.bench()
        for depth in bench.DEPTHS:
            source = bench.scene(64, 48, "RGBA").at(depth)
            host.create(depth, "denoise")
            host.show(depth, source, depth=depth)
            answer = host.render(depth)
            self.assert_restored(answer, source)
            if depth != "Half":
                wanted = self.command("denoise", source, depth=depth)
                self.assertGreaterEqual(bench.psnr(answer["image"].colour(), wanted.colour()), 50)
            host.ask("destroy", depth)

    def test_every_kind_of_channels(self):
        host = self.bench()
        for components in bench.CHANNELS:
            source = bench.scene(40, 30, components).at("Float")
            host.create("a", "denoise", iterations=60)
            host.show("a", source)
            self.assert_restored(host.render("a"), source)

    def test_place_in_memory_does_not_matter(self):
        host, source = self.bench(), bench.scene(33, 21).at("Float")
        host.create("a", "denoise")
        host.show("a", source)
        wanted = host.render("a")["image"].samples
        for layout in ({"x": -17, "y": 40}, {"pad": 12}, {"upside_down": 1}, {"upside_down": 1, "pad": 4, "x": 5, "y": -300},
                       {"aspect": 1.5}, {"scale": 0.5}):
            host.show("a", source, **layout)
            answer = host.render("a")
            self.assertTrue(answer["untouched"], layout)
            self.assert_samples(answer["image"].samples, wanted)
            self.assertEqual(answer["starts"], 0, "the frame was known")

    def test_a_window_is_written_and_nothing_else(self):
        host, source = self.bench(), bench.scene(33, 21).at("Float")
        host.create("a", "denoise")
        host.show("a", source, x=-5, y=7)
        whole = host.render("a")["image"]
        answer = host.render("a", x1=0, y1=10, x2=20, y2=18)
        self.assertTrue(answer["untouched"])
        # Row 10 is the lowest of the window: 3 above the lowest of 21.
        seen = answer["image"].crop(5, 21 - 11, 20, 8)
        self.assert_samples(seen.samples, whole.crop(5, 21 - 11, 20, 8).samples)

    def test_premultiplied_and_linear_are_told_to_the_engine(self):
        host = self.bench()
        source = bench.scene(40, 30, alpha=lambda x, y: 0.25 if x < 20 else 1.0).at("Float")
        colour = [s * source.samples[i // 4 * 4 + 3] if i % 4 < 3 else s for i, s in enumerate(source.samples)]
        multiplied = bench.Image(40, 30, "RGBA", colour)
        results = []
        for image, premult in ((source, "OfxImageAlphaUnPremultiplied"), (multiplied, "OfxImageAlphaPremultiplied")):
            host.create("a", "denoise")
            host.show("a", image, premult=premult)
            answer = host.render("a")
            self.assert_restored(answer, image)
            results.append(answer["image"].samples)
        for i, (straight, premultiplied) in enumerate(zip(*results)):
            alpha = source.samples[i // 4 * 4 + 3] if i % 4 < 3 else 1
            self.assertAlmostEqual(straight * alpha, premultiplied, delta=2e-3)
        host.create("a", "denoise", transfer=1)
        host.show("a", source)
        encoded = host.render("a")["image"].samples
        host.set("a", transfer=2)
        self.assertFalse(host.render("a")["image"].samples == encoded)

    def test_natron_and_nuke_have_linear_pictures(self):
        source, results = bench.scene(40, 30).at("Float"), {}
        for name in ("bench", "fr.inria.Natron", "uk.co.thefoundry.nuke"):
            host = self.bench(name=name)
            host.create("a", "denoise")
            host.show("a", source)
            results[name] = host.render("a")["image"].samples
        self.assert_samples(results["fr.inria.Natron"], results["uk.co.thefoundry.nuke"])
        self.assertFalse(results["fr.inria.Natron"] == results["bench"])

    def test_values_beyond_and_none_survive(self):
        source = bench.scene(40, 30)
        for x in range(5, 20):
            for y in range(5, 20):
                source.samples[4 * (y * 40 + x)] = 3.0
        source.samples[4 * 600 + 1] = -0.5
        source.samples[4 * 700 + 2] = float("nan")
        source = source.at("Float")
        host = self.bench()
        host.create("a", "denoise", iterations=60)
        host.show("a", source)
        answer = host.render("a")
        self.assertEqual((answer["status"], answer["messages"]), (bench.OK, []))
        self.assertTrue(all(s == s and abs(s) <= 1024 for s in answer["image"].samples))
        self.assertGreater(answer["image"].samples[4 * (12 * 40 + 12)], 1)

    def test_small_and_odd_sizes(self):
        host = self.bench()
        for width, height in ((1, 1), (7, 5), (101, 67)):
            for task in bench.NAMES:
                source = bench.scene(width, height).at("Float")
                host.create("a", task, iterations=2, **({"factor": 2} if task == "super-resolve" else {}))
                host.show("a", source)
                host.output("a", source, factor=2 if task == "super-resolve" else 1)
                if task == "inpaint":
                    host.show("a", bench.Image(width, height, "Alpha", [0.5] + [0.0] * (width * height - 1)), clip="Mask")
                answer = host.render("a")
                self.assertEqual((answer["status"], answer["messages"]), (bench.OK, []), (width, height, task))
                self.assertTrue(answer["untouched"])

    def test_fields_are_refused(self):
        host, source = self.bench(), bench.scene().at("Float")
        host.create("a", "denoise")
        host.show("a", source, field="OfxFieldLower")
        self.assert_told(host.render("a"), "interlaced", source=source)
        host.create("b", "denoise")
        host.show("b", source, field="OfxFieldBoth", order="OfxFieldUpper")
        self.assert_told(host.render("b"), "Deinterlace", source=source)


class EnlargingTest(bench.Case):
    def test_the_region_is_enlarged_about_the_origin(self):
        host, source = self.bench(), bench.scene(24, 18).at("Float")
        host.create("a", "super-resolve", factor=3)
        host.show("a", source, x=10, y=-4)
        regions = host.ask("regions", "a")
        self.assertEqual(regions["rod"], [30, -12, 30 + 72, -12 + 54])
        self.assertEqual(regions["roi"], [10, -4, 34, 14])
        host.output("a", source, factor=3, x=10, y=-4)
        answer = host.render("a")
        self.assertEqual((answer["status"], answer["messages"], answer["untouched"]), (bench.OK, [], True))
        reduced = [sum(answer["image"].samples[(((3 * y + j) * 72) + 3 * x + i) * 4] for i in range(3) for j in range(3)) / 9
                   for y in range(18) for x in range(24)]
        self.assertGreater(bench.psnr(reduced, source.samples[::4]), 15)

    def test_a_host_that_cannot_gets_the_source_and_a_sentence(self):
        source = bench.scene(24, 18).at("Float")
        for settings in ({"multiresolution": 0}, {}):
            host = self.bench(**settings)
            host.create("a", "super-resolve", factor=2)
            host.show("a", source)
            if settings:
                self.assertEqual(host.ask("regions", "a")["rod"], [0, 0, 24, 18])
            for messages in (1, 0):
                answer = host.render("a")
                self.assertEqual((answer["status"], len(answer["messages"])), (bench.OK, messages))
                self.assert_samples(answer["image"].samples, source.samples)


def hole(image):
    samples = [1.0 if 20 <= at % image.width < 30 and 10 <= at // image.width < 20 else 0.0
               for at in range(image.width * image.height)]
    return bench.Image(image.width, image.height, "Alpha", samples)


class MaskTest(bench.Case):
    def restored(self, mask, source=None, parameters={}, **layout):
        source = source or bench.scene(60, 40).at("Float")
        host = self.bench()
        host.create("a", "inpaint", **parameters)
        host.show("a", source)
        if mask:
            host.show("a", mask, clip="Mask", **layout)
        return host, host.render("a"), source

    def changed(self, answer, source):
        pixels = range(source.width * source.height)
        return {at for at in pixels if answer["image"].samples[4 * at : 4 * at + 3] != source.samples[4 * at : 4 * at + 3]}

    def test_what_is_marked_is_filled(self):
        source = bench.scene(60, 40).at("Float")
        _, answer, _ = self.restored(hole(source), source)
        self.assert_restored(answer, source)
        self.assertEqual(self.changed(answer, source), {at for at, m in enumerate(hole(source).samples) if m})

    def test_every_depth_of_a_mask(self):
        source, results = bench.scene(60, 40).at("Float"), []
        for depth in bench.DEPTHS:
            host = self.bench()
            host.create("a", "inpaint")
            host.show("a", source)
            host.show("a", hole(source), clip="Mask", depth=depth)
            results.append(host.render("a")["image"].samples)
        self.assertTrue(results[1:] == results[:-1])

    def test_another_place_than_the_source(self):
        source = bench.scene(60, 40).at("Float")
        mask = bench.Image(10, 8, "Alpha", [1.0] * 80)
        _, answer, _ = self.restored(mask, source, x=55, y=-4)
        # Of the lowest four rows the last five pixels.
        expected = {y * 60 + x for y in range(36, 40) for x in range(55, 60)}
        self.assertEqual(self.changed(answer, source), expected)

    def test_an_inverted_mask_fills_the_rest(self):
        source = bench.scene(60, 40).at("Float")
        inverted = bench.Image(60, 40, "Alpha", [1 - m for m in hole(source).samples])
        _, answer, _ = self.restored(inverted, source, {"mask_invert": 1})
        self.assertEqual(self.changed(answer, source), {at for at, m in enumerate(hole(source).samples) if m})

    def test_no_mask_is_the_source(self):
        for layout in (None, {"missing": 1}, {"connected": 0}):
            mask = hole(bench.scene(60, 40)) if layout else None
            host, answer, source = self.restored(mask, **(layout or {}))
            self.assertEqual((answer["status"], answer["messages"]), (bench.OK, []))
            self.assert_samples(answer["image"].samples, source.samples)
            is_identity = layout is None or "connected" in layout
            self.assertEqual(host.ask("regions", "a")["identity"], "Source" if is_identity else "")

    def test_an_empty_mask_is_the_source(self):
        _, answer, source = self.restored(bench.Image(60, 40, "Alpha", [0.0] * 2400))
        self.assertEqual((answer["status"], answer["messages"]), (bench.OK, []))
        self.assert_samples(answer["image"].samples, source.samples)

    def test_a_mask_of_everything_is_told(self):
        _, answer, source = self.restored(bench.Image(60, 40, "Alpha", [1.0] * 2400))
        self.assert_told(answer, "very pixel is missing", source=source)

    def test_a_mask_that_is_no_number_is_told(self):
        _, answer, source = self.restored(bench.Image(60, 40, "Alpha", [float("nan")] + [0.0] * 2399))
        self.assert_told(answer, "NaN", source=source)

    def test_transparency_is_filled_and_opaque_then(self):
        source = bench.scene(60, 40, alpha=lambda x, y: 0.0 if 20 <= x < 26 else 0.5 if x == 26 else 1.0).at("Float")
        _, answer, _ = self.restored(None, source, {"mask_from": 1})
        self.assert_restored(answer, source)
        self.assertEqual(set(answer["image"].samples[3::4]), {1.0})
        self.assertEqual(self.changed(answer, source), {y * 60 + x for y in range(40) for x in range(20, 27)})

    def test_strength_0_is_the_source(self):
        host = self.bench()
        host.create("a", "denoise", strength=0)
        host.show("a", bench.scene())
        self.assertEqual(host.ask("regions", "a")["identity"], "Source")
        self.assertFalse(host.ask("regions", "a")["varying"])
