"""Declares the application: what answers HTTP, and which modules hold the event functions."""

from chalicelib.entry import (
    api,
    api_accounts,
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
    api_accounts,
    sdi_door,
    on_intake,
    on_receive,
    on_send,
    on_sdi,
    on_tell,
    on_mail_event,
    sweep,
):
    app.register_blueprint(module.bp)
