"""What the story's server tells of its log."""

import sys

from paths import ROOT

sys.path.insert(0, str(ROOT))

from tests.harness.server import Server

LOG = """\
2026-01-05 10:00:00,001 7 INFO shop odoo.http: GET /web
2026-01-05 10:00:00,002 7 ERROR shop odoo.sql_db: bad query: b' UPDATE "discuss_channel_member"
   SET "seen" = 1
   '
ERROR: could not serialize access due to concurrent update

2026-01-05 10:00:00,003 7 ERROR shop odoo.sql_db: bad query: b' SELECT wrong'
ERROR: column "wrong" does not exist

2026-01-05 10:00:00,004 7 WARNING shop odoo.models: ERROR is said here as a word
"""


def test_log_entries_leave_out_what_odoo_does_again(tmp_path):
    server = Server("shop")
    server.log = tmp_path / "shop.log"
    server.log.write_text(LOG)
    entries = server.log_entries("ERROR", "CRITICAL")
    assert len(entries) == 1
    assert 'column "wrong" does not exist' in entries[0]
    assert len(server.log_entries("WARNING")) == 1
