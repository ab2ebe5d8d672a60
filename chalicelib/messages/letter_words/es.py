"""Letters in Spanish."""

from __future__ import annotations

from typing import Final

from chalicelib.messages.letter_words.text import Text, Words

_ONCE: Final = "El enlace sirve una sola vez, hasta el {expires}."
_ALARM: Final = (
    "Si no ha sido usted, elija enseguida una nueva contraseña desde la página de acceso y avise a "
    "quien administra los accesos de su consulta."
)
_STRANGE: Final = "Si no sabe de qué se trata, ignore este mensaje."

WORDS: Final = Words(
    greeting="Buenos días:",
    footer="Sportello. Mensaje automático: no es necesario responder.",
    instant="%d/%m/%Y a las %H:%M (hora italiana)",
    roles={
        "principal": "titular",
        "secretary": "secretaría",
        "substitute": "sustituto",
        "accountant": "contable",
        "colleague": "colega",
        "administrator": "administrador",
        "operator": "operador",
        "customer": "cliente",
        "support": "asistencia",
    },
    products={
        "xml_pa": "facturas XML a la administración pública",
        "xml_private": "facturas XML entre privados",
        "pdf_conversion": "conversión de PDF",
        "preservation": "conservación",
        "indigita": "InDigita",
        "digilink": "DigiLink",
    },
    letters={
        "register": Text(
            "Complete su registro en Sportello",
            (
                "Se ha pedido abrir un acceso a Sportello con esta dirección.",
                "Para completar el registro abra esta página:",
            ),
            (
                _ONCE,
                "Si no lo ha pedido usted, no tiene que hacer nada: sin este enlace no se abre "
                "ningún acceso.",
            ),
            "Completar el registro",
        ),
        "set_password": Text(
            "Un acceso a Sportello para usted",
            (
                "{inviter} le ha dado un acceso a Sportello para {practice}.",
                "Función: {role}.",
                "Para usarlo elija una contraseña:",
            ),
            (
                _ONCE,
                "Si caduca, quien le ha dado el acceso puede enviarle otro.",
                _STRANGE + " El acceso queda cerrado.",
            ),
            "Elegir la contraseña",
        ),
        "linked": Text(
            "Un nuevo acceso en su Sportello",
            (
                "{inviter} le ha dado acceso a {practice}.",
                "Función: {role}.",
                "Lo encuentra en su Sportello: entre como siempre, su contraseña no cambia.",
            ),
            (_STRANGE,),
            "Abrir Sportello",
        ),
        "reset_password": Text(
            "Una nueva contraseña para Sportello",
            (
                "Se ha pedido una nueva contraseña para su acceso a Sportello.",
                "Para elegirla abra esta página:",
            ),
            (
                _ONCE,
                "Si no la ha pedido usted, no tiene que hacer nada: la contraseña sigue siendo la "
                "misma.",
            ),
            "Elegir la nueva contraseña",
        ),
        "password_changed": Text(
            "Su contraseña ha cambiado",
            (
                "La contraseña de su acceso a Sportello ha cambiado el {at}.",
                "Las sesiones abiertas se han cerrado.",
            ),
            (_ALARM,),
        ),
        "recovery_used": Text(
            "Se ha usado un código de recuperación",
            (
                "El {at} se ha usado en su acceso a Sportello un código de recuperación en lugar "
                "del código de la aplicación.",
                "Códigos de recuperación restantes: {left}.",
            ),
            (_ALARM,),
        ),
        "totp_reset": Text(
            "El segundo factor se ha restablecido",
            (
                "El {at} se ha restablecido el código de la aplicación (OTP) de su acceso a "
                "Sportello: en el próximo acceso se configura uno nuevo.",
            ),
            (_ALARM,),
        ),
        "grant_changed": Text(
            "Un acceso ha cambiado",
            (
                "{inviter} ha modificado su acceso a {practice}.",
                "Función: {role}.",
                "El acceso vale hasta el {expires}.",
                "El cambio vale desde la próxima página que abra; su contraseña sigue siendo la "
                "misma.",
            ),
        ),
        "grant_revoked": Text(
            "Un acceso ha terminado",
            (
                "Su acceso a {practice} ha terminado.",
                "Función: {role}.",
                "Sus otros accesos, si los tiene, no cambian.",
            ),
        ),
        "plan_changed": Text(
            "El período de prueba ha terminado",
            (
                "El período de prueba de {practice} ha terminado y ahora vale el plan gratuito.",
                "Todos sus datos se conservan. No tiene que hacer nada.",
                "El envío al Sistema di Interscambio y la conservación forman parte del plan de "
                "pago, que puede elegir cuando quiera.",
            ),
            button="Abrir Sportello",
        ),
        "plan_changed:paid": Text(
            "El plan de pago está activo",
            (
                "El plan de pago está activo para {practice}: comprende el envío al Sistema di "
                "Interscambio y la conservación.",
            ),
            button="Abrir Sportello",
        ),
        "support_entered": Text(
            "La asistencia ha entrado en su Sportello",
            (
                "Una persona de la asistencia ha abierto el acceso a {practice}.",
                "Motivo: {reason}",
                "El acceso termina el {expires}.",
                "Lo que hace queda escrito en el registro de accesos, que puede consultar.",
            ),
        ),
        "order_confirmed": Text(
            "Pedido {order}: confirmación",
            (
                "Confirmamos el pedido {order}.",
                "Cliente: {practice}",
                "{lines}",
                "Total: {total}",
                "Fecha: {at}",
            ),
            ("Nuestra dirección de correo electrónico certificado (PEC) es {pec}.",),
        ),
        "credits_low": Text(
            "Los créditos se están agotando: {product}",
            (
                "Créditos restantes para {product}: {left}.",
                "Umbral alcanzado: {share} %.",
                "Cuando se agoten, los documentos que los necesitan esperan o continúan, según lo "
                "configurado para cada cliente.",
            ),
        ),
        "help_asked": Text(
            "Solicitud de ayuda desde el portal: {ticket}",
            (
                "Ha llegado la solicitud de ayuda {ticket} desde el portal de pagos de {practice}.",
                "Su texto se lee en el back office, en Ayuda.",
            ),
        ),
        "reconciliation_late": Text(
            "Conciliación: cobros con retraso",
            (
                "Hay cobros de {practice} con retraso: {receipts} recibos sin flujo de "
                "liquidación desde hace más de tres días laborables y {flows} flujos sin abono "
                "desde hace más de dos.",
                "La lista se lee en el back office, en Conciliación.",
            ),
        ),
    },
)
