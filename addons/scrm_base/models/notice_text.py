import logging
import re
from contextlib import closing
from dataclasses import dataclass, field

from odoo import api, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools.rendering_tools import parse_inline_template

_logger = logging.getLogger(__name__)

#: A placeholder that only names fields, one after the other.
_FIELD_PATH = re.compile(r"^object((?:\.\w+)+)$")
#: The same in a text, where it does not say what stands for nothing.
_FIELD_PLACEHOLDER = re.compile(r"\{\{\s*(object((?:\.\w+)+))\s*\}\}")
_NUMBERS = ("integer", "float", "monetary")


@dataclass(frozen=True)
class _Known:
    """What rules named before a change: in a context it is no client's, whose values are JSON."""

    by_rule: dict  # {(rule id, model id): set of expressions}
    copied: dict = field(default_factory=dict)  # {model id: set of expressions} of the originals

    def get(self, rule):
        key = (rule.id, rule.model_id.id)
        return self.by_rule.get(key, set()) | self.copied.get(rule.model_id.id, set())


class ScrmNoticeRule(models.Model):
    """The text of a rule: its placeholders are tried when it is saved, and filled when it goes."""

    _inherit = "scrm.notice.rule"

    # === AUTHOR === #

    def write(self, vals):
        # A refused text must not stay: the next attempt would find it known.
        with self.env.cr.savepoint():
            return super(ScrmNoticeRule, self._with_known_expressions()).write(vals)

    def copy(self, default=None):
        rules = self._with_known_expressions(is_copy=True)
        # The copies may name it as their originals do; what is done with them later may not.
        return self.browse(super(ScrmNoticeRule, rules).copy(default).ids)

    def _with_known_expressions(self, is_copy=False):
        """Remember what the rules name: whoever leaves it there needs no right to write it."""
        if self._may_write_any():
            return self
        # sudo: the texts are looked at, not shown
        by_rule = {(rule.id, rule.model_id.id): rule._get_expressions() for rule in self.sudo()}
        copied = self._get_known().copied
        if is_copy:
            copied = {}
            for (_id, model_id), expressions in by_rule.items():
                copied.setdefault(model_id, set()).update(expressions)
        return self.with_context(scrm_known_expressions=_Known(by_rule, copied))

    def _get_known(self):
        known = self.env.context.get("scrm_known_expressions")
        return known if isinstance(known, _Known) else _Known({})

    def _may_write_any(self):
        return self.env.su or self.env.user.has_group("mail.group_mail_template_editor")

    def _get_expressions(self):
        """Return the expressions of all texts in all languages (set of str)."""
        self.ensure_one()
        texts = []
        for name, kind in self._fields.items():
            if kind.store and kind.type in ("char", "text"):
                if kind.translate:
                    texts += (kind._get_stored_translations(self) or {}).values()
                else:
                    texts.append(self[name])
        return {
            expression
            for text in filter(None, texts)
            for _literal, expression, _default in parse_inline_template(text)
            if expression
        }

    def _check_access_right_dynamic_template(self):
        """Ask for an editor only where a text names what the rule did not name before."""
        if self._may_write_any():
            return
        known = self._get_known()
        is_allowed = self.env["ir.qweb"]._is_expression_allowed
        # sudo: see _with_known_expressions
        for rule in self.sudo():
            for expression in sorted(rule._get_expressions() - known.get(rule)):
                if not is_allowed(expression, rule.model_name):
                    raise AccessError(
                        self.env._(
                            "The placeholder “{{ %(placeholder)s }}” of the rule “%(rule)s” may "
                            "be written by members of “%(group)s” alone. Ask one of them, or "
                            "insert a field with the magic wand beside the text.",
                            placeholder=expression,
                            rule=rule.name,
                            group=self.env.ref("mail.group_mail_template_editor").sudo().name,
                        )
                    )

    # === CHECK === #

    @api.constrains("subject", "body", "model_id")
    def _check_placeholders(self):
        """Refuse a placeholder that cannot be filled, and name it."""
        for rule in self:
            model = self.env.get(rule.sudo().model_id.model or "")
            if model is None:
                continue
            # sudo: notices are rendered in superuser mode, whoever sets them off
            sample = model.sudo().search([], limit=1, order="id desc")
            for text in filter(None, (rule.subject, rule.body)):
                for _literal, expression, _default in parse_inline_template(text):
                    problem = expression and rule._find_problem(expression, sample)
                    if problem:
                        raise ValidationError(
                            self.env._(
                                "The placeholder “{{ %(placeholder)s }}” of the rule “%(rule)s” "
                                "cannot be filled: %(problem)s Correct it, or insert one with "
                                "the magic wand beside the text.",
                                placeholder=expression,
                                rule=rule.name,
                                problem=problem,
                            )
                        )
                if "{{" in re.sub(r"\{\{.+?\}\}", "", text):
                    raise ValidationError(
                        self.env._(
                            "A placeholder of the rule “%s” is not closed: two braces open it and "
                            "two close it.",
                            rule.name,
                        )
                    )

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        rules = self._with_known_expressions()
        # see write()
        with self.env.cr.savepoint():
            result = super(ScrmNoticeRule, rules)._update_field_translations(
                field_name, translations, digest, source_lang
            )
            # The constraint sees the language of the author alone.
            for lang in translations:
                rules.with_context(lang=lang)._check_placeholders()
        return result

    def _find_problem(self, expression, sample):
        """Return why a placeholder cannot be filled (a sentence), or None; nothing of it stays."""
        path = _FIELD_PATH.match(expression)
        if path:
            return self._find_missing_field(path[1][1:].split("."), sample.browse())
        try:
            compile(expression, "placeholder", "eval")
        except SyntaxError:
            return self.env._("it is not an expression.")
        if not sample:
            return None
        # The mixin asks for the author's right only after the constraints, which Odoo runs in
        # superuser mode.
        self.sudo(False)._check_access_right_dynamic_template()
        try:
            with closing(self.env.cr.savepoint()):
                self._render_template(f"{{{{ {expression} }}}}", sample._name, sample.ids)
        except Exception as error:
            # Whatever it may do wrong, its author is to read it.
            return f"{error.__cause__ or error}."
        return None

    def _find_missing_field(self, names, records):
        for name in names:
            if not isinstance(records, models.BaseModel) or name not in records._fields:
                return self.env._(
                    "“%(name)s” is not a field of “%(model)s”.",
                    name=name,
                    model=getattr(records, "_description", "") or names[-2],
                )
            kind = records._fields[name]
            records = records.env[kind.comodel_name] if kind.relational else None
        return None

    # === RENDER === #

    def _prepare_texts(self, wanted):
        """Return subject and body, or the reason why there are none.

        :param wanted: set of ``(record, language)``
        :return: dict of columns by the same pairs
        """
        self.ensure_one()
        texts = {}
        by_lang = {}
        for record, lang in wanted:
            by_lang.setdefault(lang or None, []).append(record.id)
        for lang, ids in by_lang.items():
            # sudo: the notice is rendered in superuser mode, because the rule's author decided
            # what its reader learns
            records = next(iter(wanted))[0].sudo().browse(sorted(ids))
            for record, vals in self._render_safely(records, lang).items():
                texts[record.id, lang] = vals
        return {(record, lang): texts[record.id, lang or None] for record, lang in wanted}

    def _render_safely(self, records, lang):
        """Render for all records at once, one by one only when one of them cannot be rendered."""
        try:
            with self.env.cr.savepoint():
                rendered = self._render_notices(records, lang)
                return {r: {"subject": rendered[r][0], "body": rendered[r][1]} for r in records}
        except Exception as error:
            # Whatever a template may do wrong, the business that raised the event goes on.
            if len(records) > 1:
                return {
                    record: vals
                    for one in records
                    for record, vals in self._render_safely(one, lang).items()
                }
            _logger.info("scrm.notice.rule %s: cannot render", self.id, exc_info=True)
            return {records: self._prepare_unrendered_vals(error)}

    def _prepare_unrendered_vals(self, error):
        return {
            "body": "",
            "state": "failed",
            "reason": "text",
            "error": self.env._(
                "The text of the rule “%(rule)s” cannot be made: %(error)s",
                rule=self.name,
                error=str(error.__cause__ or error),
            ),
        }

    def _render_notices(self, records, lang):
        """Return ``{record: (subject, body)}`` in the language (code or None).

        The caller decides by ``records.env`` what may be read.
        """
        rule = self.with_context(lang=lang or self.env.lang)
        renderer = rule.with_env(rule.env(su=records.env.su))

        def render(template):
            if not template:
                return dict.fromkeys(records.ids, "")
            return renderer._render_template(
                rule._name_zeros(template, records),
                records._name,
                records.ids,
                engine="inline_template",
            )

        subjects, bodies = render(rule.subject), render(rule.body)
        return {
            record: ((subjects[record.id] or "").strip(), (bodies[record.id] or "").strip())
            for record in records
        }

    def _name_zeros(self, template, records):
        """Let the placeholders of numbers say 0: core leaves out what is not true."""

        def name_zero(found):
            field, model = None, records.browse()
            for name in found[2][1:].split("."):
                field = model._fields.get(name) if model is not None else None
                model = records.env.get((field and field.comodel_name) or "")
            is_number = field is not None and field.type in _NUMBERS
            return f"{{{{ {found[1]} ||| 0}}}}" if is_number else found[0]

        return _FIELD_PLACEHOLDER.sub(name_zero, template)
