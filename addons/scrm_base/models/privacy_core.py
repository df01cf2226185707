"""What core holds on a person: where both the erasure and the export look for it."""

from odoo import api, models
from odoo.fields import Domain
from odoo.tools.mail import email_normalize_all

# What a contact says about its person; country and language say too little.
PARTNER_COLUMNS = (
    "phone",
    "email",
    "street",
    "street2",
    "zip",
    "city",
    "vat",
    "ref",
    "comment",
    "website",
    "function",
    "company_name",
    "company_registry",
    "barcode",
    "image_1920",
    "partner_latitude",
    "partner_longitude",
)
LEAD_COLUMNS = (
    "contact_name",
    "partner_name",
    "phone",
    "email_from",
    "email_cc",
    "description",
    "street",
    "street2",
    "zip",
    "city",
    "website",
    "function",
)


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _get_core_records(self, person, owned):
        """Return {model name: (records, columns to hand out)} of core's that are emptied; a hook.

        What stands in a chatter: ``_get_threads()``.

        :param person: :class:`Person`
        :param owned: {model name: ids} of the person's rows in the tables of the plan
        """
        partners = person.partners
        mails, messages = self._leave_out_notices(*self._get_queued(person))
        return {
            "res.partner": (partners, ("name", *PARTNER_COLUMNS)),
            "res.partner.bank": (partners.bank_ids, ("acc_number", "acc_holder_name")),
            "res.users": (self._get_logins(partners), ("login",)),
            "crm.lead": (self._get_leads(person), ("create_date", "name", *LEAD_COLUMNS)),
            "mail.mail": (mails, ("date", "subject", "body_content", "state")),
            "sms.sms": (messages, ("create_date", "body", "state")),
        }

    def _leave_out_notices(self, mails, messages):
        """Leave out what the outbox made: it is handed out there, by the company that sent it."""
        # sudo: see _get_person
        rows = (
            self.env["scrm.outbox"]
            .sudo()
            .search_fetch(
                [("medium", "=", "sms"), ("external_ref", "in", messages.mapped("uuid"))],
                ["external_ref"],
            )
        )
        sent = set(rows.mapped("external_ref"))
        return (
            mails.filtered(lambda mail: not mail.scrm_outbox_id),
            messages.filtered(lambda message: message.uuid not in sent),
        )

    def _get_logins(self, partners):
        """Return the portal logins of contacts; those of colleagues stay theirs."""
        # sudo: see _get_person
        users = self.env["res.users"].sudo().with_context(active_test=False)
        return users.search([("partner_id", "in", partners.ids), ("share", "=", True)])

    def _get_outside(self, partners):
        """Return the contacts who do not work here: what colleagues get is the company's."""
        # sudo: see _get_person
        users = partners.sudo().with_context(active_test=False).user_ids
        return partners - users.filtered(lambda user: not user.share).partner_id

    def _get_leads(self, person):
        """Return the person's leads: of their contacts, or of nobody's with a number of theirs."""
        # sudo: see _get_person
        Lead = self.env["crm.lead"].sudo().with_context(active_test=False, tracking_disable=True)
        return Lead.search(
            Domain("company_id", "in", [False, *person.companies.ids])
            & (
                Domain("partner_id", "in", person.partners.ids)
                | Domain("partner_id", "=", False)
                & (
                    Domain("email_normalized", "in", list(person.emails))
                    | Domain("phone_sanitized", "in", list(person.phones))
                )
            )
        )

    def _get_queued(self, person):
        """Return (mails, text messages) to the person that wait in core's queues, or waited."""
        # sudo: see _get_person
        Mail, Sms = self.env["mail.mail"].sudo(), self.env["sms.sms"].sudo()
        partners, outside = person.partners, self._get_outside(person.partners)
        mails = Mail.search(
            Domain.OR(Domain("email_to", "ilike", e) for e in person.emails)
            | Domain("recipient_ids", "in", outside.ids)
        )
        return (
            mails.filtered(
                lambda m: (
                    m.recipient_ids & outside
                    or person.emails & set(email_normalize_all(m.email_to or ""))
                )
            ),
            Sms.search(
                Domain("number", "in", list(person.phones))
                | Domain("partner_id", "in", partners.ids)
            ),
        )

    def _get_messages(self, threads):
        """Return what was written about records.

        :param threads: {model name: ids}
        """
        about = Domain.OR(
            Domain("model", "=", name) & Domain("res_id", "in", ids)
            for name, ids in threads.items()
            if "message_ids" in self.env[name]._fields
        )
        return self.env["mail.message"].sudo().search(about, order="id")  # sudo: see _get_person

    def _get_attachments(self, threads):
        """Return the files of records."""
        about = Domain.OR(
            Domain("res_model", "=", name) & Domain("res_id", "in", ids)
            for name, ids in threads.items()
        )
        # sudo: see _get_person
        # a condition on res_field, else the search leaves out the files behind binary fields
        return (
            self.env["ir.attachment"]
            .sudo()
            .search(
                about
                & Domain("id", "!=", False)
                & (Domain("res_field", "=", False) | Domain("res_field", "!=", False)),
                order="id",
            )
        )
