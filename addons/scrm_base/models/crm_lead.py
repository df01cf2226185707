from odoo import api, models
from odoo.tools import SQL

# Under which a transaction keeps the leads that it made or moved.
PRECOMMIT_KEY = "scrm_base.leads"


class CrmLead(models.Model):
    _inherit = "crm.lead"

    _scrm_captures_messages = True

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._scrm_record_at_commit()
        return leads

    def write(self, vals):
        res = super().write(vals)
        if {"partner_id", "stage_id", "active"}.intersection(vals):
            self._scrm_record_at_commit()
        return res

    def _scrm_record_at_commit(self):
        """Record these leads when the transaction ends, with all others that it made or moved.

        Odoo converts and assigns leads one by one: recorded at once, each would cost the queries
        of a batch.
        """
        precommit = self.env.cr.precommit
        waiting = precommit.data.setdefault(PRECOMMIT_KEY, set())
        if not waiting:
            precommit.add(self.browse()._scrm_record_waiting)
        waiting.update(self.ids)

    def _scrm_record_waiting(self):
        """Record the leads that wait for the end of the transaction."""
        waiting = self.env.cr.precommit.data.pop(PRECOMMIT_KEY, ())
        self.browse(sorted(waiting)).exists()._scrm_record()
        self.env.flush_all()  # the cursor's own flush is over

    def _scrm_record(self):
        """Put leads of customers on the timelines, once when made and once when won."""
        leads = self.sudo().filtered("partner_id")  # sudo: recorded whoever works on them
        if not leads:
            return
        Interaction = self.env["scrm.interaction"]
        Interaction._record_documents(
            leads,
            "lead",
            "created",
            lambda lead: self.env._("Lead: %s", lead.name),
            occurred_at=lambda lead: lead.create_date,
        )
        Interaction._record_documents(
            leads.filtered(lambda lead: lead.won_status == "won"),
            "lead",
            "won",
            lambda lead: self.env._("Lead won: %s", lead.name),
            occurred_at=lambda lead: lead.date_closed,
        )

    @api.model
    def _scrm_get_past(self, in_range):
        """Return SQL of what happened to past leads, see ``scrm.interaction._insert_past``."""
        get_sentence = self.env["scrm.interaction"]._get_sentence
        events = [
            ("created", self.env._("Lead: %s", "{name}"), SQL("d.create_date"), SQL("TRUE")),
            (
                "won",
                self.env._("Lead won: %s", "{name}"),
                SQL("COALESCE(d.date_closed, d.write_date)"),
                SQL("d.won_status = 'won'"),
            ),
        ]
        return SQL(" UNION ALL ").join(
            SQL(
                """
                SELECT d.id AS res_id, d.partner_id,
                       COALESCE(d.company_id, u.company_id) AS company_id, 'lead' AS kind,
                       %s AS event, %s AS summary, %s AS occurred_at, d.create_uid AS user_id
                  FROM crm_lead d
                  LEFT JOIN res_users u ON u.id = COALESCE(d.user_id, d.create_uid)
                 WHERE d.partner_id IS NOT NULL AND %s AND %s
                """,
                event,
                get_sentence(sentence, name=SQL("d.name")),
                occurred_at,
                happened,
                in_range,
            )
            for event, sentence, occurred_at, happened in events
        )

    def action_scrm_open_customer(self):
        """Open the page of the lead's customer."""
        self.ensure_one()
        return self.partner_id.action_scrm_open_customer()
