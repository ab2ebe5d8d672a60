// What the pages about citizens' requests say, in Spanish.

export const words = {
  menuOf: { help: "Peticiones de ayuda" },
  codes: {
    help_malformed: "Algún dato de la petición no es correcto.",
  },
  help: {
    title: "Peticiones de ayuda",
    lead: "Lo que los ciudadanos han escrito en el portal.",
    at: "Llegó el",
    name: "Quién pregunta",
    asked: "Qué pregunta",
    notice: "Código de aviso",
    states: { open: "Por responder", answered: "Respondida", closed: "Cerrada" },
    all: "Todas",
    none: {
      open: "Ninguna petición espera respuesta.", answered: "Ninguna petición respondida.",
      closed: "Ninguna petición cerrada.",
      all: "Todavía ninguna petición. Los ciudadanos las escriben en la página de ayuda del portal.",
    },
  },
  request: {
    title: "Petición de ayuda",
    who: "Quién pregunta",
    mail: "Correo electrónico",
    language: "Idioma",
    languages: { de: "Alemán", sl: "Esloveno" },
    number: "Número",
    subject: "Petición de ayuda {id}",
    answer: "Responder por correo",
    acts: { open: "Reabrir", answered: "Marcar como respondida", closed: "Cerrar" },
    said: {
      open: "La petición está abierta de nuevo.", answered: "La petición tuvo su respuesta.",
      closed: "La petición está cerrada.",
    },
    hint: "La respuesta sale del programa de correo de la oficina; aquí se anota que la hubo.",
    changed: "{at}, {who}",
    colleague: "otra persona del ente",
  },
};
