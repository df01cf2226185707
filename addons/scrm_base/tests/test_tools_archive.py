import io
import zipfile

from odoo.tests import BaseCase, tagged

from ..tools.archive import NAME_CHARACTERS, clean_name, pack


@tagged("post_install", "-at_install")
class TestArchive(BaseCase):
    def _list(self, files, limit):
        archives = [zipfile.ZipFile(io.BytesIO(raw)) for raw in pack(iter(files), limit)]
        return [{name: zip_.read(name) for name in zip_.namelist()} for zip_ in archives]

    def test_a_new_archive_when_the_limit_is_passed(self):
        files = [("1", b"aaaa"), ("2", b"bbbb"), ("3", b"c" * 30), ("4", b""), ("5", b"d")]
        volumes = self._list(files, 10)
        self.assertEqual([["1", "2"], ["3"], ["4", "5"]], [list(names) for names in volumes])
        self.assertEqual(dict(files), {k: v for volume in volumes for k, v in volume.items()})

    def test_nothing_makes_no_archive(self):
        self.assertEqual([], self._list([], 10))

    def test_names_lead_nowhere_else(self):
        self.assertEqual("_.._etc_passwd", clean_name("../../etc/passwd"))
        self.assertEqual("发票_2026.pdf", clean_name("发票\n2026.pdf"))
        long_name = clean_name("厨房" * 200 + ".jpeg")
        self.assertEqual((NAME_CHARACTERS, "jpeg"), (len(long_name), long_name[-4:]))
