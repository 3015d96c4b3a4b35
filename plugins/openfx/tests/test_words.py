"""What hosts are told: every text, range, default and choice is the option table's; describing opens nothing."""

import pathlib
import re
import subprocess

import bench

TABLE = pathlib.Path(__file__).parent / "../../common/options.inc"
INTEGER_MAXIMUM = 2**31 - 1
AUTO = "; 0: decided by the picture"
ORDER = {
    "denoise": "quality strength noise_level iterations seed device threads time_limit transfer options clear_cache",
    "super-resolve": "quality factor strength noise_level iterations seed device threads time_limit transfer options clear_cache",
    "inpaint": "quality strength noise_level iterations mask_from mask_invert seed device threads time_limit transfer options clear_cache",
}
ORDER["dejpeg"] = ORDER["denoise"]


def table():
    string = r'"((?:[^"\\]|\\.)*)"'
    row = re.compile(r'X\((\w+), %s, %s, %s, DIP_KIND_(\w+), ([^,]+), ([^,]+), %s, (\S+), 0x\w+\)' % ((string,) * 4))
    rows = {}
    for line in TABLE.read_text().splitlines():
        found = row.match(line)
        if found:
            name, label, hint, unit, kind, low, high, choices, preset = found.groups()
            rows[name] = dict(label=label, hint=hint, unit=unit, kind=kind, low=float(low), high=float(high),
                              choices=choices.split("|"), preset=float(preset))
    return rows


class WordsTest(bench.Case):
    def test_parameters_are_the_tables(self):
        host, rows = self.bench(), table()
        self.assertGreater(len(rows), 25)
        for task in bench.NAMES:
            for context in ("Filter", "General"):
                described = host.ask("describe", bench.identifier(task), context)
                self.assertEqual(list(described["parameters"]), ORDER[task].split())
                for name in rows.keys() & described["parameters"].keys():
                    with self.subTest(task=task, name=name):
                        self.check(described["parameters"][name], rows[name], name)

    def check(self, given, row, name):
        one = lambda key: given[key][0]
        is_auto = name in ("iterations", "noise_level")
        self.assertEqual(one("OfxPropLabel"), row["label"] + (" (%s)" % row["unit"] if row["unit"] else ""))
        self.assertEqual(one("OfxParamPropHint"), row["hint"] + (AUTO if is_auto else ""))
        self.assertEqual(one("OfxParamPropAnimates"), "1" if name in ("strength", "noise_level") else "0")
        self.assertEqual(float(one("OfxParamPropDefault")), 0 if is_auto else row["preset"])
        if row["kind"] == "CHOICE":
            self.assertEqual(given["OfxParamPropChoiceOption"], row["choices"])
            return
        self.assertEqual(float(one("OfxParamPropMin")), 0 if is_auto else row["low"])
        most = min(row["high"], INTEGER_MAXIMUM) if row["kind"] == "INTEGER" else row["high"]
        self.assertEqual(float(one("OfxParamPropMax")), most)

    def test_effects_say_what_they_can(self):
        host = self.bench()
        self.assertEqual(host.loaded["plugins"], [bench.identifier(task) for task in bench.NAMES])
        for task in bench.NAMES:
            described = host.ask("describe", bench.identifier(task), "Filter")
            effect, clips = described["effect"], described["clips"]
            self.assertEqual(effect["OfxImageEffectPropSupportedContexts"],
                             ["OfxImageEffectContextFilter", "OfxImageEffectContextGeneral"])
            self.assertEqual(effect["OfxImageEffectPropSupportedPixelDepths"],
                             ["OfxBitDepth" + depth for depth in bench.DEPTHS])
            self.assertEqual(effect["OfxImageEffectPropSupportsTiles"], ["0"])
            self.assertEqual(effect["OfxImageEffectPropSupportsMultiResolution"], ["1"])
            self.assertEqual(effect["OfxImageEffectPluginRenderThreadSafety"], ["OfxImageEffectRenderInstanceSafe"])
            self.assertNotIn("-", effect["OfxPropLabel"][0])
            self.assertRegex(effect["OfxPropLabel"][0], "^DIPKIT_")
            mask = ["Mask"] if task == "inpaint" else []
            self.assertEqual(sorted(clips), sorted(["Source", "Output"] + mask))
            if mask:
                self.assertEqual(clips["Mask"]["OfxImageEffectPropSupportedComponents"], ["OfxImageComponentAlpha"])
                self.assertEqual((clips["Mask"]["OfxImageClipPropOptional"], clips["Mask"]["OfxImageClipPropIsMask"]),
                                 (["1"], ["1"]))

    def test_describing_and_creating_open_nothing(self):
        host = self.bench()
        self.assertLess(host.loaded["seconds"], 0.05)
        before = host.ask("state")
        for task in bench.NAMES:
            host.create(task, task)
        after = host.ask("state")
        self.assertFalse(after["has_engine"])
        self.assertEqual((after["files"], after["threads"]), (before["files"], before["threads"]))
        self.assertFalse(host.cache.exists())
        wanted = {"OfxPropertySuite 1", "OfxImageEffectSuite 1", "OfxParameterSuite 1", "OfxProgressSuite 1",
                  "OfxMessageSuite 1"}
        self.assertEqual(set(host.ask("suites")), wanted)

    def test_only_the_three_functions_are_exported(self):
        (binary,) = bench.BUNDLE.glob("Contents/*/Dipkit.ofx")
        symbols = subprocess.run(["nm", "-D", "--defined-only", binary], capture_output=True, text=True, check=True)
        names = [line.split()[-1] for line in symbols.stdout.splitlines()]
        self.assertEqual(names, ["OfxGetNumberOfPlugins", "OfxGetPlugin", "OfxSetHost"])

    def test_bundle_installs_and_goes_again(self):
        folder = bench.WORK / "installed"
        make = ["make", "-s", "-C", str(bench.BUNDLE.parent.parent.parent / "plugins/openfx"),
                "LIBRARY_DIR=%s" % bench.LIBRARY_DIR, "DESTDIR=%s" % folder]
        subprocess.run(make + ["install"], check=True)
        bundle = folder / "usr/OFX/Plugins/Dipkit.ofx.bundle/Contents"
        names = sorted(path.name for path in bundle.rglob("*") if path.is_file())
        self.assertEqual(names, ["Dipkit.ofx", "Info.plist", "LICENSE-APACHE", "LICENSE-MIT", "libdipkit.so"])
        self.assertIn("<string>Dipkit.ofx</string>", (bundle / "Info.plist").read_text())
        host = self.bench(plugins=folder / "usr/OFX/Plugins")
        self.assertEqual(len(host.loaded["plugins"]), 4)
        subprocess.run(make + ["uninstall"], check=True)
        self.assertEqual(list((folder / "usr/OFX/Plugins").iterdir()), [])


class MissingEngineTest(bench.Case):
    def test_without_an_engine_all_are_listed_and_say_what_to_do(self):
        broken = bench.WORK / "broken"
        broken.write_bytes(b"\x7fELF no library")
        for engine, words in ((None, ["is missing", "DIPKIT_LIBRARY"]), (broken, ["does not load"]),
                              (older_engine(), ["too old", "dip_key"])):
            host = self.bench(plugins=bench.copy_of_bundle(engine), LD_LIBRARY_PATH="/nowhere")
            self.assertEqual(len(host.loaded["plugins"]), 4)
            source = bench.scene().at("Float")
            host.create("a", "denoise")
            host.show("a", source)
            self.assert_told(host.render("a"), *words, source=source)


def older_engine():
    """A library with this version of the interface, but without its youngest function."""
    code, library = bench.WORK / "older.c", bench.WORK / "older.so"
    names = re.findall(r"X\((\w+)\)", (TABLE.parent / "engine.h").read_text())
    bodies = ["int dip_%s(void) { return 1; }" % name for name in names if name not in ("name", "key")]
    code.write_text("\n".join(bodies))
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, code], check=True)
    return library
