"""Letters in Italian."""

from __future__ import annotations

from typing import Final

from chalicelib.messages.letter_words.text import Text, Words

_ONCE: Final = "Il collegamento vale una sola volta, fino al {expires}."
_ALARM: Final = (
    "Se non è opera sua, scelga subito una nuova password dalla pagina di accesso e avvisi chi "
    "amministra gli accessi del suo studio."
)
_STRANGE: Final = "Se non sa di che cosa si tratti, ignori questo messaggio."

WORDS: Final = Words(
    greeting="Buongiorno,",
    footer="Sportello. Messaggio automatico: non occorre rispondere.",
    instant="%d/%m/%Y alle %H:%M (ora italiana)",
    roles={
        "principal": "titolare",
        "secretary": "segreteria",
        "substitute": "sostituto",
        "accountant": "commercialista",
        "colleague": "collega",
        "administrator": "amministratore",
        "operator": "operatore",
        "customer": "cliente",
        "support": "assistenza",
    },
    products={
        "xml_pa": "fatture XML alla pubblica amministrazione",
        "xml_private": "fatture XML tra privati",
        "pdf_conversion": "conversione da PDF",
        "preservation": "conservazione",
        "indigita": "InDigita",
        "digilink": "DigiLink",
    },
    letters={
        "register": Text(
            "Completi la registrazione a Sportello",
            (
                "è stato chiesto di aprire un accesso a Sportello con questo indirizzo.",
                "Per completare la registrazione apra questa pagina:",
            ),
            (
                _ONCE,
                "Se non l'ha chiesto lei, non deve fare nulla: senza questo collegamento non si "
                "apre alcun accesso.",
            ),
            "Completa la registrazione",
        ),
        "set_password": Text(
            "Un accesso a Sportello per lei",
            (
                "{inviter} le ha dato un accesso a Sportello per {practice}.",
                "Ruolo: {role}.",
                "Per usarlo scelga una password:",
            ),
            (
                _ONCE,
                "Se scade, chi le ha dato l'accesso può mandargliene un altro.",
                _STRANGE + " L'accesso resta chiuso.",
            ),
            "Scegli la password",
        ),
        "linked": Text(
            "Un nuovo accesso nel suo Sportello",
            (
                "{inviter} le ha dato accesso a {practice}.",
                "Ruolo: {role}.",
                "Lo trova nel suo Sportello: entri come sempre, la sua password non cambia.",
            ),
            (_STRANGE,),
            "Apri Sportello",
        ),
        "reset_password": Text(
            "Una nuova password per Sportello",
            (
                "è stata chiesta una nuova password per il suo accesso a Sportello.",
                "Per sceglierla apra questa pagina:",
            ),
            (
                _ONCE,
                "Se non l'ha chiesta lei, non deve fare nulla: la password resta quella di prima.",
            ),
            "Scegli la nuova password",
        ),
        "password_changed": Text(
            "La sua password è cambiata",
            (
                "la password del suo accesso a Sportello è cambiata il {at}.",
                "Le sessioni aperte sono state chiuse.",
            ),
            (_ALARM,),
        ),
        "recovery_used": Text(
            "È stato usato un codice di recupero",
            (
                "il {at} nel suo accesso a Sportello è stato usato un codice di recupero al posto "
                "del codice dell'applicazione.",
                "Codici di recupero rimasti: {left}.",
            ),
            (_ALARM,),
        ),
        "totp_reset": Text(
            "Il secondo fattore è stato azzerato",
            (
                "il {at} il codice dell'applicazione (OTP) del suo accesso a Sportello è stato "
                "azzerato: al prossimo accesso se ne imposta uno nuovo.",
            ),
            (_ALARM,),
        ),
        "grant_changed": Text(
            "Un accesso è cambiato",
            (
                "{inviter} ha cambiato il suo accesso a {practice}.",
                "Ruolo: {role}.",
                "L'accesso vale fino al {expires}.",
                "La modifica vale dalla prossima pagina che apre; la sua password resta la stessa.",
            ),
        ),
        "grant_revoked": Text(
            "Un accesso è terminato",
            (
                "il suo accesso a {practice} è terminato.",
                "Ruolo: {role}.",
                "Gli altri suoi accessi, se ne ha, non cambiano.",
            ),
        ),
        "plan_changed": Text(
            "Il periodo di prova è terminato",
            (
                "il periodo di prova di {practice} è terminato e ora vale il piano gratuito.",
                "I suoi dati sono tutti conservati. Non deve fare nulla.",
                "L'invio al Sistema di Interscambio e la conservazione fanno parte del piano a "
                "pagamento, che può scegliere quando vuole.",
            ),
            button="Apri Sportello",
        ),
        "plan_changed:paid": Text(
            "Il piano a pagamento è attivo",
            (
                "per {practice} è attivo il piano a pagamento: comprende l'invio al Sistema di "
                "Interscambio e la conservazione.",
            ),
            button="Apri Sportello",
        ),
        "support_entered": Text(
            "L'assistenza è entrata nel suo Sportello",
            (
                "una persona dell'assistenza ha aperto l'accesso a {practice}.",
                "Motivo: {reason}",
                "L'accesso finisce il {expires}.",
                "Quello che fa è scritto nel registro degli accessi, che può consultare.",
            ),
        ),
        "order_confirmed": Text(
            "Ordine {order}: conferma",
            (
                "confermiamo l'ordine {order}.",
                "Cliente: {practice}",
                "{lines}",
                "Totale: {total}",
                "Data: {at}",
            ),
            ("Il nostro indirizzo di posta elettronica certificata (PEC) è {pec}.",),
        ),
        "credits_low": Text(
            "Crediti in esaurimento: {product}",
            (
                "restano {left} crediti per: {product}.",
                "Soglia raggiunta: {share} %.",
                "Quando sono finiti, i documenti che ne hanno bisogno attendono oppure proseguono, "
                "come è impostato per ciascun cliente.",
            ),
        ),
        "help_asked": Text(
            "Richiesta di assistenza dal portale: {ticket}",
            (
                "Dal portale dei pagamenti di {practice} è arrivata la richiesta di assistenza "
                "{ticket}.",
                "Il testo si legge nel back office, alla voce Assistenza.",
            ),
        ),
        "reconciliation_late": Text(
            "Riconciliazione: incassi in ritardo",
            (
                "Per {practice} ci sono nuovi ritardi nella riconciliazione: {receipts} "
                "ricevute senza flusso di rendicontazione da oltre tre giorni lavorativi e "
                "{flows} flussi senza accredito da oltre due.",
                "L'elenco si legge nel back office, alla voce Riconciliazione.",
            ),
        ),
    },
)
