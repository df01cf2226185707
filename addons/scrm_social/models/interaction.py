"""What a social account adds to the timeline."""

from odoo import api, fields, models
from odoo.tools import SQL


def keep_as_notes(interactions):
    """Keep the entries as notes when the addon is uninstalled.

    The timeline is append-only in the database, and what nobody can name any more must stay
    readable: its trigger rests for this one statement, in the transaction of the uninstallation
    (it is gone already where scrm_base goes too, hence no name).
    """
    interactions.env.cr.execute(
        SQL(
            """
            ALTER TABLE scrm_interaction DISABLE TRIGGER USER;
            UPDATE scrm_interaction SET kind = 'note' WHERE id IN %s;
            ALTER TABLE scrm_interaction ENABLE TRIGGER USER
            """,
            tuple(interactions.ids) or (0,),
        )
    )
    interactions.invalidate_recordset(["kind"])


class ScrmInteraction(models.Model):
    _inherit = "scrm.interaction"

    kind = fields.Selection(
        selection_add=[
            ("follow", "Followed"),
            ("unfollow", "Stopped following"),
            ("scan", "Scanned a code"),
        ],
        ondelete={"follow": keep_as_notes, "unfollow": keep_as_notes, "scan": keep_as_notes},
    )

    @api.model
    def _timeline_get_look(self, kind):
        looks = {
            "follow": ("messages", "fa-user-plus", "success"),
            "unfollow": ("messages", "fa-user-times", "secondary"),
            "scan": ("visits", "fa-qrcode", "info"),
        }
        return looks.get(kind) or super()._timeline_get_look(kind)
