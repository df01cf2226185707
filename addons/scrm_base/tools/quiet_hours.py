"""When a night ends: the hours in which nobody is disturbed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_ZONE = "Asia/Shanghai"
MINUTES_PER_DAY = 24 * 60


def to_minutes(hours: float) -> int:
    """Return a time of day in minutes (``22.5`` is half past ten at night)."""
    return round(hours * 60) % MINUTES_PER_DAY


def is_quiet(minute: int, start: int, end: int) -> bool:
    """Tell whether a minute of the day lies in the quiet hours, which may pass midnight."""
    if start <= end:
        return start <= minute < end
    return minute >= start or minute < end


def get_quiet_end(moment: datetime, start: int, end: int, zone: str | None) -> datetime | None:
    """Return when the quiet hours in which ``moment`` lies end, or None when it is not quiet.

    :param moment: UTC, without a time zone, as Odoo stores it; the answer is of the same kind
    :param start: minute of the day from which it is quiet; the same as ``end``: never quiet
    :param end: minute of the day from which it is not quiet any more
    :param zone: the reader's time zone; one that nobody knows counts as ``DEFAULT_ZONE``
    """
    place = _get_zone(zone)
    local = moment.replace(tzinfo=UTC).astimezone(place)
    if start == end or not is_quiet(local.hour * 60 + local.minute, start, end):
        return None
    for days in (0, 1, 2):
        day = (local + timedelta(days=days)).date()
        wall = datetime(day.year, day.month, day.day, end // 60, end % 60, tzinfo=place)
        # Where the clock is put back, the hour comes twice.
        for fold in (0, 1):
            until = wall.replace(fold=fold).astimezone(UTC).replace(tzinfo=None)
            if until > moment:
                return until
    return None


def _get_zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or DEFAULT_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(DEFAULT_ZONE)
