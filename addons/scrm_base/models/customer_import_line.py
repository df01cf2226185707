import logging

import psycopg2

from odoo import Command, api, fields, models

from ..tools.handles import Handle

_logger = logging.getLogger(__name__)

ROWS_PER_BATCH = 500


def _is_conflict(owners, partner):
    """Tell whether the customers of a row's handles and the contact of its code are different."""
    return len(owners) > 1 or bool(owners and partner and not partner.scrm_customer_id)


class ScrmCustomerImportLine(models.Model):
    """One row of an imported list: what stood in it, who it is, what became of it."""

    _name = "scrm.customer.import.line"
    _description = "Row of a Customer Import"
    _order = "import_id desc, row_number, id"
    _rec_name = "name"

    import_id = fields.Many2one(
        "scrm.customer.import", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="import_id.company_id", store=True, index=True)
    row_number = fields.Integer("Row", required=True, readonly=True, aggregator=None)
    cells = fields.Json(readonly=True)
    name = fields.Char(readonly=True)
    phone = fields.Char(readonly=True)
    email = fields.Char("E-mail", readonly=True)
    city = fields.Char(readonly=True)
    company_name = fields.Char("Organisation", readonly=True)
    tags = fields.Char(readonly=True)
    code = fields.Char(readonly=True)
    content_key = fields.Char(readonly=True)
    status = fields.Selection(
        [
            ("new", "New"),
            ("matched", "Known"),
            ("conflict", "Conflict"),
            ("error", "Error"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    result = fields.Selection(
        [("pending", "Waiting"), ("done", "Imported"), ("rejected", "Not imported")],
        required=True,
        readonly=True,
        default="pending",
        index=True,
    )
    reason = fields.Text(readonly=True)
    customer_id = fields.Many2one("scrm.customer", readonly=True, index="btree_not_null")

    _pending_idx = models.Index("(import_id, row_number, id) WHERE result = 'pending'")

    # === RECOGNITION === #

    def _get_handles(self):
        """Return the row's handles that can tell somebody, the strongest first."""
        self.ensure_one()
        pool = self.company_id.scrm_pool_id
        scope = pool._get_scope()
        handles = []
        if self.phone:
            handles.append(Handle("phone", scope, self.phone, value_raw=self.phone))
        if self.email:
            handles.append(Handle("email", scope, self.email, value_raw=self.email))
        return self.env["scrm.identity"]._filter_usable(handles, pool)

    def _recognise(self):
        """Return ``{line id: (customers, contact)}``: who phone, e-mail and code belong to today.

        The contact is the one that carries the row's code; it need not be a customer yet.
        """
        identities = self.env["scrm.identity"]
        keys = {handle.key for line in self for handle in line._get_handles()}
        found = identities._find_handles(keys)
        customers = {
            key: identity.customer_id
            for key, identity in zip(found, identities.browse(found.values()), strict=True)
        }
        partners = self._find_partners_by_code()
        imported, nobody = self._find_imported(), self.env["scrm.customer"]
        result = {}
        for line in self:
            partner = partners.get(line.code, self.env["res.partner"])
            owners = partner.scrm_customer_id | imported.get(line.id, nobody)
            for handle in line._get_handles():
                owners |= customers.get(handle.key, nobody)
            result[line.id] = (owners, partner)
        return result

    def _find_partners_by_code(self):
        """Return ``{code: contact}``; a code that several contacts carry tells nobody apart."""
        codes = [code for code in set(self.mapped("code")) if code]
        if not codes:
            return {}
        partners = self.env["res.partner"].search(
            [("ref", "in", codes), ("company_id", "in", [False, *self.company_id.ids])]
        )
        return {ref: found for ref, found in partners.grouped("ref").items() if len(found) == 1}

    def _match(self, first_rows):
        """Say of each good row whether its customer is new, known or not clear.

        :param dict first_rows: what :meth:`_find_twin` knows of the rows above
        """
        pending = self.filtered(lambda line: line.result == "pending")
        recognised = pending._recognise()
        forgotten = pending._reject_forgotten(recognised)
        for line in pending - forgotten:
            line._write_match(*recognised[line.id], line._find_twin(first_rows))

    def _find_twin(self, first_rows):
        """Return (row number, name) of a row above that is the same, and remember this.

        It has a handle, the code or all of its content in common.

        :param dict first_rows: {handle: (row number, name)}
        """
        keys = [("content", self.content_key)]
        keys += [(handle.id_type, handle.value) for handle in self._get_handles()]
        keys += [("code", self.code)] if self.code else []
        twin = next((first_rows[key] for key in keys if key in first_rows), None)
        for key in keys:
            first_rows.setdefault(key, (self.row_number, self.name))
        return twin

    def _write_match(self, owners, partner, twin):
        values = {"status": "new", "customer_id": owners[:1].id, "reason": False}
        if _is_conflict(owners, partner):
            names = owners.mapped("display_name") + (partner - owners.partner_ids).mapped("name")
            values.update(
                status="conflict",
                result="rejected",
                customer_id=False,
                reason=self.env._(
                    "Phone number, e-mail address and code belong to different customers: "
                    "%(names)s. Correct the row, or make them one customer first.",
                    names=", ".join(names),
                ),
            )
        elif twin and twin[1] != self.name:
            values.update(
                status="conflict",
                result="rejected",
                reason=self.env._(
                    "Row %(row)s gives the same phone number, e-mail address or code to "
                    "“%(name)s”.",
                    row=twin[0],
                    name=twin[1],
                ),
            )
        elif twin:
            values.update(
                status="matched",
                reason=self.env._("The same customer as in row %s.", twin[0]),
            )
        elif owners or partner:
            values["status"] = "matched"
        if values != {"status": self.status, "customer_id": False, "reason": False}:
            self.write(values)

    # === IMPORT === #

    @api.model
    def _import_next_batch(self, record):
        """Import the next waiting rows of an import and return whether more are waiting."""
        domain = [("import_id", "=", record.id), ("result", "=", "pending")]
        batch = self.search(domain, limit=ROWS_PER_BATCH, order="row_number, id")
        try:
            with self.env.cr.savepoint():
                batch._import_rows()
        except psycopg2.OperationalError:
            raise  # a lost race: the job is run again
        except Exception:
            _logger.info("scrm.customer.import %s: row by row", record.id, exc_info=True)
            batch.invalidate_recordset()
            for line in batch:
                line._import_alone()
        return bool(self.search_count(domain, limit=1))

    def _import_alone(self):
        """Import one row of a batch that failed, so that the good rows do not pay for the bad."""
        try:
            with self.env.cr.savepoint():
                self._import_rows()
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.info("scrm.customer.import.line %s failed", self.id, exc_info=True)
            self.write(
                {
                    "status": "error",
                    "result": "rejected",
                    "reason": self.env._("The row could not be imported: %s", error),
                }
            )

    def _import_rows(self):
        """Make or complete the customers of these rows."""
        recognised = self._recognise()
        self -= self._reject_forgotten(recognised)
        conflicts = self.filtered(lambda line: _is_conflict(*recognised[line.id]))
        for line in conflicts:
            line._write_match(*recognised[line.id], None)
        lines = self - conflicts
        known = lines.filtered(lambda line: any(recognised[line.id]))
        # Of rows that are one person, the first makes the contact, the others complete it.
        first_rows = {}
        twins = (lines - known).filtered(lambda line: line._find_twin(first_rows))
        (lines - known - twins)._import_new()
        known._import_known(recognised)
        if twins:
            twins._import_known(twins._recognise())

    def _import_new(self):
        """Make a contact and its customer for each row."""
        if not self:
            return
        common = self._prepare_common()
        # The timeline says where they came from; a message in each chatter would say it twice.
        partners = (
            self.env["res.partner"]
            .with_context(tracking_disable=True, mail_create_nosubscribe=True)
            .create([line._prepare_partner_vals(common) for line in self])
            .with_env(self.env)
        )
        self._close(partners)

    def _close(self, partners):
        """Make the contacts customers, tie the rows' handles to them and note the import.

        :param partners: one contact per row, in the order of the rows
        """
        identity_of = partners._scrm_get_identity_map(in_business=True)
        entries = []
        for line, partner in zip(self, partners, strict=True):
            identity = identity_of.get(partner.id)
            if identity:
                entries.append((line, identity))
                continue
            line.write(
                {
                    "status": "error",
                    "result": "rejected",
                    "reason": self.env._(
                        "%s is a colleague or one of your own companies, not a customer.",
                        partner.display_name,
                    ),
                }
            )
        self._attach_handles(entries)
        self.env["scrm.interaction"]._record(
            [line._prepare_interaction_vals(identity) for line, identity in entries]
        )
        for line, identity in entries:
            line.write({"result": "done", "customer_id": identity.customer_id.id})

    def _attach_handles(self, entries):
        """Tie the rows' phones and e-mails to the customers they were recognised as.

        :param entries: list of (line, identity of its contact)
        """
        wanted = [(identity, h) for line, identity in entries for h in line._get_handles()]
        handles = self.env["scrm.identity"]._resolve_many([handle for _owner, handle in wanted])
        handles.union(*(identity for identity, _handle in wanted)).fetch(["customer_id"])
        pairs = [
            (identity, known)
            for (identity, _handle), known in zip(wanted, handles, strict=True)
            if known.customer_id != identity.customer_id
        ]
        self.env["scrm.identity"]._attach_many(
            pairs, rule="import", evidence={"import_id": self.import_id.id}
        )

    def _prepare_interaction_vals(self, identity):
        self.ensure_one()
        return {
            "identity_id": identity.id,
            "kind": "import",
            "summary": self.env._(
                "Imported from %(file)s, row %(row)s",
                file=self.import_id.name,
                row=self.row_number,
            ),
            # The same content says nothing new, in whichever file it comes again.
            "dedupe_key": self._get_dedupe_key(),
            "company_id": self.company_id.id,
            "record": self.import_id,
        }

    def _get_dedupe_key(self):
        return f"import:{self.company_id.id}:{self.content_key}"

    # === VALUES === #

    def _prepare_common(self):
        """Return what the rows' contacts have in common, looked up once."""
        company = self.company_id
        # With one pool for all companies, every company may know the contacts.
        is_shared = len(company.scrm_pool_id.company_ids) == self.env["res.company"].search_count(
            []
        )
        return {
            "tags": self._get_tags(),
            "cities": self._get_cities(),
            "company_id": False if is_shared else company.id,
            "country_id": company.country_id.id,
        }

    def _prepare_partner_vals(self, common):
        """Return the values of a new contact.

        :param common: the result of ``_prepare_common``
        """
        self.ensure_one()
        city = common["cities"].get(self.city.removesuffix("市")) if self.city else None
        return {
            "name": self.name,
            "phone": self.phone,
            "email": self.email,
            "city": self.city,
            "city_id": city.id if city else False,
            "state_id": city.state_id.id if city else False,
            "country_id": common["country_id"],
            "is_company": bool(self.company_name) and self.company_name == self.name,
            "company_name": self.company_name if self.company_name != self.name else False,
            "ref": self.code,
            "category_id": [Command.link(common["tags"][tag]) for tag in self._split_tags()],
            "company_id": common["company_id"],
        }

    def _split_tags(self):
        return [tag for tag in (self.tags or "").split(", ") if tag]

    def _get_tags(self):
        """Return ``{name: id}`` of the contact tags in these rows, made where they are new."""
        names = list(dict.fromkeys(tag for line in self for tag in line._split_tags()))
        if not names:
            return {}
        categories = self.env["res.partner.category"]
        found = {c.name: c.id for c in categories.search([("name", "in", names)])}
        missing = [name for name in names if name not in found]
        created = categories.create([{"name": name} for name in missing])
        return found | dict(zip(missing, created.ids, strict=True))

    def _get_cities(self):
        """Return ``{name without 市: res.city}`` for the rows' cities in the company's country."""
        names = {name.removesuffix("市") for name in self.mapped("city") if name}
        if not names:
            return {}
        cities = self.env["res.city"].search(
            [
                ("name", "in", [*names, *(f"{name}市" for name in names)]),
                ("country_id", "in", self.company_id.country_id.ids),
            ]
        )
        return {city.name.removesuffix("市"): city for city in cities}
