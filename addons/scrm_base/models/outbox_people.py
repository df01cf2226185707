from odoo import api, models
from odoo.exceptions import AccessError, UserError


class ScrmOutbox(models.Model):
    """What people do with notices: send again, settle, read."""

    _inherit = "scrm.outbox"

    # === OPERATORS === #

    def _check_replay_right(self):
        self.check_access("read")
        if not self.env.user.has_group("scrm_base.group_scrm_base_operator"):
            raise AccessError(self.env._("Notices are sent again by operators of Social CRM."))

    def action_replay(self):
        """Put rows that are dead, refused or unknown back in the queue.

        What went out by another medium meanwhile stays as it is, and so does what has no text.
        """
        self._check_replay_right()
        # sudo: nobody has the right to write rows; the right to replay was checked above
        rows = self.sudo().filtered(lambda row: row.state in ("dead", "failed", "unknown"))
        if not rows:
            raise UserError(
                self.env._("Only notices that were refused, given up or unknown are sent again.")
            )
        rows = rows.filtered(lambda row: not row._is_replaced())
        if not rows:
            raise UserError(
                self.env._(
                    "These notices went out by another medium instead. Sent again, they would "
                    "arrive twice."
                )
            )
        # Of a notice and those that were to take its place one is sent.
        rows = rows.filtered(lambda row: not row._get_predecessors() & rows)
        (rows | rows._get_predecessors() | rows._get_successors()).lock_for_update()
        written = rows.filtered(lambda row: row._put_back())
        if not written:
            raise UserError(
                self.env._(
                    "The text of these notices could not be made, and its rule or record is gone. "
                    "Write to the people yourself."
                )
            )
        written.filtered(lambda row: row.state == "queued")._enqueue()

    def _put_back(self):
        """Queue a row as if it were new; return False when there is no text to send."""
        self.ensure_one()
        again = self._prepare_again_vals() if self.state == "failed" and self.rule_id else {}
        if self.reason == "text" and "body" not in again:
            return False
        self.write(
            {
                "state": "queued",
                "attempts": 0,
                "next_try_at": False,
                "not_before": False,
                "reason": False,
                "error": False,
                **again,
            }
        )
        return True

    def _get_predecessors(self):
        """Return the rows whose place these took, one after the other."""
        rows = self.fallback_of_id
        return rows and rows | rows._get_predecessors()

    def _get_successors(self):
        """Return the rows that took the place of these, one after the other."""
        rows = self.fallback_ids
        return rows and rows | rows._get_successors()

    def _is_replaced(self):
        """Tell whether another medium's row has reached the person instead, or may do so."""
        self.ensure_one()
        others = self._get_predecessors() | self._get_successors()
        return any(row.state in ("queued", "sending", "sent", "unknown") for row in others)

    def _prepare_again_vals(self):
        """Return address and text made anew: the contact or the rule may be repaired by now."""
        record = self.env.get(self.res_model)
        record = record.browse(self.res_id).exists() if record is not None else None
        if not record:
            return {}
        prepared = self.rule_id._prepare_outbox_vals(record, self.company_id)
        again = next((vals for vals in prepared if self._is_same_person(vals)), {})
        again.pop("idem_key", None)
        return again

    def _is_same_person(self, vals):
        """Tell whether the columns of another row address the person of this one."""
        self.ensure_one()
        if self.user_id or vals.get("user_id"):
            return self.user_id.id == vals.get("user_id")
        customer = self.env["scrm.identity"].browse(vals.get("identity_id") or ()).customer_id
        if self.customer_id and customer:
            return self.customer_id == customer
        return bool(self.partner_id) and self.partner_id.id == vals.get("partner_id")

    def action_mark_sent(self):
        """Settle rows nobody could tell about: a person found that they arrived."""
        self._check_replay_right()
        # sudo: nobody has the right to write rows; the right to settle was checked above
        rows = self.sudo().filtered(lambda row: row.state == "unknown")
        if not rows:
            raise UserError(
                self.env._("Only notices whose delivery is unknown are marked as sent.")
            )
        rows.lock_for_update()
        for row in rows:
            row._mark_sent()

    # === READERS === #

    def action_mark_read(self):
        """Let the user put away the notices that are theirs."""
        self.check_access("read")
        # sudo: nobody has the right to write rows; the flag is set on the user's own alone
        rows = self.sudo().filtered(lambda row: row.user_id == self.env.user and not row.is_read)
        if rows:
            rows.is_read = True
            self.env.user._bus_send("scrm_base.notice_read", {"ids": rows.ids})

    def action_open_record(self):
        """Open the record that the notice is about."""
        self.ensure_one()
        if self.res_model == self._name:
            action = self.env["ir.actions.act_window"]._for_xml_id("scrm_base.scrm_outbox_action")
            chosen = (self.payload or {}).get("filter")
            action["context"] = {f"search_default_{chosen}": 1} if chosen else {}
            return action
        if not self.res_model or self.res_model not in self.env:
            raise UserError(self.env._("This notice is about no record."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    # === BELL === #

    @api.model
    def get_bell(self, limit=12):
        """Return what the bell of the signed-in user shows: unread count and the newest.

        :return: dict of ``unread`` and ``notices``
        """
        domain = [
            ("user_id", "=", self.env.uid),
            ("medium", "=", "inapp"),
            ("state", "=", "sent"),
        ]
        # sudo: one's own notices in every company, also those that are not ticked at the moment
        outbox_sudo = self.sudo()
        rows = outbox_sudo.search(domain, limit=min(int(limit), 50))
        return {
            "unread": outbox_sudo.search_count([*domain, ("is_read", "=", False)]),
            "notices": [row._prepare_bell_vals() for row in rows],
        }

    @api.model
    def open_bell(self, row_id):
        """Put away a notice of the signed-in user; return what opens its record, or False."""
        # sudo: see get_bell
        row = self.sudo().search([("id", "=", row_id), ("user_id", "=", self.env.uid)])
        row.action_mark_read()
        return row.action_open_record() if row.res_model else False

    @api.model
    def mark_bell_read(self):
        """Put away everything that the bell of the signed-in user counts."""
        # sudo: see get_bell; nobody has the right to write rows, the user's own alone are
        rows = self.sudo().search(
            [
                ("user_id", "=", self.env.uid),
                ("medium", "=", "inapp"),
                ("state", "=", "sent"),
                ("is_read", "=", False),
            ]
        )
        rows.is_read = True
        self.env.user._bus_send("scrm_base.notice_read", {"ids": False})

    def _prepare_bell_vals(self):
        self.ensure_one()
        return {
            "id": self.id,
            "subject": self.subject or "",
            "body": self.body or "",
            "is_read": self.is_read,
            "written_at": self.create_date.isoformat(sep=" ", timespec="seconds"),
        }
