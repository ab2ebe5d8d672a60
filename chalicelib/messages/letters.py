"""Letters: their texts put together, and their sending.

Plain text and simple HTML say the same. What other people chose (a practice's name, a reason) is
kept from becoming a link, a header or markup; a link is only what the house itself made.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from chalicelib.accounts import letters
from chalicelib.accounts.letters import Letter
from chalicelib.base import clock, dynamo, limits, log
from chalicelib.base.errors import Rejected
from chalicelib.base.work import Work
from chalicelib.messages import gate, mail
from chalicelib.messages.legs import TODO, Run
from chalicelib.messages.letter_words import text, words
from chalicelib.messages.model import Mail, one_line
from chalicelib.messages.store import Legs

_VALUE = re.compile(r"\{(\w+)\}(\.?)")
# What mail programs make a link of by themselves: the dot gets an invisible space behind it.
_LINK_LIKE = re.compile(r"(?<=\w)[.](?=\w{2})|(?<=\w):(?=//)|(?<=\w)@(?=\w)")
_INVISIBLE = "\u200b"
_VALUE_SHOWN_CHARS = 120
_LINK = re.compile(r"https?://[\x21-\x7e]+")
# Written by the house, whole lines of them; the others are cut and kept on one line.
_OURS = frozenset({"link", "lines", "pec", "total"})


def compose(letter: Letter) -> Mail:
    """The letter as a mail."""
    own = words(letter.language)
    found = text(letter.language, letter.kind, letter.values.get("plan", ""))
    values = _shown(letter)
    link = letter.values.get("link", "")
    before = [own.greeting, *_lines(found.before, values)]
    after = _lines(found.after, values)
    subject = one_line(_filled(found.subject, values)).replace("=?", "= ?")
    plain = [*before, *([link] if link else []), *after]
    return Mail(
        to=letter.to,
        subject=subject,
        body="\n\n".join(plain) + f"\n\n-- \n{own.footer}\n",
        tags=(("tenant", letter.tenant), ("letter", letter.id), ("kind", letter.kind)),
        html=_html(letter.language, subject, before, (found.button, link), after, own.footer),
        id=letter.id,
    )


def _shown(letter: Letter) -> Mapping[str, str]:
    own = words(letter.language)
    found = {name: value for name, value in letter.values.items() if value}
    for name in letters.INSTANTS & found.keys():
        found[name] = clock.parse(found[name]).astimezone(clock.ROME).strftime(own.instant)
    for name, known in (("role", own.roles), ("product", own.products)):
        if name in found:
            found[name] = known.get(found[name], found[name])
    ours = _OURS | letters.INSTANTS
    shown = {name: value if name in ours else _harmless(value) for name, value in found.items()}
    return {name: value for name, value in shown.items() if value}


def _harmless(value: str) -> str:
    """On one line, not too long, and no mail program makes a link of it."""
    line = one_line(value)
    if len(line) > _VALUE_SHOWN_CHARS:
        line = line[: _VALUE_SHOWN_CHARS - 1] + "…"
    return _LINK_LIKE.sub(lambda sign: sign[0] + _INVISIBLE, line)


def _lines(templates: Iterable[str], values: Mapping[str, str]) -> list[str]:
    """Those whose values are all there."""
    return [
        _filled(one, values)
        for one in templates
        if {name for name, _ in _VALUE.findall(one)} <= values.keys()
    ]


def _filled(template: str, values: Mapping[str, str]) -> str:
    # Not str.format: what a value holds in braces is nothing but text. "S.r.l." ends a sentence.
    return _VALUE.sub(
        lambda found: values.get(found[1], "").removesuffix(found[2]) + found[2], template
    )


_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}\
</title></head>
<body style="margin:0;background:#f5f5f5;color:#1a1a1a">
<div style="max-width:36em;margin:0 auto;padding:1.5em;background:#ffffff;font:16px/1.5 \
Arial,Helvetica,sans-serif">
{content}
<p style="margin-top:2em;border-top:1px solid #cccccc;padding-top:1em;color:#595959;\
font-size:14px">{footer}</p>
</div>
</body>
</html>
"""
_BUTTON = """<p><a href="{link}" style="display:inline-block;padding:0.7em 1.2em;\
background:#004d99;color:#ffffff;text-decoration:none;border-radius:4px">{label}</a></p>
<p style="color:#595959;font-size:14px;word-break:break-all">{link}</p>"""


def _html(
    language: str,
    title: str,
    before: Iterable[str],
    button: tuple[str, str],
    after: Iterable[str],
    footer: str,
) -> str:
    label, link = button
    content = [_paragraph(one) for one in before]
    if link:
        if not _LINK.fullmatch(link):
            raise ValueError("a letter's link is an address of ours")
        address = html.escape(link)
        content.append(_BUTTON.format(link=address, label=html.escape(label)))
    content += [_paragraph(one) for one in after]
    return _PAGE.format(
        language=language,
        title=html.escape(title),
        content="\n".join(content),
        footer=html.escape(footer),
    )


def _paragraph(line: str) -> str:
    return f"<p>{html.escape(line)}</p>".replace("\n", "<br>\n")


# ------------------------------------------------------------------ sending
def tell(job: Work, registered: str, now: datetime) -> None:
    """Send one letter, once as far as SES allows, and drop its row.

    `registered`: the tenant's own address. Given up, with a metric, after LETTER_ATTEMPTS, and when
    it cannot be opened any more. Transient until then.
    """
    try:
        letter = letters.read(job.tenant, job.item)
    except Rejected as refused:  # the tenant's key is gone, or somebody changed the row
        _give_up(job, refused.code)
        return
    passed = gate.passed(
        job.tenant,
        compose(letter),
        registered=registered,
        own_account=letter.kind in letters.OWN_ACCOUNT,
    )
    if passed is None:
        dynamo.commit([job.done()])
        return
    old: Legs = job.item.get("legs", {})
    legs: Legs = {leg: dict(value) for leg, value in old.items()} or {"mail": {"state": TODO}}
    run = Run(job, old, legs, now)
    run.do("mail", lambda: mail.send(passed))
    if run.failure is not None and job.attempts + 1 >= limits.LETTER_ATTEMPTS:
        _give_up(job, run.failure.code)
        return
    run.end()


def _give_up(job: Work, code: str) -> None:
    dynamo.commit([job.done()])
    log.write(log.Event.LETTER_GIVEN_UP, tenant=job.tenant, kind=job.item["kind"], code=code)
    log.metric("LetterGivenUp", 1)
