from odoo import api, models


class ScrmNoticeMixin(models.AbstractModel):
    """The people of a record, for the notices about it.

    A rule says "when X happens to this record, tell these people"; only the record knows who
    they are, and answers here.
    """

    _name = "scrm.notice.mixin"
    _description = "Record with Notices"

    @api.model
    def _notice_get_events(self):
        """Return what happens to such records and may be told: a list of ``(code, label)``.

        Every code that the model hands to ``_raise_event`` stands here: rules are made for these
        events alone.
        """
        return []

    # === WHO IS TOLD === #

    def _notice_get_customer(self):
        """Return the customer whom the record is about (``scrm.customer``, maybe empty)."""
        self.ensure_one()
        customer = self.env["scrm.customer"]
        if "customer_id" in self and self._fields["customer_id"].comodel_name == customer._name:
            return self.customer_id
        return customer

    def _notice_get_responsible(self):
        """Return the users who look after the record (``res.users``, maybe empty)."""
        self.ensure_one()
        users = self.env["res.users"]
        if "user_id" in self and self._fields["user_id"].comodel_name == users._name:
            return self.user_id
        return users

    # An audience of a rule is a method: it returns customers, users or contacts. An addon adds
    # one with ``selection_add`` on ``scrm.notice.rule.audience`` and a method of its name here.

    def _notice_get_audience_customer(self, rule):
        return self._notice_get_customer()

    def _notice_get_audience_responsible(self, rule):
        return self._notice_get_responsible()

    def _notice_get_audience_group(self, rule):
        """Return everybody of the rule's roles, and the colleagues it names."""
        return rule._get_members()

    def _notice_get_audience_followers(self, rule):
        """Return the contacts who follow the record (``res.partner``, maybe empty)."""
        self.ensure_one()
        if "message_partner_ids" in self:
            return self.message_partner_ids
        return self.env["res.partner"]

    # === THE OCCASION === #

    def _notice_get_company(self):
        """Return the company in whose name the notice is sent."""
        self.ensure_one()
        if "company_id" in self and self.company_id:
            return self.company_id
        return self.env.company

    def _notice_get_key(self, event):
        """Return what tells this occurrence of the event from every other one (str).

        The same key never sends the same notice twice. By itself a record has an event once;
        a record with a flow adds the entry of its log.
        """
        self.ensure_one()
        return f"{self._name},{self.id},{event}"
