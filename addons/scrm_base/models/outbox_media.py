from odoo import models
from odoo.tools import email_normalize, plaintext2html

from ..exceptions import DeliveryRefused, DeliveryRetry, DeliveryUnknown
from ..tools.handles import mask

#: Failures of core's mail and SMS models that no second attempt will cure.
MAIL_REFUSALS = (
    "mail_email_invalid",
    "mail_email_missing",
    "mail_from_invalid",
    "mail_from_missing",
    "mail_bl",
    "mail_optout",
)
_SMS_REFUSALS = (
    "sms_number_missing",
    "sms_number_format",
    "sms_country_not_supported",
    "sms_registration_needed",
    "sms_acc",
    "sms_blacklist",
    "sms_optout",
)


class ScrmOutbox(models.Model):
    """The media every database has: in the app, e-mail, SMS.

    A medium is three methods: ``_get_address_<medium>``, ``_send_<medium>`` and, where it can
    tell what became of a message, ``_resolve_unknown_<medium>``.
    """

    _inherit = "scrm.outbox"

    # === ADDRESSES === #

    def _prepare_address_vals(self, address, customer):
        """Return the columns for an address: an identity, a partner or a user."""
        if address._name == "scrm.identity":
            return {
                "identity_id": address.id,
                "partner_id": customer.main_partner_id.id,
                "user_id": False,
            }
        partner_handle = customer._get_identity("partner") or customer.identity_ids[:1]
        if address._name == "res.users":
            return {
                "identity_id": partner_handle.id,
                "partner_id": address.partner_id.id,
                "user_id": address.id,
            }
        return {"identity_id": partner_handle.id, "partner_id": address.id, "user_id": False}

    def _get_address_inapp(self, customer):
        """Customers do not work in the app."""
        return None

    def _get_address_email(self, customer):
        identity = customer._get_identity("email")
        if identity:
            return identity
        partner = customer.main_partner_id
        return partner if partner.email_normalized else None

    def _get_address_sms(self, customer):
        identity = customer._get_identity("phone")
        if identity:
            return identity
        partner = customer.main_partner_id
        return partner if partner.phone_sanitized else None

    def _get_address_display(self):
        """Return where the row goes, as people may read it: handles are masked for most."""
        self.ensure_one()
        if self.medium == "inapp":
            return self.env._("in the app")
        if self.identity_id and self.identity_id.id_type != "partner":
            return self.identity_id.display_value
        person = self.user_id.partner_id or self.partner_id
        value = person.phone if self.medium == "sms" else person.email
        kind = "phone" if self.medium == "sms" else "email"
        return mask(kind, value or "")

    def _is_reachable(self, person, medium):
        """Tell whether a user or a contact has an address for a medium.

        :param person: ``res.users`` or ``res.partner``
        """
        if medium == "inapp":
            return person._name == "res.users"
        if medium == "email":
            return bool(person.email_normalized)
        if medium == "sms":
            return bool(person.phone_sanitized)
        return False

    # === IN THE APP === #

    def _send_inapp(self):
        """Show it to the user now, and where they find it again: under the bell.

        Users who read their messages in the inbox find it there too.
        """
        user = self.user_id
        if not user:
            raise DeliveryRefused(self.env._("The notice has no user to be shown to."))
        user._bus_send("scrm_base.notice", self._prepare_bell_vals())
        if user.notification_type == "inbox":
            self.env["mail.thread"].message_notify(
                partner_ids=user.partner_id.ids,
                subject=self.subject,
                body=plaintext2html(self.body or ""),
                model=self.res_model or False,
                res_id=self.res_id or False,
            )
        return None

    def _resolve_unknown_inapp(self):
        """It is written in the transaction that says `sent`, so what is unknown is unsent."""
        return "resend"

    # === E-MAIL === #

    def _send_email(self):
        """Send through core's mail queue and return the message's id."""
        address = self._get_email_address()
        if not address:
            raise DeliveryRefused(
                self.env._("There is no e-mail address. Complete the contact."), "no_address"
            )
        # sudo is the caller's: the outbox is sent in superuser mode
        if self.env["mail.blacklist"].search_count([("email", "=", email_normalize(address))]):
            raise DeliveryRefused(
                self.env._(
                    "The e-mail address is on the blacklist: its owner wants no messages. Reach "
                    "them in another way."
                ),
                "blacklist",
            )
        company = self.company_id
        mail = (
            self.env["mail.mail"]
            .with_company(company)
            .create(
                {
                    "subject": self.subject,
                    "body_html": plaintext2html(self.body or ""),
                    "email_from": company.email_formatted or self.env.user.email_formatted,
                    "email_to": address,
                    "auto_delete": False,
                    "scrm_outbox_id": self.id,
                }
            )
        )
        mail.send()
        if mail.state == "exception":
            reason = self._explain_mail_failure(mail.failure_type, mail.failure_reason)
            if mail.failure_type in MAIL_REFUSALS:
                raise DeliveryRefused(reason)
            raise DeliveryRetry(reason)
        # Where core does not send (its tests), the mail stays in core's own queue.
        return mail.message_id

    def _explain_mail_failure(self, failure_type, failure_reason):
        """Return what core calls the failure, and below it the server's own words."""
        labels = dict(
            self.env["mail.mail"]._fields["failure_type"]._description_selection(self.env)
        )
        label = labels.get(failure_type) or self.env._("The mail server refused the message.")
        return f"{label}\n{failure_reason}" if failure_reason else label

    def _get_email_address(self):
        # sudo is the caller's: the raw value of a handle is not for everybody
        if self.identity_id.id_type == "email":
            return self.identity_id.value
        return self.user_id.email_formatted or self.partner_id.email_formatted

    # === SMS === #

    def _send_sms(self):
        """Send through core's SMS gateway and return the message's id there."""
        number = self._get_phone_number()
        if not number:
            raise DeliveryRefused(
                self.env._("There is no phone number. Complete the contact."), "no_address"
            )
        if self.env["phone.blacklist"].search_count([("number", "=", number)]):
            raise DeliveryRefused(
                self.env._(
                    "The phone number is on the blacklist: its owner wants no messages. Reach "
                    "them in another way."
                ),
                "blacklist",
            )
        sms = (
            self.env["sms.sms"]
            .with_company(self.company_id)
            .create({"number": number, "body": self.body, "partner_id": self.partner_id.id})
        )
        reference = sms.uuid
        sms.send(unlink_failed=False)
        if sms.state == "error":
            reason = self._explain_sms_failure(sms.failure_type)
            if sms.failure_type in _SMS_REFUSALS:
                raise DeliveryRefused(reason)
            if sms.failure_type == "sms_server":
                # Core gives a lost answer and a refused one the same name.
                raise DeliveryUnknown(reason, reference)
            raise DeliveryRetry(reason)
        return reference

    def _explain_sms_failure(self, failure_type):
        labels = dict(self.env["sms.sms"]._fields["failure_type"]._description_selection(self.env))
        return self.env._(
            "The SMS gateway answered: %s", labels.get(failure_type) or failure_type or "?"
        )

    def _get_phone_number(self):
        if self.identity_id.id_type == "phone":
            return self.identity_id.value
        partner = self.partner_id or self.user_id.partner_id
        return partner.phone_sanitized or partner.phone
