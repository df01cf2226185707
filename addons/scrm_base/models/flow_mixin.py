from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL
from odoo.tools.translate import LazyGettext

from ..tools.flow import Transition, find_by_key, find_to_target


class _Permit:
    """Leave to write one state on one record.

    It travels in the context. Nothing that comes over RPC can be an instance of this class, and
    code that inherits the context of a move gains no leave for any other record.
    """

    __slots__ = ("model_name", "record_id", "state")

    def __init__(self, record, state):
        self.model_name = record._name
        self.record_id = record.id
        self.state = state

    def covers(self, records, state):
        return (
            records._name == self.model_name
            and records._ids == (self.record_id,)
            and state == self.state
        )


class _Tale:
    """What many moves have to tell, kept until all are made; like a permit, none comes by RPC."""

    __slots__ = ("interactions", "occurrences")

    def __init__(self):
        self.interactions = []  # what scrm.interaction._record takes
        self.occurrences = {}  # {(model, event): {id of a record: its entry in the log}}


_PERMIT_KEY = "_scrm_flow_permit"
_TALE_KEY = "_scrm_flow_tale"


class ScrmFlowMixin(models.AbstractModel):
    """A record with states, which changes them by transitions only.

    ``_move_along`` and ``_move_to`` are the one way in: they lock the row, check where it
    stands, who asks and what is missing, write the state, and then log, tell the timeline and
    raise the notice. They are private, so over RPC they are reached through the ``action_*``
    methods of the record alone.
    """

    _name = "scrm.flow.mixin"
    _inherit = "scrm.notice.mixin"
    _description = "Record with a Flow"

    _flow_field = "state"
    _flow_transitions: tuple[Transition, ...] = ()

    # === THE TABLE === #

    def _flow_get_transitions(self):
        """Return the transitions of this record; override where they are records."""
        return self._flow_transitions

    @api.model
    def _flow_get_initial(self, vals=None):
        """Return the state a new record starts in.

        :param vals: the values of ``create()``, for flows whose start depends on them
        """
        field = self._fields[self._flow_field]
        if field.type == "selection":
            return field.get_values(self.env)[0]
        return False

    def _flow_get_state(self):
        """Return the current state: a selection key, or the id of a many2one."""
        self.ensure_one()
        value = self[self._flow_field]
        return value.id if isinstance(value, models.BaseModel) else value

    def _flow_get_label(self, state):
        """Return a state as people call it."""
        field = self._fields[self._flow_field]
        if field.type == "many2one":
            return self.env[field.comodel_name].browse(state).display_name if state else ""
        return dict(field._description_selection(self.env)).get(state, state or "")

    def _flow_get_step_label(self, transition):
        """Return a step as people call it, in their language."""
        label = transition.label or transition.key
        return self.env._(label) if isinstance(label, LazyGettext) else label

    def _flow_get_available(self):
        """Return the transitions that the user may take from here."""
        self.ensure_one()
        state = self._flow_get_state()
        return [
            transition
            for transition in self._flow_get_transitions()
            if transition.starts_at(state) and self._flow_is_allowed(transition)
        ]

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        field_name = self._flow_field
        prepared = []
        for vals in vals_list:
            initial = self._flow_get_initial(vals)
            if field_name in vals and vals[field_name] != initial:
                raise UserError(
                    self.env._(
                        "A new record of “%(model)s” starts at “%(initial)s”. Create it first, "
                        "then move it with its buttons.",
                        model=self._description,
                        initial=self._flow_get_label(initial),
                    )
                )
            # Written here so that a default_<field> of the context has no say.
            prepared.append({**vals, field_name: initial})
        return super().create(prepared)

    def write(self, vals):
        field_name = self._flow_field
        if field_name in vals:
            permit = self.env.context.get(_PERMIT_KEY)
            if not isinstance(permit, _Permit) or not permit.covers(self, vals[field_name]):
                raise UserError(
                    self.env._(
                        "“%(field)s” of “%(model)s” is not edited by hand. Use the buttons of "
                        "the record, which check and log each step.",
                        field=self._fields[field_name]._description_string(self.env),
                        model=self._description,
                    )
                )
        return super().write(vals)

    def copy_data(self, default=None):
        """A copy starts anew."""
        vals_list = super().copy_data(default)
        for vals in vals_list:
            vals.pop(self._flow_field, None)
        return vals_list

    # === MOVES === #

    def _move_along(self, key, note=None, **vals):
        """Take the transition ``key``, writing ``vals`` with the new state.

        :param key: the transition's code
        :param note: why, kept in the log
        :raises UserError: the record does not stand where the transition starts, or something
            it needs is missing
        :raises AccessError: the user is in none of the transition's groups
        """
        self._flow_lock()
        for record in self:
            record._flow_step(key, note, vals)

    def _move_to(self, target, note=None, **vals):
        """Take the only transition that leads to ``target``.

        :raises UserError: there is none from here, or more than one
        """
        self._flow_lock()
        for record in self:
            state = record._flow_get_state()
            found = find_to_target(record._flow_get_transitions(), target, state)
            if not found:
                raise UserError(
                    record.env._(
                        "%(record)s is at “%(state)s”; no step leads from there to “%(target)s”.",
                        record=record.display_name,
                        state=record._flow_get_label(state),
                        target=record._flow_get_label(target),
                    )
                )
            if len(found) > 1:
                raise UserError(
                    record.env._(
                        "Several steps lead %(record)s to “%(target)s” (%(steps)s). Choose one "
                        "of its buttons.",
                        record=record.display_name,
                        target=record._flow_get_label(target),
                        steps=", ".join(record._flow_get_step_label(t) for t in found),
                    )
                )
            record._flow_move(found[0], state, note, vals)

    def _move_many(self, key, get_vals):
        """Take a step with each, as ``_move_along``; what they tell people is made in one go.

        :param get_vals: function of a record, the values to write with its state
        """
        if not self:  # whoever asks, nothing is moved
            return
        tale = _Tale()
        self._flow_lock()
        for record in self.with_context(**{_TALE_KEY: tale}):
            record._flow_step(key, None, get_vals(record))
        self.env["scrm.interaction"]._record(tale.interactions)
        for (model_name, event), occurrences in tale.occurrences.items():
            self.env[model_name].browse(occurrences)._flow_tell(event, occurrences)

    def _flow_lock(self):
        """Lock the rows until the transaction ends, and read the state that is true now.

        A second mover waits here. When the first one commits, PostgreSQL refuses the second
        one's snapshot and Odoo runs its request again, on the new state.
        """
        self.flush_recordset()
        # The rows are those of self, which the access check below has passed.
        self.check_access("write")
        self.env.cr.execute(
            SQL(
                "SELECT id FROM %s WHERE id IN %s ORDER BY id FOR NO KEY UPDATE",
                SQL.identifier(self._table),
                tuple(self.ids) or (0,),
            )
        )
        if self.env.cr.rowcount != len(self):
            raise UserError(
                self.env._("A record of “%s” was deleted meanwhile.", self._description)
            )
        self.invalidate_recordset([self._flow_field])

    def _flow_step(self, key, note, vals):
        """Take one step with a record whose row is locked."""
        state = self._flow_get_state()
        transition, exists = find_by_key(self._flow_get_transitions(), key, state)
        if transition is None:
            self._flow_refuse(key, state, exists)
        self._flow_move(transition, state, note, vals)

    def _flow_refuse(self, key, state, exists):
        if not exists:
            # A fault of the code, not of the person: no sentence can help.
            raise ValueError(f"{self._name} has no transition {key!r}")
        named = next(t for t in self._flow_get_transitions() if t.key == key)
        raise UserError(
            self.env._(
                "%(record)s is at “%(state)s”; “%(step)s” cannot be done from there. Somebody "
                "may have moved it meanwhile: load the page again.",
                record=self.display_name,
                state=self._flow_get_label(state),
                step=self._flow_get_step_label(named),
            )
        )

    def _flow_is_allowed(self, transition):
        """Tell whether the user is in one of the transition's groups.

        Superuser mode is not asked: it is the system's own work (jobs, crons, another record's
        flow), entered by code that has checked its user already.
        """
        if self.env.su or not transition.groups:
            return True
        return any(self.env.user.has_group(group) for group in transition.groups)

    def _flow_move(self, transition, state, note, vals):
        self.ensure_one()
        if not self._flow_is_allowed(transition):
            raise AccessError(
                self.env._(
                    "“%(step)s” is reserved to: %(groups)s. Ask one of them, or an administrator "
                    "for the role.",
                    step=self._flow_get_step_label(transition),
                    groups=", ".join(
                        # sudo: the names of groups are no secret, reading groups is reserved
                        self.env.ref(group).sudo().full_name
                        for group in transition.groups
                    ),
                )
            )
        self._flow_check(transition, vals)
        permit = _Permit(self, transition.target)
        self.with_context(**{_PERMIT_KEY: permit}).write(
            {**vals, self._flow_field: transition.target}
        )
        log = self._flow_log(transition, state, note)
        self._flow_narrate(transition, f"{log._name},{log.id}" if log else None)
        self._flow_after(transition)

    def _flow_narrate(self, transition, occurrence):
        """Enter a step into the timeline and raise its notices, or leave both to `_move_many`.

        :param occurrence: the step's entry in the log
        """
        told = self.with_context(scrm_flow_occurrences={self.id: occurrence})
        interaction = told._flow_prepare_interaction_vals(transition)
        interactions = [interaction] if interaction else []
        tale = self.env.context.get(_TALE_KEY)
        if isinstance(tale, _Tale):
            tale.interactions += interactions
            tale.occurrences.setdefault((self._name, transition.key), {})[self.id] = occurrence
        else:
            self.env["scrm.interaction"]._record(interactions)
            self._flow_tell(transition.key, {self.id: occurrence})

    def _flow_tell(self, event, occurrences):
        """Raise the notices of a step that these records have taken.

        :param occurrences: {id of a record: its entry in the log}
        """
        records = self.with_context(scrm_flow_occurrences=occurrences)
        self.env["scrm.notice.rule"]._raise_event(records, event)

    # === HOOKS === #

    def _flow_check(self, transition, vals):
        """Raise a UserError that names everything the transition still needs.

        :param vals: the values that will be written with the state
        """

    def _flow_log(self, transition, source, note):
        """Write the step into the log and return its entry (a record, or None)."""
        self.ensure_one()
        company = self._notice_get_company()
        # sudo: the log is written by the system alone, nobody has the right to create entries
        return (
            self.env["scrm.flow.log"]
            .sudo()
            .create(
                {
                    "res_model": self._name,
                    "res_id": self.id,
                    "transition": transition.key,
                    "source": str(source or ""),
                    "target": str(transition.target),
                    "source_label": self._flow_get_label(source),
                    "target_label": self._flow_get_label(transition.target),
                    "note": note,
                    "user_id": self.env.uid,
                    "company_id": company.id,
                }
            )
        )

    def _flow_prepare_interaction_vals(self, transition):
        """Return the entry of the customer's timeline (``scrm.interaction._record``) or None."""
        return None

    def _flow_after(self, transition):
        """Do what follows from the step, in the same transaction."""

    @api.model
    def _notice_get_events(self):
        events = dict(super()._notice_get_events())
        for transition in self._flow_transitions:
            events.setdefault(transition.key, self._flow_get_step_label(transition))
        return list(events.items())

    def _notice_get_key(self, event):
        key = super()._notice_get_key(event)
        occurrence = self.env.context.get("scrm_flow_occurrences", {}).get(self.id)
        if not occurrence:
            # sudo: entries of the log are read here for their id alone
            entry = (
                self.env["scrm.flow.log"]
                .sudo()
                .search(
                    [("res_model", "=", self._name), ("res_id", "=", self.id)],
                    order="id desc",
                    limit=1,
                )
            )
            occurrence = str(entry.id or 0)
        return f"{key},{occurrence}"
