// What the pages about citizens' requests say, in Italian.

export const words = {
  menuOf: { help: "Richieste di aiuto" },
  codes: {
    help_malformed: "Qualche dato della richiesta non è giusto.",
  },
  help: {
    title: "Richieste di aiuto",
    lead: "Ciò che i cittadini hanno scritto dal portale.",
    at: "Arrivata il",
    name: "Chi chiede",
    asked: "Che cosa chiede",
    notice: "Codice avviso",
    states: { open: "Da rispondere", answered: "Risposta", closed: "Chiusa" },
    all: "Tutte",
    none: {
      open: "Nessuna richiesta aspetta una risposta.", answered: "Nessuna richiesta con risposta.",
      closed: "Nessuna richiesta chiusa.",
      all: "Ancora nessuna richiesta. I cittadini le scrivono dalla pagina di aiuto del portale.",
    },
  },
  request: {
    title: "Richiesta di aiuto",
    who: "Chi chiede",
    mail: "E-mail",
    language: "Lingua",
    languages: { de: "Tedesco", sl: "Sloveno" },
    number: "Numero",
    subject: "Richiesta di aiuto {id}",
    answer: "Rispondi per e-mail",
    acts: { open: "Riapri", answered: "Segna come risposta", closed: "Chiudi" },
    said: {
      open: "La richiesta è di nuovo aperta.", answered: "La richiesta ha avuto risposta.",
      closed: "La richiesta è chiusa.",
    },
    hint: "La risposta parte dal programma di posta dell’ufficio; qui si segna che c’è stata.",
    changed: "{at}, {who}",
    colleague: "un’altra persona dell’ente",
  },
};
