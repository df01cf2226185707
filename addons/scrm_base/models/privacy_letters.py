"""What was written by, to and about a person, as it is handed out to them."""

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import email_normalize, html2plaintext


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _export_letters(self, person, threads):
        """Return the sections of messages and of files.

        :param threads: {model name: ids} of the records whose chatter is the person's
        """
        messages = self._get_messages(threads) | self._get_correspondence(person)
        messages = self._keep_own(messages).sorted("date")
        files = self._get_files(threads)
        columns = ("name", "create_date", "mimetype")
        return {
            self._get_section(messages): self._export_messages(person, messages),
            self._get_section(files): self._export_rows_of(files, columns),
        }

    def _get_files(self, threads):
        """Return the files that people attached; those behind fields are values of records."""
        return self._keep_own(self._get_attachments(threads).filtered(lambda a: not a.res_field))

    def _get_correspondence(self, person):
        """Return what the person wrote, or was written to, on records that are not theirs."""
        outside = self._get_outside(person.partners)
        # sudo: see _get_person
        return (
            self.env["mail.message"]
            .sudo()
            .search(
                Domain.OR(
                    Domain(role, "in", outside.ids)
                    for role in ("author_id", "partner_ids", "notified_partner_ids")
                ),
                order="id",
            )
        )

    def _export_messages(self, person, messages):
        """Return messages as texts: who wrote them is told as far as it is the person."""
        labels = {
            name: messages._fields[name]._description_string(self.env)
            for name in ("date", "author_id", "subject", "body")
        }
        colleagues = messages.author_id - self._get_outside(messages.author_id)
        changes = self._get_changes(messages)
        rows = []
        for message in messages:
            text = "\n".join(
                filter(None, [html2plaintext(message.body or ""), *changes.get(message.id, [])])
            )
            if text or message.subject:
                values = {
                    "date": self._export_text(message, "date"),
                    "author_id": self._get_author(message, person, colleagues),
                    "subject": message.subject,
                    "body": text,
                }
                rows.append({labels[name]: value for name, value in values.items() if value})
        return rows

    def _get_author(self, message, person, colleagues):
        # Guests talk in the person's own conversations alone.
        email = email_normalize(message.email_from or "")
        if message.author_guest_id or message.author_id & person.partners:
            return self.env._("The person")
        if message.author_id & colleagues or not (message.author_id or email):
            return self.env._("The company")
        if not message.author_id and email in person.emails:
            return self.env._("The person")
        return self.env._("Somebody else")

    def _get_changes(self, messages):
        """Return {message id: list of texts} of what was changed on the records."""
        # sudo: see _get_person
        values = self.env["mail.tracking.value"].sudo()
        values = values.search([("mail_message_id", "in", messages.ids)])
        changes = {}
        for change in values._tracking_value_format():
            message = values.browse(change["id"]).mail_message_id
            label = change["fieldInfo"]["changedField"]
            text = f"{label}: {change['oldValue'] or ''} → {change['newValue'] or ''}"
            changes.setdefault(message.id, []).append(text)
        return changes
