"""What cannot be done is refused in a sentence that says what to do, and without the library the entries are there."""

import shutil
import subprocess

import pictures
from case import LIBRARY_DIR, Case

NO_LIBRARY = "/nowhere/libdipkit.so"

# In GIMP 3's Python, since there one failing command ends a batch of Script-Fu.
PYTHON = """
from gi.repository import Gimp, Gio
import sys
def load(path):
    return Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))
def ask(name, task, image, layers, **options):
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-dipkit-" + task)
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
    config.set_property("image", image)
    config.set_core_object_array("drawables", layers)
    for option, value in options.items():
        config.set_property(option, value)
    values = procedure.run(config)
    with open(r"{folder}/" + name + ".txt", "w") as file:
        file.write(values.index(0).value_nick + ": " + str(Gimp.get_pdb().get_last_error()))
"""


class Refusals(Case):
    EXPECTED = {
        "indexed": ("is indexed", "Image > Mode > RGB"),
        "unselected": ("Nothing is selected", "Select what is to be filled"),
        "all-selected": ("All of this layer is selected", "Select only what is to be filled"),
        "selected-elsewhere": ("lies outside this layer", "Select > None"),
        "group": ("is a group", "Choose a layer in it"),
        "locked": ("are locked", "Unlock them"),
        "locked-group": ("are locked", "Unlock them"),
        "locked-alpha": ("transparency of this layer is locked", "in a new layer"),
        "mask": ("not a layer but a mask", "Click the picture of a layer"),
        "opaque": ("has no transparency", "fill the selection instead"),
        "option": ("There is no option \"itrations\"", "nearest is \"iterations\""),
        "no-value": ("has no value", "name=value"),
        "two-layers": ("2 layers are chosen", "Click one layer"),
    }

    @classmethod
    def plan(cls):
        cls.path = cls.png("picture.png", pictures.noisy(20, 16))
        if cls.host.is_3:
            cls.plan_3()
        else:
            cls.plan_2()

    @classmethod
    def plan_2(cls):
        call = lambda task, layer="layer", **options: cls.host.call(task, layer=layer, iterations=2, **options)
        bodies = {
            "indexed": "(gimp-image-convert-indexed image 0 0 8 0 0 \"\")" + call("denoise"),
            "unselected": call("inpaint"),
            "all-selected": "(gimp-selection-all image)" + call("inpaint"),
            "selected-elsewhere": "(gimp-image-resize image 60 50 0 0) (gimp-image-select-rectangle image CHANNEL-OP-REPLACE 40 30 9 9)" + call("denoise"),
            "group": "(let ((group (dip-group image))) (gimp-image-insert-layer image group 0 0) %s)" % call("denoise", "group"),
            "locked": "(gimp-item-set-lock-content layer TRUE)" + call("denoise"),
            "locked-group": "(let ((group (dip-group image))) (gimp-image-insert-layer image group 0 0)"
                            " (gimp-image-reorder-item image layer group 0) (gimp-item-set-lock-content group TRUE) %s)"
                            % call("denoise"),
            "locked-alpha": "(gimp-layer-add-alpha layer) (gimp-image-select-rectangle image CHANNEL-OP-REPLACE 4 4 5 5)"
                            " (gimp-edit-clear layer) (gimp-selection-none image) (gimp-layer-set-lock-alpha layer TRUE)"
                            + call("inpaint", mask_source="transparency", output="replace"),
            "mask": "(let ((mask (car (gimp-layer-create-mask layer ADD-MASK-WHITE)))) (gimp-layer-add-mask layer mask) %s)" % call("denoise", "mask"),
            "opaque": call("inpaint", mask_source="transparency"),
            "option": call("denoise", options="itrations=3"),
            "no-value": call("denoise", options="runs"),
        }
        for name, body in bodies.items():
            log = cls.host.scheme('(let* ((image (dip-load "%s")) (layer (dip-layer image))) %s)' % (cls.path, body))
            cls.file(name + ".txt").write_text(log)

    @classmethod
    def plan_3(cls):
        script = cls.file("ask.py")
        script.write_text(PYTHON.format(folder=cls.folder) + """
def fresh():
    image = load(r"{path}")
    return image, image.get_layers()[0]
replace = Gimp.ChannelOps.REPLACE
image, layer = fresh(); image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 8, False, False, "")
ask("indexed", "denoise", image, [layer])
image, layer = fresh(); ask("unselected", "inpaint", image, [layer])
image, layer = fresh(); Gimp.Selection.all(image); ask("all-selected", "inpaint", image, [layer])
image, layer = fresh(); image.resize(60, 50, 0, 0); image.select_rectangle(replace, 40, 30, 9, 9)
ask("selected-elsewhere", "denoise", image, [layer])
image, layer = fresh(); group = Gimp.GroupLayer.new(image, "group"); image.insert_layer(group, None, 0)
ask("group", "denoise", image, [group])
image, layer = fresh(); layer.set_lock_content(True); ask("locked", "denoise", image, [layer])
image, layer = fresh(); group = Gimp.GroupLayer.new(image, "group"); image.insert_layer(group, None, 0)
image.reorder_item(layer, group, 0); group.set_lock_content(True); ask("locked-group", "denoise", image, [layer])
image, layer = fresh(); layer.add_alpha(); image.select_rectangle(replace, 4, 4, 5, 5); layer.edit_clear()
Gimp.Selection.none(image); layer.set_lock_alpha(True)
ask("locked-alpha", "inpaint", image, [layer], **{{"mask-source": "transparency", "output": "replace"}})
image, layer = fresh(); mask = layer.create_mask(Gimp.AddMaskType.WHITE); layer.add_mask(mask)
ask("mask", "denoise", image, [mask])
image, layer = fresh(); ask("opaque", "inpaint", image, [layer], **{{"mask-source": "transparency"}})
image, layer = fresh(); ask("option", "denoise", image, [layer], options="itrations=3")
image, layer = fresh(); ask("no-value", "denoise", image, [layer], options="runs")
image, layer = fresh(); second = layer.copy(); image.insert_layer(second, None, 0)
ask("two-layers", "denoise", image, [layer, second])
""".format(path=cls.path))
        cls.log = cls.host.batch("exec(open(r'%s').read())" % script, interpreter="python")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.log = getattr(cls, "log", "")

    def test_refusals_say_cause_and_remedy(self):
        for name, (cause, remedy) in self.EXPECTED.items():
            if name == "two-layers" and not self.host.is_3:
                continue  # 2.10 hands over one drawable only
            with self.subTest(name):
                told = self.file(name + ".txt").read_text()
                self.assertIn(cause, told)
                self.assertIn(remedy, told)


class Library(Case):
    """Found, missing, or of another version."""

    @classmethod
    def plan(cls):
        cls.path = cls.png("picture.png", pictures.noisy(20, 16))
        source = cls.file("other.c")
        source.write_text("unsigned dip_abi_version(void) { return 99; }\n")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", cls.file("other.so"), source], check=True)

    def run_one(self, **environment):
        self.file("result.png").unlink(missing_ok=True)
        body = '(let* ((image (dip-load "%s")) (layer (dip-layer image))) %s (dip-export image layer "%s"))' % (
            self.path, self.host.call("denoise", iterations=2, output="replace"), self.file("result.png"))
        return self.host.scheme(body, **environment)

    def bare_home(self, name):
        """A home with the plug-in and no library, where GIMP asks the plug-in for its entries anew."""
        home = self.file(name)
        folder = home / self.host.folder().relative_to(self.host.home)
        folder.mkdir(parents=True)
        shutil.copy(self.host.folder() / "dipkit", folder)
        return home, folder

    def test_missing_library_is_told_and_entries_are_there(self):
        home, folder = self.bare_home("bare")
        log = self.run_one(HOME=str(home))
        self.assertIn("The engine, libdipkit.so, is missing. Put it into %s" % folder, log)
        self.assertFalse(self.file("result.png").exists())
        registered = next(home.glob(".config/GIMP/*/pluginrc")).read_text(errors="replace")
        for task in ("denoise", "dejpeg", "inpaint", "super-resolve"):
            self.assertIn('"plug-in-dipkit-%s"' % task, registered)

    def test_library_in_lib_beside_the_plug_in_is_found(self):
        home, folder = self.bare_home("beside")
        (folder.parent / "lib").mkdir()
        shutil.copy(LIBRARY_DIR / "libdipkit.so", folder.parent / "lib")
        log = self.run_one(HOME=str(home))
        self.assertTrue(self.file("result.png").exists(), log)

    def test_unusable_library_is_told(self):
        log = self.run_one(DIPKIT_LIBRARY=NO_LIBRARY)
        self.assertIn("The engine does not load", log)
        self.assertIn(NO_LIBRARY, log)

    def test_other_version_is_told(self):
        log = self.run_one(DIPKIT_LIBRARY=str(self.file("other.so")))
        self.assertIn("has version 99 of dipkit's interface, this plug-in needs version 1. Install", log)
