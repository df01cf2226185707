"""What a timeline says of a message: its subject and the beginning of its text, never HTML."""

from __future__ import annotations

from typing import Final

from odoo.tools.mail import html_to_inner_content

EXCERPT_LENGTH: Final = 160
#: A newsletter's markup beyond this is not read for an excerpt.
MAX_HTML: Final = 20_000


def make_excerpt(subject: str | None, body: str | None, limit: int = EXCERPT_LENGTH) -> str:
    """Return subject and text of a message on one line, cut at a word where there is one.

    :param body: HTML
    """
    text = " ".join(html_to_inner_content((body or "")[:MAX_HTML]).split())
    subject = " ".join((subject or "").split())
    whole = f"{subject} – {text}" if subject and text else subject or text
    if len(whole) <= limit:
        return whole
    cut = whole[: limit - 1]
    head, _blank, _rest = cut.rpartition(" ")
    return f"{head if len(head) > limit // 2 else cut}…"
