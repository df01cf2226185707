"""Contacts whose person asked to be forgotten, and that the law keeps."""

from odoo import models

from ..tools.consent import ANY, get_state


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    def _scrm_filter_customers(self, in_business=False):
        """Leave out those who asked to be forgotten: no timeline and no figures of them."""
        partners = super()._scrm_filter_customers(in_business=in_business)
        # sudo: the pool is looked at to leave people out, not shown.
        pool = self.env.company.sudo().scrm_pool_id
        if not pool or not partners:
            return partners
        key_of = {partner.id: partner._scrm_get_handle(pool).key for partner in partners}
        erased = self.env["scrm.suppression"]._find(list(key_of.values()))
        return partners.filtered(lambda partner: key_of[partner.id] not in erased)

    # === PORTAL === #

    def _scrm_get_portal_consents(self):
        """Return what the contact's customer allows, for their own page.

        :return: list of (purpose, list of (channel, label, allowed or not))
        """
        self.ensure_one()
        # sudo: a person sees what they themselves said; nobody else's is looked at.
        customer = self.sudo().scrm_customer_id
        Consent = self.env["scrm.consent"].sudo()
        channels = dict(Consent._fields["channel"]._description_selection(self.env))
        channels.pop(ANY)
        result = []
        for purpose in self._scrm_get_portal_purposes():
            said = Consent._get_statements(customer, purpose, self.env.company)
            statements = said.get(customer.id, [])
            default = not purpose.needs_consent
            states = {name: get_state(statements, name) for name in channels}
            result.append(
                (
                    purpose,
                    [
                        (name, label, default if states[name] is None else states[name])
                        for name, label in channels.items()
                    ],
                )
            )
        return result

    def _scrm_get_portal_purposes(self):
        # sudo: the texts are written for the customers
        return self.env["scrm.consent.purpose"].sudo().search([("is_on_portal", "=", True)])

    def _scrm_save_portal_consents(self, ticked, shown=None):
        """Record what the contact ticked and unticked on their own page.

        What they left as it was shown is not said: it may have changed since by another way.

        :param set ticked: ``<purpose id>:<channel>``
        :param set shown: those that were ticked when they opened the page, by default what is
            allowed now
        """
        self.ensure_one()
        Consent = self.env["scrm.consent"]
        changes = []
        for purpose, channels in self._scrm_get_portal_consents():
            for channel, _label, allowed in channels:
                key = f"{purpose.id}:{channel}"
                before = allowed if shown is None else key in shown
                if before != (key in ticked) != allowed:
                    changes.append((purpose, channel, key in ticked))
        identity = changes and self._scrm_get_consenting_identity()
        for purpose, channel, allowed in changes if identity else ():
            say = Consent._give if allowed else Consent._withdraw
            say(identity, purpose, channel, proof="portal")

    def _scrm_get_consenting_identity(self):
        """Return the handle of this contact, known again although it was erased: they agree."""
        # sudo: whoever consents becomes known by it.
        pool = self.env.company.sudo().scrm_pool_id
        self_sudo = self.sudo()
        holder = self_sudo._scrm_get_holder()
        handle = holder._scrm_get_handle(pool)
        if self.env["scrm.suppression"]._find([handle.key]):
            return self.env["scrm.identity"]._resolve(handle, pool=pool)
        return self_sudo._scrm_ensure_identity()[:1].sudo(False)
