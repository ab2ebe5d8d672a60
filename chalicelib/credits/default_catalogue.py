"""The price list that is there before the operator gives his own. THE PRICES ARE INVENTED.

No list prices are known (FEATURES F004-007…015 name the rules, not the figures), so these only make
the rules visible: a set-up with an order, a set-up for each customer, two products with a licence
for each. `python -m infra.operate catalogue --file FILE` puts a real one in its place.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from chalicelib.credits.catalogue import Catalogue, Offer, Payment, Tier, Words
from chalicelib.credits.products import (
    DIGILINK,
    INDIGITA,
    PDF_CONVERSION,
    PRESERVATION,
    XML_PA,
    XML_PRIVATE,
)

_CAVEATS: Final = """
Listino dimostrativo: prezzi e recapiti sono inventati finché il gestore non carica i propri. | \
Demonstration price list: prices and addresses are invented until the operator loads his own. | \
Tarif de démonstration : prix et adresses sont inventés tant que le gestionnaire n'a pas chargé \
les siens. | Tarifa de demostración: precios y direcciones son inventados hasta que el gestor \
cargue los suyos.
L'ordine minimo è di 50,00 euro di prodotti, al netto di set up e IVA. | The minimum order is \
50.00 euros of products, net of set-up fees and VAT. | La commande minimale est de 50,00 euros de \
produits, hors frais de mise en service et TVA. | El pedido mínimo es de 50,00 euros de \
productos, sin gastos de alta ni IVA.
I crediti valgono 24 mesi dalla data dell'ordine e servono per tutti i vostri clienti. | Credits \
are valid for 24 months from the day of the order and serve all your customers. | Les crédits \
valent 24 mois à compter de la commande et servent à tous vos clients. | Los créditos valen 24 \
meses desde la fecha del pedido y sirven para todos sus clientes.
Ogni prodotto paga un solo formato: un credito XML PA non paga un PDF. | Each product pays for \
one format only: an XML PA credit does not pay for a PDF. | Chaque produit paie un seul format : \
un crédit XML PA ne paie pas un PDF. | Cada producto paga un solo formato: un crédito XML PA no \
paga un PDF.
InDigita e DigiLink si acquistano per ogni cliente, con una licenza ciascuno. | InDigita and \
DigiLink are bought for each customer, with a licence of his own. | InDigita et DigiLink \
s'achètent pour chaque client, avec sa propre licence. | InDigita y DigiLink se compran para cada \
cliente, con su propia licencia.
L'attivazione della conservazione ha un costo di set up per ogni cliente, stornato se il cliente \
è già servito. | Activating preservation has a set-up fee for each customer, refunded when he is \
already served. | L'activation de la conservation comporte des frais par client, remboursés s'il \
est déjà servi. | Activar la conservación tiene un gasto de alta por cliente, reembolsado si ya \
está servido.
Il coupon elimina il set up dal secondo ordine in poi e si usa una volta sola. | The coupon \
waives the set-up fee from the second order on and is used once. | Le coupon supprime les frais \
de mise en service dès la deuxième commande et s'utilise une fois. | El cupón elimina el gasto de \
alta desde el segundo pedido y se usa una sola vez.
I crediti sono utilizzabili dalla conferma dell'ordine, che arriva con il pagamento. | Credits \
can be used once the order is confirmed, which happens with its payment. | Les crédits sont \
utilisables dès la confirmation de la commande, au paiement. | Los créditos se pueden usar desde \
la confirmación del pedido, con el pago.
"""


def _words(it: str, en: str, fr: str, es: str) -> Words:
    return {"it": it, "en": en, "fr": fr, "es": es}


def _tiers(*pairs: tuple[int, str]) -> tuple[Tier, ...]:
    return tuple(Tier(since, Decimal(price)) for since, price in pairs)


DEFAULT: Final = Catalogue(
    id="listino-dimostrativo",
    valid_from=date(2014, 6, 6),  # since public offices take invoices as XML only
    source="Invented for demonstration; no list prices are known.",
    demonstration=True,
    confirmation="manual",
    vat_percent=Decimal(22),
    pec="fatture@pec.sportello.example",
    caveats=tuple(
        _words(*(part.strip() for part in line.split("|")))
        for line in _CAVEATS.strip().splitlines()
    ),
    payment=Payment(payee="Sportello (dimostrazione)"),
    offers=(
        Offer(
            XML_PA,
            _words("Fattura XML PA", "XML PA invoice", "Facture XML PA", "Factura XML PA"),
            _tiers((1, "1.0000"), (100, "0.9000"), (500, "0.7500")),
        ),
        Offer(
            XML_PRIVATE,
            _words(
                "Fattura XML tra privati",
                "XML invoice between private parties",
                "Facture XML entre privés",
                "Factura XML entre privados",
            ),
            _tiers((1, "0.5000"), (100, "0.4000"), (1000, "0.2500")),
        ),
        Offer(
            PDF_CONVERSION,
            _words(
                "Conversione da PDF e invio",
                "Conversion from PDF and sending",
                "Conversion depuis PDF et envoi",
                "Conversión desde PDF y envío",
            ),
            _tiers((1, "1.5000"), (100, "1.2000")),
            setup_cents=100_00,
        ),
        Offer(
            PRESERVATION,
            _words(
                "Conservazione sostitutiva",
                "Legal preservation (conservazione)",
                "Conservation légale (conservazione)",
                "Conservación legal (conservazione)",
            ),
            _tiers((1, "0.1000"), (1000, "0.0750")),
            customer_setup_cents=25_00,
        ),
        Offer(
            INDIGITA,
            _words("Licenza InDigita", "InDigita licence", "Licence InDigita", "Licencia InDigita"),
            _tiers((1, "90.0000")),
            setup_cents=50_00,
        ),
        Offer(
            DIGILINK,
            _words("Licenza DigiLink", "DigiLink licence", "Licence DigiLink", "Licencia DigiLink"),
            _tiers((1, "60.0000")),
        ),
    ),
)
