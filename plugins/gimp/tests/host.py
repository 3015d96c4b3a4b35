"""A real GIMP for the tests: GIMP 2.10 of this system, GIMP 3 in a tree of its own. Both get a private home."""

import os
import pathlib
import re
import shlex
import subprocess

TASKS = {"denoise": [], "dejpeg": [], "inpaint": ["mask-source", "grow", "feather"], "super-resolve": ["factor"]}
LEADING = ["iterations", "output"]
TRAILING = ["quality", "strength", "noise-level", "seed", "time-limit", "threads", "device", "options"]
CHOICES = {
    "output": ["new-layer", "replace", "new-image"],
    "mask-source": ["selection", "transparency"],
    "quality": ["reference", "balanced", "fast"],
    "device": ["auto", "cpu", "cuda", "metal"],
}
DEFAULTS = {
    "iterations": 0, "output": "new-layer", "factor": 4, "mask-source": "selection", "grow": 0, "feather": 0,
    "quality": "balanced", "strength": 1, "noise-level": 0, "seed": 0, "time-limit": 0, "threads": 1, "device": "cpu",
    "options": "",
}
# What GIMP prints by itself: without our plug-in, without a sandbox, without its data or with images left open.
USUAL = re.compile(
    r"^$|^\s*$|^INFO: |bwrap|Welcome to GIMP|batch command executed successfully|tag cache|GeglBuffers leaked"
    r"|gegl_tile_cache_destroy|You have a writable data folder|Failed to save data|using gegl copy|stray image"
    r"|PDB procedure returned NULL GIMP object|Invalid tagcache|dconf|dbus|GLib-GIO|XOpenIM|accessibility bus|gimp_device|Gtk-Message: .*module|libEGL|MESA"
)


class Host:
    def __init__(self, version, work, library_dir):
        self.version = version
        self.is_3 = version == "3"
        self.work = pathlib.Path(work)
        self.home = self.work / "home"
        self.scripts = 0
        self.library_dir = library_dir
        self.tree = None
        if self.is_3:
            hosts = os.environ.get("DIPKIT_HOSTS") or os.path.join(os.path.expanduser("~"), ".cache/dipkit-hosts")
            self.tree = pathlib.Path(hosts) / "gimp-3"

    # In a mount space of its own, so that nothing stays mounted whatever happens; exec all along, so that the
    # process started is the one to kill.
    def command(self, *words):
        if not self.is_3:
            return list(words)
        (self.tree / self.work.relative_to("/")).mkdir(parents=True, exist_ok=True)
        repository = pathlib.Path(__file__).resolve().parents[3]
        (self.tree / repository.relative_to("/")).mkdir(parents=True, exist_ok=True)
        (self.tree / str(self.library_dir).lstrip("/")).mkdir(parents=True, exist_ok=True)
        binds = "".join(
            "mount --bind %s %s && " % (shlex.quote(str(folder)), shlex.quote(str(self.tree) + str(folder)))
            for folder in dict.fromkeys((str(self.work), str(repository), str(self.library_dir)))
        )
        setup = "%smount -t proc proc %s/proc && mount --rbind /dev %s/dev && exec chroot %s \"$@\"" % (
            binds, self.tree, self.tree, self.tree)
        return ["unshare", "-m", "bash", "-c", setup, "gimp", *words]

    def environment(self, **more):
        kept = {name: os.environ[name] for name in ("PATH", "TERM") if name in os.environ}
        return {**kept, "HOME": str(self.home), "LANG": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **more}

    def make(self, *targets):
        self.home.mkdir(parents=True, exist_ok=True)
        repository = pathlib.Path(__file__).resolve().parents[3]
        words = ["make", "-s", "-C", str(repository / "plugins/gimp"), "GIMP=" + self.version,
                 "BUILD=" + str(self.work / "build"), "LIBRARY_DIR=" + str(self.library_dir), *targets]
        subprocess.run(self.command(*words), check=True, env=self.environment())

    def built(self, name):
        """A library of this folder, to stand in front of others; the engine is at hand under its own name."""
        library, here = self.work / (name + ".so"), pathlib.Path(__file__).resolve().parent
        if not library.exists():
            engine = self.work / "libdipkit.so.0"
            engine.unlink(missing_ok=True)
            engine.symlink_to(self.library_dir / "libdipkit.so")
            subprocess.run(["cc", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-I", here.parents[2] / "include", "-o", library,
                            here / (name + ".c"), "-Wl,--as-needed,-rpath,$ORIGIN", engine, "-ldl"], check=True)
        return str(library)

    def folder(self):
        """Of the installed plug-in."""
        return next(self.home.glob(".config/GIMP/*/plug-ins/dipkit"))

    def batch(self, *commands, interpreter="script-fu", **environment):
        """Runs each command in turn in one GIMP without a display; returns what it printed."""
        words = ["gimp-console" if self.is_3 else "gimp-console-2.10", "-i", "-d", "-f"]
        if self.is_3:
            words += ["--quit", "--batch-interpreter=" + {"script-fu": "plug-in-script-fu-eval", "python": "python-fu-eval"}[interpreter]]
            last = []
        else:
            last = ["(gimp-quit 0)"]
        for command in [*commands, *last]:
            words += ["-b", command]
        done = subprocess.run(self.command(*words), env=self.environment(**environment), text=True, timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.stdout

    def scheme(self, *bodies, **environment):
        """The same for bodies of Script-Fu with the prelude's functions."""
        commands = []
        for body in bodies:
            self.scripts += 1
            path = self.work / ("script%d.scm" % self.scripts)
            path.write_text(self.prelude() + body)
            commands.append('(load "%s")' % path)
        return self.batch(*commands, **environment)

    def prelude(self):
        own = """
(define (dip-load path) (car (gimp-file-load RUN-NONINTERACTIVE path)))
(define (dip-save image layer path) (gimp-file-save RUN-NONINTERACTIVE image path -1))
(define (dip-save-profiled image layer path)
  (file-png-export #:run-mode RUN-NONINTERACTIVE #:image image #:file path #:include-color-profile TRUE))
(define dip-save-ppm dip-save)
(define (dip-layers image) (car (gimp-image-get-layers image)))
(define (dip-width x) (car (gimp-drawable-get-width x)))
(define (dip-height x) (car (gimp-drawable-get-height x)))
(define (dip-offsets x) (gimp-drawable-get-offsets x))
(define (dip-group image) (car (gimp-group-layer-new image "group")))
(define (dip-base image) (car (gimp-image-get-base-type image)))
(define dip-top -1)
""" if self.is_3 else """
(define (dip-load path) (car (gimp-file-load RUN-NONINTERACTIVE path path)))
(define (dip-save image layer path) (gimp-file-save RUN-NONINTERACTIVE image layer path path))
(define dip-save-profiled dip-save)
(define (dip-save-ppm image layer path) (file-ppm-save RUN-NONINTERACTIVE image layer path path TRUE))
(define (dip-layers image) (cadr (gimp-image-get-layers image)))
(define (dip-width x) (car (gimp-drawable-width x)))
(define (dip-height x) (car (gimp-drawable-height x)))
(define (dip-offsets x) (gimp-drawable-offsets x))
(define (dip-group image) (car (gimp-layer-group-new image)))
(define (dip-base image) (car (gimp-image-base-type image)))
(define dip-top 0)
"""
        return own + """
(define (dip-layer image) (vector-ref (dip-layers image) 0))
(define (dip-convert image precision)
  (if (not (= precision (car (gimp-image-get-precision image)))) (gimp-image-convert-precision image precision)))
; The layer's own pixels as a 16-bit file, or in the image's precision where that is 8 bits.
(define (dip-export image layer path . precision)
  (let* ((copy (car (gimp-image-new-with-precision (dip-width layer) (dip-height layer) (dip-base image)
                                                   (car (gimp-image-get-precision image)))))
         (new (car (gimp-layer-new-from-drawable layer copy))))
    (gimp-image-insert-layer copy new dip-top 0)
    (if (not (= -1 (car (gimp-layer-get-mask new)))) (gimp-layer-remove-mask new MASK-DISCARD))
    (gimp-layer-set-offsets new 0 0)
    (gimp-layer-set-opacity new 100)
    (gimp-layer-set-mode new LAYER-MODE-NORMAL)
    (gimp-item-set-visible new TRUE)
    (if (pair? precision) (dip-convert copy (car precision)))
    (dip-save copy new path)
    (gimp-image-delete copy)))
; Of a call that returns a vector, in 2.10 behind its length.
(define (cadr-or-car x) (if (vector? (car x)) (car x) (cadr x)))
(define (dip-tell path . facts)
  (let ((port (open-output-file path)))
    (for-each (lambda (fact) (display fact port) (newline port)) facts)
    (close-output-port port)))
"""

    def call(self, task, image="image", layer="layer", **values):
        """The Script-Fu call; its value is the list of result image and layer."""
        given = {name.replace("_", "-"): value for name, value in values.items()}
        names = LEADING + TASKS[task] + TRAILING
        assert set(given) <= set(names), given
        settings = {name: given.get(name, DEFAULTS[name]) for name in names}
        if self.is_3:
            text = lambda value: '"%s"' % value if isinstance(value, str) else str(value)
            words = " ".join("#:%s %s" % (name, text(value)) for name, value in settings.items())
            return "(plug-in-dipkit-%s #:run-mode RUN-NONINTERACTIVE #:image %s #:drawables (vector %s) %s)" % (task, image, layer, words)
        number = lambda name, value: CHOICES[name].index(value) if name in CHOICES else '"%s"' % value if name == "options" else value
        words = " ".join(str(number(name, value)) for name, value in settings.items())
        return "(plug-in-dipkit-%s RUN-NONINTERACTIVE %s %s %s)" % (task, image, layer, words)


def complaints(log):
    """The lines of a log that GIMP alone would not print."""
    return [line for line in log.splitlines() if not USUAL.search(line)]
