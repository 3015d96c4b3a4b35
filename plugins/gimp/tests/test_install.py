"""make install-system and uninstall; install-user is what every other suite runs on."""

from case import Case


class Install(Case):
    def installed(self):
        return sorted(path.name for path in self.folder.rglob("plug-ins/dipkit/*"))

    def test_system_wide_installation_comes_and_goes(self):
        places = ["DESTDIR=%s" % self.folder, "USER_DIR=%s" % self.file("user/plug-ins/dipkit")]
        self.host.make("install-system", *places)
        self.assertEqual(self.installed(), ["dipkit", "libdipkit.so"])
        self.host.make("install-user", *places)
        self.assertEqual(self.installed(), ["dipkit", "dipkit", "libdipkit.so", "libdipkit.so"])
        self.host.make("uninstall", *places)
        self.assertEqual(self.installed(), [])
