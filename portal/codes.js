// What can be seen to be mistyped without asking anybody, so that a slip costs no try.

const NOTICE = /^\d{17,18}$/;
const PERSON = /^[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-EHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]$/;
// Values of the characters in odd places (D.M. 12 March 1974), 0-9 as A-J.
const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

export function cleanNotice(text) {
  return text.replace(/[\s\u00a0.-]/g, "");
}

// The text of a notice's QR code: PAGOPA, its version, number, body and cents.
const QR = /^PAGOPA\|00\d\|(\d{18})\|(\d{11})\|\d{1,11}$/;
const LINK = /^(?:https?:\/\/\S+[?&]n=)?(\d{18})[-.](\d{11})$/;

/** Number and body as a notice says both in one text: its QR code, its link, or the link's `n`.
 * Null for any other text. */
export function printedOn(text) {
  const said = text.trim();
  const found = QR.exec(said) ?? LINK.exec(said);
  return found && { notice: found[1], body: found[2] };
}

export function isNotice(text) {
  return NOTICE.test(text);
}

export function cleanTaxCode(text) {
  return text.replace(/[\s\u00a0]/g, "").toUpperCase().replace(/^IT(?=\d{11}$)/, "");
}

/** A codice fiscale of a person, or the eleven figures of a partita IVA, with its check character. */
export function isTaxCode(text) {
  if (/^\d{11}$/.test(text)) return luhn(text);
  if (!PERSON.test(text)) return false;
  let sum = 0;
  for (let at = 0; at < 15; at += 1) {
    const character = text.charCodeAt(at);
    const value = character < 65 ? character - 48 : character - 65;
    sum += at % 2 === 0 ? ODD[value] : value;
  }
  return text.charCodeAt(15) - 65 === sum % 26;
}

function luhn(text) {
  let sum = 0;
  for (let at = 0; at < 11; at += 1) {
    const figure = Number(text[at]);
    const doubled = at % 2 === 1 ? figure * 2 : figure;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

export function isMail(text) {
  return /^[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}$/.test(text) && text.length <= 254;
}
