import base64

from .common import ScrmCase
from .spreadsheet_files import make_csv


class ImportCase(ScrmCase):
    """Short ways to import a list."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = cls._make_user("import.operator", "scrm_base.group_scrm_base_operator")
        cls.foreigner = cls._make_user(
            "import.foreigner", "scrm_base.group_scrm_base_operator", company=cls.company_other
        )

    def _make_import(self, content, filename="客户.xls"):
        return (
            self.env["scrm.customer.import"]
            .with_user(self.operator)
            .create({"file": base64.b64encode(content), "filename": filename})
        )

    def _make_csv_import(self, *rows, header=("Name", "Phone", "Email", "Code")):
        return self._make_import(make_csv([header, *rows]), "list.csv")

    def _run(self, record):
        """Import as the jobs would, one batch after the other."""
        record.action_start()
        while record.state == "importing":
            record._run_batch()
        return record

    def _import(self, content, filename="客户.xls"):
        record = self._make_import(content, filename)
        record.action_preview()
        return self._run(record)
