from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.append_only import protect


class ScrmInteraction(models.Model):
    """One thing that happened between a customer and the company, written once.

    The timeline is written when things happen, not composed when it is read: what happened in
    mail, sales, service and chat has no table in common.
    """

    _name = "scrm.interaction"
    _description = "Interaction with a Customer"
    _inherit = ["scrm.customer.mixin"]
    _order = "occurred_at desc, id desc"
    _rec_name = "summary"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True, ondelete="restrict"
    )
    identity_id = fields.Many2one(required=True, readonly=True, index=True)
    customer_id = fields.Many2one(index=False)  # the first column of _customer_time_idx
    kind = fields.Selection(
        selection=[
            ("message_in", "Message received"),
            ("message_out", "Message sent"),
            ("call", "Phone call"),
            ("meeting", "Meeting"),
            ("lead", "Lead"),
            ("order", "Order"),
            ("delivery", "Delivery"),
            ("invoice", "Invoice"),
            ("payment", "Payment"),
            ("ticket", "Service"),
            ("rating", "Rating"),
            ("points", "Points"),
            ("tier", "Tier"),
            ("visit", "Visit"),
            ("mail", "Mailing"),
            ("import", "Import"),
            ("merge", "Recognised"),
            ("note", "Note"),
        ],
        required=True,
        readonly=True,
    )
    summary = fields.Char(string="What", required=True, readonly=True)
    occurred_at = fields.Datetime(string="When", required=True, readonly=True)
    res_model = fields.Char(string="Source Model", readonly=True)
    res_id = fields.Many2oneReference(string="Source", model_field="res_model", readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users", string="By", readonly=True, ondelete="restrict"
    )
    dedupe_key = fields.Char(required=True, readonly=True)
    payload = fields.Json(readonly=True)

    _dedupe_uniq = models.Constraint("UNIQUE (dedupe_key)", "This was recorded already.")
    # The timeline in its order; with what it includes, figures are counted in the index alone.
    _customer_time_idx = models.Index(
        "(customer_id, occurred_at DESC, id DESC) INCLUDE (company_id, kind)"
    )

    def init(self):
        protect(self.env.cr, self._table, ("customer_id",))

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise UserError(self.env._("The timeline is written by what happens, not by hand."))

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("What happened cannot be changed any more."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(self.env._("What happened stays on the timeline."))

    # === RECORDING === #

    @api.model
    def _record(self, vals_list):
        """Write what happened on the timelines: the only way in.

        Rows without an identity are left out, so that a document of somebody who is no customer
        passes; a row whose ``dedupe_key`` is known does nothing.

        :param vals_list: list of dicts with ``identity_id``, ``kind``, ``summary``,
            ``dedupe_key`` and ``record`` (the source) or ``res_model`` and ``res_id``; and, when
            the defaults do not serve, ``company_id``, ``user_id``, ``occurred_at``, ``payload``
        """
        rows = [self._prepare_row(vals) for vals in vals_list if vals.get("identity_id")]
        if not rows:
            return
        self.env["scrm.identity"].flush_model(["customer_id"])
        # One statement: a known key is left alone, the customer is that of the handle now, and
        # whoever's timeline grew has figures to be made again.
        inserted = self.env.execute_query(
            SQL(
                """
                WITH inserted AS (
                INSERT INTO scrm_interaction (
                    identity_id, customer_id, company_id, kind, summary, occurred_at,
                    res_model, res_id, user_id, dedupe_key, payload,
                    create_uid, create_date, write_uid, write_date
                )
                SELECT i.id, i.customer_id, v.company_id, v.kind, v.summary, v.occurred_at,
                       v.res_model, v.res_id, v.user_id, v.dedupe_key, v.payload,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM (VALUES %(rows)s) AS v(
                       identity_id, company_id, kind, summary, occurred_at,
                       res_model, res_id, user_id, dedupe_key, payload)
                  JOIN scrm_identity i ON i.id = v.identity_id AND i.id = ANY(%(ids)s)
                 ORDER BY v.occurred_at
                ON CONFLICT (dedupe_key) DO NOTHING
                RETURNING id, customer_id, company_id
                ), touched AS (
                INSERT INTO scrm_customer_touch (customer_id, company_id, touched_at)
                SELECT DISTINCT customer_id, company_id, %(now)s::timestamp FROM inserted
                )
                SELECT id FROM inserted
                """,
                uid=self.env.uid,
                now=self.env.cr.now(),
                ids=[vals["identity_id"] for vals in vals_list if vals.get("identity_id")],
                rows=SQL(", ").join(rows),
            )
        )
        self.env["scrm.customer"].invalidate_model(["interaction_ids"], flush=False)
        # sudo: what depends on a timeline (figures, stages) is recomputed whoever wrote it.
        self.sudo().browse([row[0] for row in inserted]).modified(list(self._fields), create=True)

    def _prepare_row(self, vals):
        """Return one row of values as SQL, defaults filled in."""
        record = vals.get("record")
        has_company = record is not None and "company_id" in record._fields
        company_id = vals.get("company_id") or (has_company and record.company_id.id)
        payload = vals.get("payload")
        return SQL(
            "(%s, %s, %s, %s, %s::timestamp, %s, %s::int, %s::int, %s, %s::jsonb)",
            vals["identity_id"],
            company_id or self.env.company.id,
            vals["kind"],
            vals["summary"],
            vals.get("occurred_at") or self.env.cr.now(),
            vals.get("res_model") or (record._name if record is not None else None),
            vals.get("res_id") or (record.id if record is not None else None),
            vals.get("user_id") or self.env.uid,
            vals["dedupe_key"],
            None if payload is None else self._fields["payload"].convert_to_column(payload, self),
        )

    @api.model
    def _record_documents(self, documents, kind, event, summarise, occurred_at=None):
        """Record one event of many business documents with a ``partner_id`` and a company.

        :param documents: recordset; partners that are no customers are passed over
        :param str kind: see the field
        :param str event: what happened to the document, for the key: ``<model>:<id>:<event>``
        :param summarise: function of a document that returns the sentence
        :param occurred_at: function of a document that returns when; now by default
        :return: {document: scrm.identity}
        """
        identity_of = {}
        # sudo: the timeline is written whoever moves the document, a portal user who orders too.
        for company, of_company in documents.sudo().grouped("company_id").items():
            identities = of_company.partner_id.with_company(company)._scrm_get_identity_map(
                in_business=True
            )
            for document in of_company:
                identity = identities.get(document.partner_id.id)
                if identity:
                    identity_of[document] = identity
        self._record(
            [
                {
                    "identity_id": identity.id,
                    "kind": kind,
                    "summary": summarise(document),
                    "occurred_at": occurred_at(document) if occurred_at else None,
                    "dedupe_key": f"{document._name}:{document.id}:{event}",
                    "record": document,
                }
                for document, identity in identity_of.items()
            ]
        )
        return identity_of

    # === ACTIONS === #

    def action_open_record(self):
        """Open the record that this comes from, with the reader's own rights.

        :raise UserError: it was deleted, or its app was uninstalled
        """
        self.ensure_one()
        record = None
        if self.res_model in self.env and self.res_id:
            record = self.env[self.res_model].browse(self.res_id).exists()
        if not record:
            raise UserError(
                self.env._("The record that this comes from is not in the database any more.")
            )
        record.check_access("read")
        action = record.get_formview_action()
        return {**action, "target": "current"}
