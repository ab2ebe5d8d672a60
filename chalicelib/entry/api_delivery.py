"""Mail accounts and deliveries of a body: /v1/body/mail-accounts, /v1/body/deliveries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Final

from chalice.app import Blueprint

from chalicelib.accounts.audit import Action
from chalicelib.base import clock, ids, limits, work
from chalicelib.entry import acting, dues_shapes
from chalicelib.entry import delivery_shapes as shapes
from chalicelib.entry.web import Request, route
from chalicelib.payments.delivery import archive, preview, registry, service, settings
from chalicelib.payments.delivery.mail import accounts, trial
from chalicelib.payments.delivery.mail.accounts import Account
from chalicelib.payments.delivery.model import Run
from chalicelib.payments.delivery.service import Shown, Wanted
from chalicelib.payments.delivery.settings import Wishes

bp = Blueprint(__name__)

_WARNINGS: Final = {
    "bulk_limits": "Per l’invio massivo usare un account senza limitazioni, oppure indicare quanti "
    "messaggi al minuto e all’ora il fornitore consente.",
    "provider_limits": "Gli account ordinari di questo fornitore hanno limiti all’invio massivo: "
    "verificare il contratto e indicare quanti messaggi al minuto e all’ora sono consentiti.",
    "port_25": "La porta 25 è spesso chiusa verso l’esterno: preferire 465 o 587.",
}
_TITLES: Final = {
    "mail": "E-mail e PEC",
    "zip": "File PDF e archivio ZIP",
    "sftp": "Area SFTP dell’ente",
    "ftps": "Area FTPS dell’ente",
    "members": "Area riservata degli iscritti",
    "postal": "Postalizzazione cartacea",
    "appio": "App IO",
}


# ------------------------------------------------------------------ accounts
def _account(found: Account) -> shapes.MailAccount:
    warnings = [shapes.Warning(code=one, text=_WARNINGS[one]) for one in found.warnings]
    return shapes.MailAccount.model_validate(asdict(found) | {"warnings": warnings})


@route(
    bp, "GET", "/v1/body/mail-accounts", "body:read", "The accounts that mail goes out by",
    shapes.MailAccounts,
)  # fmt: skip
def list_mail_accounts(request: Request) -> shapes.MailAccounts:
    found = accounts.list_accounts(request.caller.tenant)
    return shapes.MailAccounts(accounts=[_account(one) for one in found])


@route(
    bp, "PUT", "/v1/body/mail-accounts/{account_id}", "body:write",
    "Say how a mail or PEC account is entered", shapes.MailAccount, body=shapes.NewMailAccount,
)  # fmt: skip
def save_mail_account(request: Request) -> shapes.MailAccount:
    code, wanted = request.path["account_id"], request.body
    new = Account(code=code, **wanted.model_dump(exclude={"password"}))
    record = acting.entry(request, Action.MAIL_ACCOUNT_CHANGED, f"account:{code}", state="saved")
    return _account(accounts.save(request.caller.tenant, new, wanted.password, [record]))


@route(
    bp, "DELETE", "/v1/body/mail-accounts/{account_id}", "body:write",
    "Forget an account and its password",
)  # fmt: skip
def remove_mail_account(request: Request) -> dict[str, object]:
    code = request.path["account_id"]
    record = acting.entry(request, Action.MAIL_ACCOUNT_CHANGED, f"account:{code}", state="removed")
    accounts.remove(request.caller.tenant, code, [record])
    return {}


@route(
    bp, "POST", "/v1/body/mail-accounts/{account_id}/test", "body:write",
    "Send a test mail; what the server says is the answer", shapes.Trial, body=shapes.NewTrial,
)  # fmt: skip
def try_mail_account(request: Request) -> shapes.Trial:
    code, tenant = request.path["account_id"], request.caller.tenant
    accounts.get(tenant, code)
    acting.read(request, Action.MAIL_ACCOUNT_TRIED, f"account:{code}")
    name = ids.derive("trial", tenant, code, request.id, clock.stamp(clock.now()))
    found = trial.send(tenant, code, request.body.to, name, clock.now())
    return shapes.Trial.model_validate(asdict(found))


# ------------------------------------------------------------------ what the body wants
@route(
    bp, "GET", "/v1/body/delivery", "body:read", "How citizens get their receipts", shapes.Wishes
)
def get_delivery_settings(request: Request) -> shapes.Wishes:
    return _wishes(settings.get(request.caller.tenant))


def _wishes(found: Wishes) -> shapes.Wishes:
    return shapes.Wishes.model_validate(asdict(found))


@route(
    bp, "PUT", "/v1/body/delivery", "body:write", "Say how citizens get their receipts",
    shapes.Wishes, body=shapes.NewWishes,
)  # fmt: skip
def save_delivery_settings(request: Request) -> shapes.Wishes:
    wanted: shapes.NewWishes = request.body
    record = acting.entry(request, Action.DELIVERY_CHANGED, "delivery", kind="settings")
    new = Wishes((), wanted.receipts_mail, wanted.receipts_pec, wanted.version)
    return _wishes(settings.save(request.caller.tenant, new, [record]))


@route(
    bp, "GET", "/v1/body/delivery/channels", "body:read", "The ways of delivery",
    shapes.ChannelModes,
)  # fmt: skip
def list_channels(request: Request) -> shapes.ChannelModes:
    enabled = settings.get(request.caller.tenant).enabled
    found = [registry.find(name) for name in registry.CHANNELS]
    return shapes.ChannelModes(
        channels=[
            shapes.ChannelMode(
                name=one.name, title=_TITLES.get(one.name, one.name), on_request=one.on_request,
                enabled=not one.on_request or one.name in enabled,
            )
            for one in found
        ]
    )  # fmt: skip


# ------------------------------------------------------------------ runs
def _delivery(tenant: str, run: Run) -> shapes.Delivery:
    said = {"words": service.words_of(tenant, run), "archives": run.kept.get("zips", 0)}
    return shapes.Delivery.model_validate(asdict(run) | said)


def _wanted(said: shapes.NewDelivery) -> Wanted:
    return Wanted(
        channel=said.channel, profile=said.profile, options=said.options,
        flow=said.flow or "", positions=tuple(said.positions), undo_s=said.undo_s,
    )  # fmt: skip


@route(
    bp, "POST", "/v1/body/deliveries", "body:write", "Deliver notices of a flow or of positions",
    shapes.Delivery, body=shapes.NewDelivery, status=202, idempotency_key=True,
)  # fmt: skip
def begin_delivery(request: Request) -> shapes.Delivery:
    tenant, wanted = request.caller.tenant, request.body
    said = _wanted(wanted)
    key = f"{request.caller.key_id}:{request.idempotency_key}"
    record = acting.entry(
        request, Action.DELIVERY_CHANGED, "delivery", kind="begun", channel=wanted.channel
    )
    by = f"{request.actor.kind}:{request.actor.id}"
    with work.waking() as wakes:
        return _delivery(tenant, service.begin(tenant, said, clock.now(), by, key, wakes, [record]))


@route(
    bp, "POST", "/v1/body/deliveries/preview", "body:read",
    "What a delivery would come to: how many notices, who lacks what", shapes.DeliveryPreview,
    body=shapes.NewDelivery, query=shapes.PreviewQuery,
)  # fmt: skip
def preview_delivery(request: Request) -> shapes.DeliveryPreview:
    tenant, cursor = request.caller.tenant, request.query.cursor
    found = preview.preview(tenant, _wanted(request.body), cursor, clock.now())
    if found.lacking:
        acting.read(request, Action.DELIVERY_READ, "delivery", count=len(found.lacking))
    return shapes.DeliveryPreview(
        positions=found.positions,
        going=found.going,
        reasons=[shapes.Reason(code=code, count=n) for code, n in sorted(found.reasons.items())],
        lacking=[shapes.Lacking.model_validate(asdict(one)) for one in found.lacking],
        cursor=found.cursor or None,
    )


@route(
    bp, "GET", "/v1/body/deliveries", "body:read", "Deliveries, newest first", shapes.Deliveries,
    query=shapes.DeliveriesQuery,
)  # fmt: skip
def list_deliveries(request: Request) -> shapes.Deliveries:
    tenant = request.caller.tenant
    found = service.list_runs(tenant, request.query.flow or "")
    return shapes.Deliveries(deliveries=[_delivery(tenant, one) for one in found])


@route(
    bp, "GET", "/v1/body/deliveries/{delivery_id}", "body:read", "How far a delivery is",
    shapes.Delivery,
)  # fmt: skip
def get_delivery(request: Request) -> shapes.Delivery:
    tenant = request.caller.tenant
    return _delivery(tenant, service.get(tenant, request.path["delivery_id"]))


def _attempt(found: Shown) -> shapes.Attempt:
    own = asdict(found.attempt) | {
        "delivery": found.attempt.run,
        "message": found.attempt.name,
        "name": found.person.name,
        "tax_code": found.person.tax_code,
        "notice": found.notice,
        "to": found.to,
        "words": found.words,
    }
    return shapes.Attempt.model_validate(own)


@route(
    bp, "GET", "/v1/body/deliveries/{delivery_id}/attempts", "body:read",
    "What became of each notice", shapes.Attempts, query=shapes.AttemptsQuery,
)  # fmt: skip
def delivery_attempts(request: Request) -> shapes.Attempts:
    name, query = request.path["delivery_id"], request.query
    found, cursor = service.attempts(
        request.caller.tenant, name, query.state or "", query.cursor, query.limit
    )
    if found:
        acting.read(request, Action.DELIVERY_READ, f"delivery:{name}", count=len(found))
    return shapes.Attempts(attempts=[_attempt(one) for one in found], cursor=cursor or None)


@route(
    bp, "GET", "/v1/body/positions/{position_id}/deliveries", "body:read",
    "Where a position's notice and receipts went", shapes.Attempts,
)  # fmt: skip
def position_deliveries(request: Request) -> shapes.Attempts:
    name = request.path["position_id"]
    found = service.of_position(request.caller.tenant, name)
    if found:
        acting.read(request, Action.DELIVERY_READ, f"position:{name}", count=len(found))
    return shapes.Attempts(attempts=[_attempt(one) for one in found])


@route(
    bp, "POST", "/v1/body/deliveries/{delivery_id}/call-off", "body:write",
    "Begin nothing more of a delivery", shapes.Delivery,
)  # fmt: skip
def call_off_delivery(request: Request) -> shapes.Delivery:
    return _decided(request, "called_off", service.call_off)


@route(
    bp, "POST", "/v1/body/deliveries/{delivery_id}/resume", "body:write",
    "Go on with a delivery that halted", shapes.Delivery,
)  # fmt: skip
def resume_delivery(request: Request) -> shapes.Delivery:
    return _decided(request, "resumed", service.resume)


def _decided(request: Request, kind: str, decide: Callable[..., Run]) -> shapes.Delivery:
    name, tenant = request.path["delivery_id"], request.caller.tenant
    record = acting.entry(request, Action.DELIVERY_CHANGED, f"delivery:{name}", kind=kind)
    with work.waking() as wakes:
        return _delivery(tenant, decide(tenant, name, clock.now(), wakes, [record]))


@route(
    bp, "POST", "/v1/body/deliveries/{delivery_id}/resend", "body:write",
    "Send again what failed", shapes.Delivery, body=shapes.Resend, status=202,
)  # fmt: skip
def resend_delivery(request: Request) -> shapes.Delivery:
    name, tenant = request.path["delivery_id"], request.caller.tenant
    record = acting.entry(request, Action.DELIVERY_CHANGED, f"delivery:{name}", kind="resent")
    with work.waking() as wakes:
        found = service.resend(tenant, name, request.body.states, clock.now(), wakes, [record])
    return _delivery(tenant, found)


@route(
    bp, "GET", "/v1/body/deliveries/{delivery_id}/archive", "body:read",
    "The notices of a delivery as a ZIP", dues_shapes.Link, query=shapes.ArchiveQuery,
)  # fmt: skip
def delivery_archive(request: Request) -> dues_shapes.Link:
    name, tenant = request.path["delivery_id"], request.caller.tenant
    run = service.get(tenant, name)
    url, file_name = archive.link(tenant, name, run.kept.get("zips", 0), request.query.number)
    acting.read(request, Action.NOTICE_READ, f"delivery:{name}", count=run.sent)
    return dues_shapes.Link(url=url, file_name=file_name, expires_in_s=limits.DOWNLOAD_LINK_S)
