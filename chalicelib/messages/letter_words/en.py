"""Letters in English."""

from __future__ import annotations

from typing import Final

from chalicelib.messages.letter_words.text import Text, Words

_ONCE: Final = "The link works once, until {expires}."
_ALARM: Final = (
    "If this was not you, choose a new password at the login page at once and tell whoever manages "
    "the accounts of your practice."
)
_STRANGE: Final = "If you do not know what this is about, ignore this message."

WORDS: Final = Words(
    greeting="Hello,",
    footer="Sportello. Automatic message: there is no need to answer.",
    instant="%d %B %Y at %H:%M (Italian time)",
    roles={
        "principal": "principal",
        "secretary": "secretary",
        "substitute": "substitute",
        "accountant": "accountant",
        "colleague": "colleague",
        "administrator": "administrator",
        "operator": "operator",
        "customer": "customer",
        "support": "support",
    },
    products={
        "xml_pa": "XML invoices to public offices",
        "xml_private": "XML invoices to private buyers",
        "pdf_conversion": "conversion of PDFs",
        "preservation": "preservation",
        "indigita": "InDigita",
        "digilink": "DigiLink",
    },
    letters={
        "register": Text(
            "Complete your registration at Sportello",
            (
                "Somebody asked for an account at Sportello with this address.",
                "To complete the registration open this page:",
            ),
            (
                _ONCE,
                "If it was not you, there is nothing to do: without this link no account is "
                "opened.",
            ),
            "Complete the registration",
        ),
        "set_password": Text(
            "Access to Sportello for you",
            (
                "{inviter} gave you access to Sportello for {practice}.",
                "Role: {role}.",
                "To use it, choose a password:",
            ),
            (
                _ONCE,
                "Should it expire, whoever gave you access can send you another one.",
                _STRANGE + " The access stays closed.",
            ),
            "Choose a password",
        ),
        "linked": Text(
            "New access in your Sportello",
            (
                "{inviter} gave you access to {practice}.",
                "Role: {role}.",
                "You find it in your Sportello: log in as always, your password does not change.",
            ),
            (_STRANGE,),
            "Open Sportello",
        ),
        "reset_password": Text(
            "A new password for Sportello",
            (
                "Somebody asked for a new password for your account at Sportello.",
                "To choose it open this page:",
            ),
            (
                _ONCE,
                "If it was not you, there is nothing to do: your password stays as it is.",
            ),
            "Choose a new password",
        ),
        "password_changed": Text(
            "Your password was changed",
            (
                "The password of your account at Sportello was changed on {at}.",
                "All open sessions were ended.",
            ),
            (_ALARM,),
        ),
        "recovery_used": Text(
            "A recovery code was used",
            (
                "On {at} a recovery code was used in your account at Sportello instead of the "
                "code of the app.",
                "Recovery codes left: {left}.",
            ),
            (_ALARM,),
        ),
        "totp_reset": Text(
            "The second factor was reset",
            (
                "On {at} the code of the app (OTP) of your account at Sportello was reset: at the "
                "next login a new one is set up.",
            ),
            (_ALARM,),
        ),
        "grant_changed": Text(
            "An access has changed",
            (
                "{inviter} has changed your access to {practice}.",
                "Role: {role}.",
                "The access holds until {expires}.",
                "The change holds from the next page that you open; your password stays the same.",
            ),
        ),
        "grant_revoked": Text(
            "An access has ended",
            (
                "Your access to {practice} has ended.",
                "Role: {role}.",
                "Your other accesses, if you have any, do not change.",
            ),
        ),
        "plan_changed": Text(
            "The trial is over",
            (
                "The trial of {practice} is over and the free plan applies now.",
                "All your data are kept. There is nothing to do.",
                "Sending to Sistema di Interscambio and preservation are part of the paid plan, "
                "which you can choose whenever you like.",
            ),
            button="Open Sportello",
        ),
        "plan_changed:paid": Text(
            "The paid plan is active",
            (
                "The paid plan is active for {practice}: it includes sending to Sistema di "
                "Interscambio and preservation.",
            ),
            button="Open Sportello",
        ),
        "support_entered": Text(
            "Support has entered your Sportello",
            (
                "A person of our support has opened access to {practice}.",
                "Reason: {reason}",
                "The access ends on {expires}.",
                "What this person does is written in the audit trail, which you can look at.",
            ),
        ),
        "order_confirmed": Text(
            "Order {order}: confirmation",
            (
                "We confirm the order {order}.",
                "Customer: {practice}",
                "{lines}",
                "Total: {total}",
                "Date: {at}",
            ),
            ("Our address for certified mail (PEC) is {pec}.",),
        ),
        "credits_low": Text(
            "Credits are running out: {product}",
            (
                "{left} credits are left for: {product}.",
                "Threshold reached: {share} %.",
                "When there are none, documents that need them wait or go on, as it is set for "
                "each customer.",
            ),
        ),
        "help_asked": Text(
            "Request for help from the portal: {ticket}",
            (
                "The request for help {ticket} has come from the payment portal of {practice}.",
                "What it says can be read in the back office, under Help.",
            ),
        ),
        "reconciliation_late": Text(
            "Reconciliation: collections are late",
            (
                "Some collections of {practice} have become late: {receipts} receipts without a"
                " settlement flow for more than three working days, {flows} flows without their"
                " money for more than two.",
                "They are listed in the back office, under Reconciliation.",
            ),
        ),
    },
)
