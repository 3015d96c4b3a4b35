"""The host itself, by two plug-ins of the standard's, and what ofx.h declares, by the standard's headers."""

import subprocess

import bench

EXAMPLES = bench.TESTS / "examples"


class BenchTest(bench.Case):
    def example(self, plugin, image, **parameters):
        host = self.bench(plugins=EXAMPLES)
        self.assertEqual(len(host.loaded["plugins"]), 2)
        self.assertEqual(host.ask("create", "a", plugin, "General" if "asic" in plugin else "Filter"), bench.OK)
        host.show("a", image)
        host.set("a", **parameters)
        answer = host.render("a")
        self.assertEqual(answer["status"], bench.OK)
        return answer["image"]

    def test_an_inverting_plug_in_inverts(self):
        image = bench.scene(21, 13)
        inverted = self.example("net.sf.openfx.invertPlugin", image)
        expected = [1 - s for s in image.at("Float").samples]
        self.assertTrue(all(abs(a - b) < 1e-6 for a, b in zip(inverted.samples, expected)))

    def test_a_gain_plug_in_multiplies(self):
        image = bench.scene(21, 13)
        brighter = self.example("net.sf.openfx.basicPlugin", image, scale=1.5)
        expected = [s * 1.5 for s in image.at("Float").colour()]
        self.assertTrue(all(abs(a - b) < 1e-6 for a, b in zip(brighter.colour(), expected)))

    def test_declarations_are_the_standards(self):
        here, there = (subprocess.run([bench.TESTS / name], capture_output=True, text=True, check=True).stdout
                       for name in ("declared_here", "declared"))
        self.assertEqual(here.split("\n"), there.split("\n"))
        self.assertGreater(len(here.split("\n")), 140)
