// What the pages about citizens' requests say, in French.

export const words = {
  menuOf: { help: "Demandes d’aide" },
  codes: {
    help_malformed: "Une donnée de la demande n’est pas juste.",
  },
  help: {
    title: "Demandes d’aide",
    lead: "Ce que les citoyens ont écrit sur le portail.",
    at: "Arrivée le",
    name: "Qui demande",
    asked: "Ce qui est demandé",
    notice: "Numéro d’avis",
    states: { open: "À répondre", answered: "Répondue", closed: "Close" },
    all: "Toutes",
    none: {
      open: "Aucune demande n’attend de réponse.", answered: "Aucune demande répondue.",
      closed: "Aucune demande close.",
      all: "Aucune demande pour l’instant. Les citoyens les écrivent sur la page d’aide du portail.",
    },
  },
  request: {
    title: "Demande d’aide",
    who: "Qui demande",
    mail: "Courriel",
    language: "Langue",
    languages: { de: "Allemand", sl: "Slovène" },
    number: "Numéro",
    subject: "Demande d’aide {id}",
    answer: "Répondre par courriel",
    acts: { open: "Rouvrir", answered: "Noter comme répondue", closed: "Clore" },
    said: {
      open: "La demande est de nouveau ouverte.", answered: "La demande a eu sa réponse.",
      closed: "La demande est close.",
    },
    hint: "La réponse part du logiciel de courriel du bureau ; ici on note qu’elle a eu lieu.",
    changed: "le {at}, {who}",
    colleague: "une autre personne de l’organisme",
  },
};
