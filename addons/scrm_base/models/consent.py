"""Consents: what customers allowed and what they took back."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..tools import consent as rules
from ..tools.append_only import protect
from .consent_purpose import CHANNELS, LEGAL_BASES

_FACTS = ("legal_basis", "text_version", "proof", "note", "reference", "attachment_id")
# What somebody could be shown later: said again with another one of these, it is news.
_PROOFS = ("note", "reference", "attachment_id")


class ScrmConsent(models.Model):
    """One consent given or withdrawn, written once; what is in force is derived from all of them.

    The proof that a person was asked: no document of the ERP has it.
    """

    _name = "scrm.consent"
    _description = "Consent"
    _inherit = ["scrm.customer.mixin"]
    _order = "occurred_at desc, id desc"
    _rec_name = "purpose_id"

    identity_id = fields.Many2one(required=True, readonly=True, index=True)
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True, ondelete="restrict"
    )
    purpose_id = fields.Many2one(
        comodel_name="scrm.consent.purpose", required=True, readonly=True, ondelete="restrict"
    )
    channel = fields.Selection(selection=CHANNELS, required=True, readonly=True, default="any")
    is_given = fields.Boolean(string="Given", required=True, readonly=True)
    action = fields.Selection(
        selection=[("given", "Given"), ("withdrawn", "Withdrawn")],
        string="Said",
        compute="_compute_action",
    )
    legal_basis = fields.Selection(
        selection=LEGAL_BASES, required=True, readonly=True, default="consent"
    )
    text_version = fields.Char(string="Version of the Text", readonly=True)
    occurred_at = fields.Datetime(string="When", required=True, readonly=True)
    proof = fields.Selection(
        selection=[
            ("portal", "Portal"),
            ("form", "Signed form"),
            ("call", "Phone call"),
            ("message", "Message"),
            ("import", "Import"),
            ("other", "Other"),
        ],
        required=True,
        readonly=True,
        default="other",
    )
    note = fields.Text(readonly=True)
    reference = fields.Char(readonly=True)
    attachment_id = fields.Many2one(
        comodel_name="ir.attachment", string="Document", readonly=True, ondelete="set null"
    )
    # ids of the handles that were known as this person when it was said, see tools/consent.py
    covered = fields.Json(readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users", string="By", required=True, readonly=True, ondelete="restrict"
    )

    _state_idx = models.Index("(customer_id, company_id, purpose_id)")

    def init(self):
        protect(self.env.cr, self._table, ("customer_id", "attachment_id"))

    @api.depends("is_given")
    def _compute_action(self):
        for consent in self:
            consent.action = "given" if consent.is_given else "withdrawn"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(
            self.env._(
                "What was allowed or withdrawn stays on record. Record a withdrawal instead."
            )
        )

    # === WRITING === #

    @api.model
    def _give(self, identity, purpose, channel="any", **facts):
        """Record that a person allows something: one of the two ways in.

        Saying the same twice changes nothing; to another version of the text, or with a proof
        that is not on record yet, it is not the same.

        :param identity: scrm.identity by which they said it
        :param purpose: scrm.consent.purpose, or its code
        :param facts: ``company``, ``occurred_at``, ``proof``, ``note``, ``reference``,
            ``attachment_id``, ``legal_basis``, ``text_version`` where the defaults do not serve
        :return: scrm.consent, the new row, or none when it was so already
        """
        return self._say(identity, purpose, channel, True, facts)

    @api.model
    def _withdraw(self, identity, purpose, channel="any", **facts):
        """Record that a person allows something no longer; see :meth:`_give`."""
        return self._say(identity, purpose, channel, False, facts)

    def _say(self, identity, purpose, channel, is_given, facts):
        identity.ensure_one()
        # sudo: the callers have checked who speaks: the wizard, the portal, an addon's channel.
        self_sudo, identity_sudo = self.sudo(), identity.sudo()
        if isinstance(purpose, str):
            purpose = self.env["scrm.consent.purpose"]._get_by_code(purpose)
        company = facts.get("company") or self.env.company
        occurred_at = facts.get("occurred_at") or self.env.cr.now().replace(microsecond=0)
        if occurred_at > fields.Datetime.now():
            raise UserError(self.env._("A consent cannot be dated in the future."))
        # Two who say the same at once: the second is run again and finds it said.
        customer = identity_sudo._lock_clusters()
        said = self_sudo._get_statements(customer, purpose, company).get(customer.id, [])
        known = any(
            (row.occurred_at, row.channel, row.is_given) == (occurred_at, channel, is_given)
            for row in said
        )
        text = facts.get("text_version") or purpose.sudo().text_version or None
        is_new = not known and rules.is_news(said, channel, is_given, text)
        if not is_new and not self_sudo._has_new_proof(
            customer, company, purpose, channel, is_given, facts
        ):
            return self.browse()
        consent = self_sudo.create(
            {
                "legal_basis": purpose.sudo().legal_basis,
                "text_version": text,
                "user_id": self.env.uid,
                **{name: facts[name] for name in _FACTS if facts.get(name)},
                "identity_id": identity.id,
                "company_id": company.id,
                "purpose_id": purpose.id,
                "channel": channel,
                "is_given": is_given,
                "occurred_at": occurred_at,
                "covered": customer.identity_ids.ids,
            }
        )
        # Who only shares a handle with the person who was erased does not speak for them.
        if is_given and customer.is_suppressed:
            self.env["scrm.suppression"].sudo()._lift(customer.identity_ids)
        return consent.sudo(False)

    def _has_new_proof(self, customer, company, purpose, channel, is_given, facts):
        """Return whether the facts of a statement hold a proof that none on record has."""
        proof = [(name, "=", facts[name]) for name in _PROOFS if facts.get(name)]
        same = [
            ("customer_id", "=", customer.id),
            ("company_id", "=", company.id),
            ("purpose_id", "=", purpose.id),
            ("channel", "=", channel),
            ("is_given", "=", is_given),
        ]
        return bool(proof) and not self.search_count([*same, *proof], limit=1)

    # === READING === #

    @api.model
    def _get_statements(self, customers, purpose, company):
        """Return {customer id: list of :class:`Statement`} of one purpose, in one query."""
        return self._get_all_statements(customers, company, purpose).get(purpose.id, {})

    @api.model
    def _get_all_statements(self, customers, company, purposes=None):
        """Return {purpose id: {customer id: list of :class:`Statement`}}, in one query.

        :param purposes: scrm.consent.purpose, all by default
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT purpose_id, customer_id, occurred_at, id, channel, is_given,
                       COALESCE(covered, to_jsonb(ARRAY[identity_id])), text_version
                  FROM scrm_consent
                 WHERE customer_id = ANY(%s) AND company_id = %s AND %s
                """,
                customers.ids,
                company.id,
                SQL("TRUE") if purposes is None else SQL("purpose_id = ANY(%s)", purposes.ids),
            )
        )
        statements = {}
        for purpose_id, customer_id, occurred_at, number, channel, is_given, covered, text in rows:
            statements.setdefault(purpose_id, {}).setdefault(customer_id, []).append(
                rules.Statement(occurred_at, number, channel, is_given, frozenset(covered), text)
            )
        return statements

    @api.model
    def _get_allowed(self, customers, purpose, channel="any", company=None):
        """Return those of the customers who allow a purpose on a channel, set-based.

        A purpose that needs consent is allowed by who gave it; another one by who did not
        object. Odoo's own blacklists count as a withdrawal for the purposes that heed them.

        :param customers: scrm.customer
        :param purpose: scrm.consent.purpose, or its code
        :param company: res.company that wants to do it, the current one by default
        :return: scrm.customer in the order of ``customers``
        """
        if isinstance(purpose, str):
            purpose = self.env["scrm.consent.purpose"]._get_by_code(purpose)
        company = company or self.env.company
        said = self._get_statements(customers, purpose, company)
        purpose_sudo = purpose.sudo()  # sudo: configuration, no secret
        default = not purpose_sudo.needs_consent
        allowed = set()
        for customer in customers:
            state = rules.get_state(said.get(customer.id, ()), channel)
            if default if state is None else state:
                allowed.add(customer.id)
        if purpose_sudo.uses_blacklist and allowed:
            allowed -= self._get_blacklisted(customers.browse(allowed), channel)
        return customers.filtered(lambda customer: customer.id in allowed)

    @api.model
    def _get_blacklisted(self, customers, channel):
        """Return the ids of the customers one of whose addresses is on Odoo's blacklist."""
        if channel == "email":
            id_type, table, column = "email", "mail_blacklist", "email"
        elif channel in ("sms", "phone"):
            id_type, table, column = "phone", "phone_blacklist", "number"
        else:
            return set()
        of_contact = {"email": "email_normalized", "phone": "phone_sanitized"}[id_type]
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT i.customer_id
                  FROM scrm_identity i
             LEFT JOIN res_partner p ON p.id = i.partner_id
                  JOIN %(table)s b ON b.active
                   AND b.%(column)s = CASE WHEN i.id_type = %(type)s THEN i.value
                                           ELSE p.%(of_contact)s END
                 WHERE i.customer_id = ANY(%(ids)s) AND i.id_type IN (%(type)s, 'partner')
                """,
                table=SQL.identifier(table),
                column=SQL.identifier(column),
                of_contact=SQL.identifier(of_contact),
                type=id_type,
                ids=customers.ids,
            )
        )
        return {row[0] for row in rows}

    @api.model
    def _check_recorder(self):
        """Raise unless the user may record what customers said."""
        if not self.env.user.has_groups(
            "scrm_base.group_scrm_base_operator,scrm_base.group_scrm_base_privacy"
        ):
            raise AccessError(
                self.env._("Consents are recorded by operators and privacy officers of Social CRM.")
            )
