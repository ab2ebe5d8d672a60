"""Declares the application: what answers HTTP, and which modules hold the event functions."""

from chalicelib.entry import (
    api,
    api_access,
    api_accounts,
    api_audit,
    api_bodies,
    api_credits,
    api_customers,
    api_dues,
    api_identity,
    api_orders,
    api_positions,
    nightly,
    on_audit,
    on_credits,
    on_dues,
    on_intake,
    on_mail_event,
    on_receive,
    on_sdi,
    on_send,
    on_tell,
    sdi_door,
    sweep,
)
from chalicelib.entry.web import Application

app = Application(app_name="sportello", debug=False, configure_logs=False)
app.api.binary_types += [
    "multipart/related",
    "multipart/form-data",
    "text/xml",
    "application/xml",
    "application/soap+xml",
    "application/pdf",
    "application/pkcs7-mime",
]

for module in (
    api,
    api_access,
    api_accounts,
    api_audit,
    api_customers,
    api_orders,
    api_credits,
    api_bodies,
    api_dues,
    api_positions,
    api_identity,
    sdi_door,
    on_intake,
    on_receive,
    on_send,
    on_sdi,
    on_tell,
    on_mail_event,
    on_audit,
    on_credits,
    on_dues,
    nightly,
    sweep,
):
    app.register_blueprint(module.bp)
