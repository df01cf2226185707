"""What happened before the addon was there, or behind its back, written set-based."""

from odoo import api, models
from odoo.tools import SQL
from odoo.tools.misc import get_lang

from .mail_thread import ACTIVITY_KINDS, MAIL_TYPES
from .res_partner import ADDRESS_TYPES

# Width of the range of ids that one statement looks at.
DOCUMENTS_PER_BATCH = 50_000
MESSAGES_PER_BATCH = 5_000
STAGES_PER_BATCH = 1_000
NO_BREAK_SPACE, ZERO_WIDTH = "\N{NO-BREAK SPACE}", "\N{ZERO WIDTH NO-BREAK SPACE}"


class ScrmInteraction(models.Model):
    _inherit = "scrm.interaction"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _backfill(self):
        """Record the business of the time before the addon was there; again changes nothing."""
        # Of rows of this very transaction the planner knows nothing, and would look at them
        # one by one.
        self.env.flush_all()
        self.env.cr.execute("ANALYZE scrm_customer, scrm_identity")
        for batch in self._get_backfill_batches():
            self._backfill_batch(*batch)
        self.env.cr.execute("ANALYZE scrm_interaction")
        self._backfill_stages()

    @api.model
    def _cron_backfill(self):
        """Repair the timelines nightly: record what no hook saw."""
        Cron = self.env["ir.cron"]
        batches = self._get_backfill_batches()
        Cron._commit_progress(remaining=len(batches) + 1)
        for batch in batches:
            self._backfill_batch(*batch)
            if not Cron._commit_progress(1):
                return
        self._backfill_stages()
        Cron._commit_progress(1)

    @api.model
    def _get_backfill_models(self):
        """Return the names of the models that tell their past by ``_scrm_get_past``; a hook."""
        return ["crm.lead", "sale.order", "account.move", "stock.picking"]

    @api.model
    def _get_backfill_batches(self):
        """Return (model, lowest id, highest id) of every batch, documents before messages."""
        self.env.flush_all()
        widths = dict.fromkeys(self._get_backfill_models(), DOCUMENTS_PER_BATCH)
        widths["mail.message"] = MESSAGES_PER_BATCH
        batches = []
        for model, width in widths.items():
            table = SQL.identifier(self.env[model]._table)
            low, high = self.env.execute_query(SQL("SELECT min(id), max(id) FROM %s", table))[0]
            if low is not None:
                batches += [
                    (model, first, first + width - 1) for first in range(low, high + 1, width)
                ]
        return batches

    @api.model
    def _backfill_batch(self, model, low, high):
        """Record what happened to the documents (or messages) of a range of ids."""
        if model == "mail.message":
            self._backfill_messages(low, high)
        else:
            in_range = SQL("d.id BETWEEN %s AND %s", low, high)
            self._insert_past(model, self.env[model]._scrm_get_past(in_range))

    @api.model
    def _insert_past(self, model, past):
        """Insert what ``past`` tells of a model's documents, as live recording would have.

        :param past: SQL of rows (res_id, partner_id, company_id, kind, event, summary,
            occurred_at, user_id)
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH inserted AS (
                INSERT INTO scrm_interaction (
                    identity_id, customer_id, company_id, kind, summary, occurred_at,
                    res_model, res_id, user_id, dedupe_key,
                    create_uid, create_date, write_uid, write_date
                )
                SELECT i.id, i.customer_id, v.company_id, v.kind, v.summary, v.occurred_at,
                       %(model)s, v.res_id, v.user_id,
                       %(model)s || ':' || v.res_id || ':' || v.event,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM (%(past)s) v
                  %(identity)s
                 WHERE NOT EXISTS (
                       SELECT FROM scrm_interaction x
                        WHERE x.dedupe_key = %(model)s || ':' || v.res_id || ':' || v.event)
                 ORDER BY v.occurred_at, v.res_id
                ON CONFLICT (dedupe_key) DO NOTHING
                RETURNING customer_id, company_id
                )
                INSERT INTO scrm_customer_touch (customer_id, company_id, touched_at)
                SELECT DISTINCT customer_id, company_id, %(now)s::timestamp FROM inserted
                RETURNING id
                """,
                model=model,
                uid=self.env.uid,
                now=self.env.cr.now(),
                past=past,
                identity=self._get_identity_join(),
            )
        )
        if rows:
            self.invalidate_model(flush=False)
            self.env["scrm.customer"].invalidate_model(flush=False)

    def _get_identity_join(self):
        """Return the joins from ``v.partner_id`` in ``v.company_id`` to the identity ``i``."""
        return SQL(
            """
            JOIN res_company o ON o.id = v.company_id
            JOIN res_partner p ON p.id = v.partner_id
            JOIN scrm_identity i ON i.id_type = 'partner'
             AND i.scope = 'pool:' || o.scrm_pool_id
             AND i.value = (CASE WHEN p.type IN %s AND p.parent_id IS NOT NULL
                                 THEN p.commercial_partner_id ELSE p.id END)::varchar
            """,
            ADDRESS_TYPES,
        )

    # === SENTENCES === #

    def _get_sentence(self, sentence, **parts):
        """Return a translated sentence with ``{part}`` in it as SQL, the parts filled in.

        :param parts: {part: SQL of its text}
        """
        text = SQL("%s::varchar", sentence)
        for part, value in parts.items():
            text = SQL("replace(%s, %s, COALESCE(%s, ''))", text, f"{{{part}}}", value)
        return text

    def _get_amount(self, amount, currency):
        """Return SQL that writes an amount as ``format_amount`` does in the current language.

        Thousands are grouped by three, or not at all where the language does not group.

        :param amount: SQL of a numeric
        :param currency: SQL identifier of a row of res_currency
        """
        lang = self.env["res.lang"].browse(get_lang(self.env).id)
        whole = "FM999,999,999,999,999,990" if lang.grouping != "[]" else "FM999999999999999990"
        separator = (lang.thousands_sep or "").replace(" ", NO_BREAK_SPACE)
        number = SQL(
            """replace(replace(replace(
                to_char(abs(round(%(amount)s::numeric, %(currency)s.decimal_places)),
                        %(whole)s || CASE WHEN %(currency)s.decimal_places > 0
                                          THEN '.' || repeat('0', %(currency)s.decimal_places)
                                          ELSE '' END),
                ',', E'\\x01'), '.', %(point)s), E'\\x01', %(separator)s)""",
            amount=amount,
            currency=currency,
            whole=whole,
            point=lang.decimal_point or ".",
            separator=separator,
        )
        return SQL(
            """(CASE WHEN %(currency)s.position = 'before'
                     THEN COALESCE(%(currency)s.symbol, '') || %(space)s ELSE '' END
                || CASE WHEN round(%(amount)s::numeric, %(currency)s.decimal_places) < 0
                        THEN %(minus)s ELSE '' END
                || %(number)s
                || CASE WHEN %(currency)s.position = 'before' THEN ''
                        ELSE %(space)s || COALESCE(%(currency)s.symbol, '') END)""",
            currency=currency,
            amount=amount,
            number=number,
            space=NO_BREAK_SPACE,
            minus=f"-{ZERO_WIDTH}",
        )

    # === MESSAGES === #

    @api.model
    def _get_message_models(self):
        """Return the models on whose documents customers are written to, see mail.thread."""
        return [
            name
            for name, model in self.env.items()
            if getattr(model, "_scrm_captures_messages", False) and not model._abstract
        ]

    @api.model
    def _get_message_partners(self, where):
        """Return SQL of (message_id, partner_id, company_id, kind) of messages with customers.

        :param where: SQL condition on mail_message ``m``
        """
        documents = SQL(" UNION ALL ").join(
            SQL(
                "SELECT %s::varchar AS model, d.id, %s AS partner_id FROM %s d",
                model,
                SQL("d.id" if model == "res.partner" else "d.partner_id"),
                SQL.identifier(self.env[model]._table),
            )
            for model in self._get_message_models()
        )
        return SQL(
            """
            SELECT m.id AS message_id, w.partner_id, w.kind,
                   COALESCE(m.record_company_id, u.company_id) AS company_id
              FROM mail_message m
              LEFT JOIN mail_message_subtype t ON t.id = m.subtype_id
              LEFT JOIN mail_activity_type y ON y.id = m.mail_activity_type_id
              LEFT JOIN res_partner a ON a.id = m.author_id
              LEFT JOIN res_users u ON u.id = m.create_uid
              CROSS JOIN LATERAL (
                   SELECT d.partner_id, %(kinds)s::jsonb ->> y.category AS kind
                     FROM (%(documents)s) d
                    WHERE d.model = m.model AND d.id = m.res_id
                      AND m.subtype_id = %(done)s AND %(kinds)s::jsonb ? y.category
                    UNION
                   SELECT a.id, 'message_in'
                    WHERE a.partner_share AND m.message_type IN %(mails)s
                    UNION
                   SELECT r.res_partner_id, 'message_out'
                     FROM mail_message_res_partner_rel r
                    WHERE r.mail_message_id = m.id AND NOT a.partner_share
                      AND m.message_type IN %(mails)s
              ) w
             WHERE m.model IN %(models)s AND %(where)s AND w.partner_id IS NOT NULL
               AND (m.subtype_id = %(done)s
                    OR NOT (COALESCE(m.is_internal, FALSE) OR COALESCE(t.internal, FALSE)))
            """,
            documents=documents,
            kinds=self._fields["payload"].convert_to_column(ACTIVITY_KINDS, self),
            done=self.env.ref("mail.mt_activities").id,
            mails=MAIL_TYPES,
            models=tuple(self._get_message_models()),
            where=where,
        )

    def _backfill_messages(self, low, high):
        """Record the messages of a range of ids; their text is read here, not in SQL."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT i.id, v.company_id, v.kind, v.partner_id,
                       m.id, m.subject, m.body, m.date, m.model, m.res_id, m.create_uid
                  FROM (%(messages)s) v
                  %(identity)s
                  JOIN mail_message m ON m.id = v.message_id
                 WHERE NOT EXISTS (
                       SELECT FROM scrm_interaction x
                        WHERE x.dedupe_key = 'mail.message:' || m.id || ':' || v.partner_id)
                 ORDER BY m.id, v.partner_id
                """,
                messages=self._get_message_partners(SQL("m.id BETWEEN %s AND %s", low, high)),
                identity=self._get_identity_join(),
            )
        )
        # sudo: names of documents are compared, not shown.
        ids_of = {}
        for row in rows:
            ids_of.setdefault(row[8], set()).add(row[9])
        documents = {
            (model, document.id): document
            for model, ids in ids_of.items()
            for document in self.env[model].sudo().browse(ids).exists()
        }
        self._record(
            [
                {
                    "identity_id": identity_id,
                    "company_id": company_id,
                    "kind": kind,
                    "summary": documents[model, res_id]._scrm_summarise_message(subject, body),
                    "occurred_at": date,
                    "dedupe_key": f"mail.message:{message_id}:{partner_id}",
                    "res_model": model,
                    "res_id": res_id,
                    "user_id": user_id,
                }
                for identity_id, company_id, kind, partner_id, message_id, subject, body, date,
                    model, res_id, user_id in rows
                if (model, res_id) in documents
            ]
        )  # fmt: skip
        self.env.invalidate_all()

    # === STAGES === #

    @api.model
    def _backfill_stages(self):
        """Make customers of the potentials whose orders stand on the timeline, oldest first."""
        self.env.cr.execute("SET LOCAL work_mem = '256MB'")
        Stage = self.env["scrm.lifecycle.stage"]
        potential = Stage._get_by_code("potential")
        for company in self.env["res.company"].sudo().search([("scrm_pool_id", "!=", False)]):
            rows = self.env.execute_query(
                SQL(
                    """
                    WITH ahead AS MATERIALIZED (
                        SELECT DISTINCT COALESCE(c.merged_into_id, c.id) AS customer_id
                          FROM scrm_lifecycle_standing s
                          JOIN scrm_customer c ON c.id = s.customer_id
                         WHERE s.company_id = %(company)s AND s.stage_id != %(potential)s
                    ), bought AS MATERIALIZED (
                        SELECT x.customer_id, x.identity_id, x.res_id, x.occurred_at, x.id
                          FROM scrm_interaction x
                          LEFT JOIN ahead ON ahead.customer_id = x.customer_id
                         WHERE x.company_id = %(company)s AND x.kind = 'order'
                           AND x.res_model = 'sale.order'
                           AND x.dedupe_key = 'sale.order:' || x.res_id || ':confirmed'
                           AND ahead.customer_id IS NULL
                    )
                    SELECT DISTINCT ON (b.customer_id) b.identity_id, d.name
                      FROM bought b JOIN sale_order d ON d.id = b.res_id
                     ORDER BY b.customer_id, b.occurred_at, b.id
                    """,
                    company=company.id,
                    potential=potential.id,
                )
            )
            for first in range(0, len(rows), STAGES_PER_BATCH):
                self._advance_buyers(company, rows[first : first + STAGES_PER_BATCH])

    def _advance_buyers(self, company, rows):
        """Move potentials on to customers of a company.

        :param rows: list of (identity id, name of the first order)
        """
        identities = self.env["scrm.identity"].browse([row[0] for row in rows])
        reasons = {
            identity: self.env._("First order: %s", name)
            for identity, (_id, name) in zip(identities, rows, strict=True)
        }
        # sudo: whose handle it is decides who moves on, whatever the caller may read.
        customers = identities.sudo().customer_id.with_company(company)
        customers._advance_stage("potential", "customer", reasons)
        self.env.flush_all()
        self.env.invalidate_all()
