"""Letters in French."""

from __future__ import annotations

from typing import Final

from chalicelib.messages.letter_words.text import Text, Words

_ONCE: Final = "Le lien fonctionne une seule fois, jusqu'au {expires}."
_ALARM: Final = (
    "Si ce n'est pas vous, choisissez tout de suite un nouveau mot de passe depuis la page de "
    "connexion et avertissez la personne qui gère les accès de votre cabinet."
)
_STRANGE: Final = "Si vous ne savez pas de quoi il s'agit, ignorez ce message."

WORDS: Final = Words(
    greeting="Bonjour,",
    footer="Sportello. Message automatique : il n'est pas nécessaire d'y répondre.",
    instant="%d/%m/%Y à %H:%M (heure italienne)",
    roles={
        "principal": "titulaire",
        "secretary": "secrétariat",
        "substitute": "remplaçant",
        "accountant": "comptable",
        "colleague": "collègue",
        "administrator": "administrateur",
        "operator": "opérateur",
        "customer": "client",
        "support": "assistance",
    },
    products={
        "xml_pa": "factures XML au secteur public",
        "xml_private": "factures XML au secteur privé",
        "pdf_conversion": "conversion de PDF",
        "preservation": "conservation",
        "indigita": "InDigita",
        "digilink": "DigiLink",
    },
    letters={
        "register": Text(
            "Terminez votre inscription à Sportello",
            (
                "Un accès à Sportello a été demandé avec cette adresse.",
                "Pour terminer l'inscription, ouvrez cette page :",
            ),
            (
                _ONCE,
                "Si ce n'est pas vous, il n'y a rien à faire : sans ce lien, aucun accès n'est "
                "ouvert.",
            ),
            "Terminer l'inscription",
        ),
        "set_password": Text(
            "Un accès à Sportello pour vous",
            (
                "{inviter} vous a donné un accès à Sportello pour {practice}.",
                "Rôle : {role}.",
                "Pour l'utiliser, choisissez un mot de passe :",
            ),
            (
                _ONCE,
                "S'il expire, la personne qui vous a donné l'accès peut vous en envoyer un autre.",
                _STRANGE + " L'accès reste fermé.",
            ),
            "Choisir le mot de passe",
        ),
        "linked": Text(
            "Un nouvel accès dans votre Sportello",
            (
                "{inviter} vous a donné accès à {practice}.",
                "Rôle : {role}.",
                "Vous le trouvez dans votre Sportello : connectez-vous comme toujours, votre mot "
                "de passe ne change pas.",
            ),
            (_STRANGE,),
            "Ouvrir Sportello",
        ),
        "reset_password": Text(
            "Un nouveau mot de passe pour Sportello",
            (
                "Un nouveau mot de passe a été demandé pour votre accès à Sportello.",
                "Pour le choisir, ouvrez cette page :",
            ),
            (
                _ONCE,
                "Si ce n'est pas vous, il n'y a rien à faire : votre mot de passe reste le même.",
            ),
            "Choisir le nouveau mot de passe",
        ),
        "password_changed": Text(
            "Votre mot de passe a changé",
            (
                "Le mot de passe de votre accès à Sportello a changé le {at}.",
                "Les sessions ouvertes ont été fermées.",
            ),
            (_ALARM,),
        ),
        "recovery_used": Text(
            "Un code de secours a été utilisé",
            (
                "Le {at}, un code de secours a été utilisé dans votre accès à Sportello à la place "
                "du code de l'application.",
                "Codes de secours restants : {left}.",
            ),
            (_ALARM,),
        ),
        "totp_reset": Text(
            "Le second facteur a été réinitialisé",
            (
                "Le {at}, le code de l'application (OTP) de votre accès à Sportello a été "
                "réinitialisé : un nouveau sera configuré à la prochaine connexion.",
            ),
            (_ALARM,),
        ),
        "grant_changed": Text(
            "Un accès a changé",
            (
                "{inviter} a modifié votre accès à {practice}.",
                "Rôle : {role}.",
                "L'accès vaut jusqu'au {expires}.",
                "La modification vaut dès la prochaine page ouverte ; votre mot de passe reste le "
                "même.",
            ),
        ),
        "grant_revoked": Text(
            "Un accès a pris fin",
            (
                "Votre accès à {practice} a pris fin.",
                "Rôle : {role}.",
                "Vos autres accès, si vous en avez, ne changent pas.",
            ),
        ),
        "plan_changed": Text(
            "La période d'essai est terminée",
            (
                "La période d'essai de {practice} est terminée et la formule gratuite s'applique "
                "désormais.",
                "Toutes vos données sont conservées. Il n'y a rien à faire.",
                "L'envoi au Sistema di Interscambio et la conservation font partie de la formule "
                "payante, que vous pouvez choisir quand vous voulez.",
            ),
            button="Ouvrir Sportello",
        ),
        "plan_changed:paid": Text(
            "La formule payante est active",
            (
                "La formule payante est active pour {practice} : elle comprend l'envoi au Sistema "
                "di Interscambio et la conservation.",
            ),
            button="Ouvrir Sportello",
        ),
        "support_entered": Text(
            "L'assistance est entrée dans votre Sportello",
            (
                "Une personne de l'assistance a ouvert l'accès à {practice}.",
                "Motif : {reason}",
                "L'accès prend fin le {expires}.",
                "Ce qu'elle fait est écrit dans le registre des accès, que vous pouvez consulter.",
            ),
        ),
        "order_confirmed": Text(
            "Commande {order} : confirmation",
            (
                "Nous confirmons la commande {order}.",
                "Client : {practice}",
                "{lines}",
                "Total : {total}",
                "Date : {at}",
            ),
            ("Notre adresse de courrier électronique certifié (PEC) est {pec}.",),
        ),
        "credits_low": Text(
            "Crédits bientôt épuisés : {product}",
            (
                "Crédits restants pour {product} : {left}.",
                "Seuil atteint : {share} %.",
                "Lorsqu'ils sont épuisés, les documents qui en ont besoin attendent ou continuent, "
                "selon le réglage de chaque client.",
            ),
        ),
        "help_asked": Text(
            "Demande d'assistance depuis le portail : {ticket}",
            (
                "La demande d'assistance {ticket} est arrivée du portail de paiement de "
                "{practice}.",
                "Son texte se lit dans le back-office, sous Assistance.",
            ),
        ),
        "reconciliation_late": Text(
            "Rapprochement : encaissements en retard",
            (
                "Des encaissements de {practice} sont en retard : {receipts} reçus sans flux de"
                " règlement depuis plus de trois jours ouvrés et {flows} flux sans crédit "
                "depuis plus de deux.",
                "La liste se lit dans le back-office, sous Rapprochement.",
            ),
        ),
    },
)
