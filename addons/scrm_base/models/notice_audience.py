from datetime import timedelta

from odoo import SUPERUSER_ID, fields, models
from odoo.fields import Domain


class ScrmNoticeRule(models.Model):
    """Who is told by a rule, where they are reached, and that each is told once."""

    _inherit = "scrm.notice.rule"

    def _get_members(self):
        """Return everybody of the rule's roles and the colleagues it names (``res.users``)."""
        self.ensure_one()
        # Those who left too: a rule that still names them is to show it.
        members = self.with_context(active_test=False).user_ids.with_env(self.env)
        if self.group_ids:
            members |= self.env["res.users"].search(
                Domain("all_group_ids", "in", self.group_ids.ids) & Domain("share", "=", False)
            )
        return members

    def _get_recipients(self, records, company, told):
        """Return who gets the notice: a list of ``(record, who, language, address columns)``.

        :param told: set of ``(record id, medium, person)``; see ``_prepare_outbox_vals``
        """
        reached = []
        for record in records:
            # sudo: the people are told of the record, not its mover of the people
            people = getattr(record.sudo(), f"_notice_get_audience_{self.audience}")(self)
            reached += [(record, *self._get_reach(person, company)) for person in people.sudo()]
        recent, last = self._get_told_before(
            {who for _r, _who, ps, *_rest in reached for who in ps}
        )
        found, told_of = [], {}
        for record, who, persons, lang, address in reached:
            told_here = told_of.setdefault(record, set())
            if not who or persons & told_here or persons & recent:
                continue
            medium = address["medium"]
            if any((record.id, medium, token) in told for token in persons):
                continue
            told_here |= persons
            if "state" not in address:
                told |= {(record.id, medium, token) for token in persons}
                if self.min_hours:
                    recent |= persons
                    # Whoever saw the same last notice asks for the same turn, and one gets it.
                    kind, id_ = min(persons)
                    address["turn_key"] = f"{self.id}:{kind}:{id_}:{last.get((kind, id_), 0)}"
            found.append((record, who, lang, address))
        return found

    def _get_told_before(self, persons):
        """Return whom the rule must not tell again yet, and what it told each person last.

        :param persons: set of ``(kind, id)``, see :meth:`_get_reach`
        :return: set of persons, and {person: id of the latest row, whatever became of it}
        """
        recent, last = set(), {}
        if not self.min_hours:
            return recent, last
        Outbox = self.env["scrm.outbox"].sudo()  # sudo: the rule counts, whoever set off the event
        lately = Domain("create_date", ">", fields.Datetime.now() - timedelta(hours=self.min_hours))
        lately &= Domain("state", "in", ("queued", "sending", "sent", "unknown"))
        for kind, field in (("customer", "customer_id"), ("partner", "partner_id")):
            ids = [id_ for of_kind, id_ in persons if of_kind == kind]
            told = Domain("rule_id", "=", self.id) & Domain(field, "in", ids)
            for person, row_id in Outbox._read_group(told, [field], ["id:max"]):
                last[kind, person.id] = row_id
            recent |= {(kind, who.id) for (who,) in Outbox._read_group(told & lately, [field])}
        return recent, last

    def _get_reach(self, person, company):
        """Return ``(who, persons, language, address columns)`` of a customer, user or contact.

        ``who`` tells the addressee from others in the key and is None for somebody who is not
        told; ``persons`` are the names under which another audience may hold the same person.
        """
        if person._name == "scrm.customer":
            return self._reach_customer(person, company)
        if person._name == "res.partner":
            user = person.user_ids.filtered(lambda user: user.active and not user.share)[:1]
            return self._reach_user(user, company) if user else self._reach_contact(person, company)
        return self._reach_user(person, company)

    def _reach_customer(self, customer, company):
        # The customer of the record has one notice for ever, also when it is merged meanwhile.
        who = "customer" if self.audience == "customer" else f"customer:{customer.id}"
        persons = {("customer", customer.id)}
        persons |= {("partner", partner_id) for partner_id in customer.partner_ids.ids}
        address = self._find_address(customer, company, self._get_media())
        if not address:
            address = {
                "medium": self._get_media()[0],
                "identity_id": customer.identity_ids[:1].id,
                **self._prepare_unreachable_vals(customer),
            }
        lang = customer.main_partner_id.lang or company.partner_id.lang
        return who, persons, lang, address

    def _reach_contact(self, partner, company):
        customer = partner.with_company(company).scrm_customer_id
        if customer:
            return self._reach_customer(customer, company)
        address = self._find_address(partner, company, self._get_media()) or {
            "medium": self._get_media()[0],
            "partner_id": partner.id,
            **self._prepare_unreachable_vals(partner),
        }
        who = f"partner:{partner.id}"
        return who, {("partner", partner.id)}, partner.lang, address

    def _reach_user(self, user, company):
        # What the system does by itself has it as the responsible: nobody reads that.
        if company not in user.company_ids or user.id == SUPERUSER_ID:
            return None, set(), None, {}
        address = user.active and self._find_address(user, company, self._get_media())
        address = address or {
            "medium": "inapp",
            "user_id": user.id,
            "partner_id": user.partner_id.id,
            **({} if user.active else self._prepare_archived_vals(user)),
        }
        return f"user:{user.id}", {("partner", user.partner_id.id)}, user.lang, address

    def _find_address(self, person, company, media):
        """Return medium and addressee by the first of the media that reaches them, or None."""
        outbox = self.env["scrm.outbox"].sudo().with_company(company)
        for medium in media:
            if person._name == "scrm.customer":
                address = getattr(outbox, f"_get_address_{medium}")(person)
                if address:
                    return {"medium": medium, **outbox._prepare_address_vals(address, person)}
            elif outbox._is_reachable(person, medium):
                is_user = person._name == "res.users"
                return {
                    "medium": medium,
                    "user_id": is_user and person.id,
                    "partner_id": (person.partner_id if is_user else person).id,
                }
        return None

    def _prepare_unreachable_vals(self, person):
        return {
            "state": "failed",
            "reason": "no_address",
            "error": self.env._(
                "%(customer)s has no address for this notice. Complete the contact, then send "
                "it again.",
                customer=person.display_name,
            ),
        }

    def _prepare_archived_vals(self, user):
        return {
            "state": "failed",
            "reason": "archived",
            "error": self.env._(
                "The account of %(user)s is archived. Name somebody else as responsible or in "
                "the rule.",
                user=user.display_name,
            ),
        }
