// IBANs: whether one is written right, and whose account it is. ISO 13616; the check is modulo 97.

const POSTE = "07601";

export const cleanIban = (text) => text.replace(/[\s\u00a0]/g, "").toUpperCase();

export function isIban(text) {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text)) return false;
  if (text.startsWith("IT") && text.length !== 27) return false;
  const figures = (text.slice(4) + text.slice(0, 4)).replace(/[A-Z]/g, (one) => one.charCodeAt(0) - 55);
  let rest = 0;
  for (const figure of figures) rest = (rest * 10 + Number(figure)) % 97;
  return rest === 1;
}

export const isPostal = (iban) => iban.startsWith("IT") && iban.slice(5, 10) === POSTE;
/** The account's number at Poste, as its slips have it. */
export const postalNumber = (iban) => (isPostal(iban) ? iban.slice(15).replace(/^0+/, "") : "");
export const groupedIban = (iban) => iban.replace(/(.{4})(?=.)/g, "$1\u00a0");
