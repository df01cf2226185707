from . import events, fields, points, tiers
