// The cart lives in this tab only and ends with it: nothing of it is stored elsewhere.

const KEPT = "cart";
export const NOTICES_MAX = 5; // pagoPA's limit for one payment

/** Items are {key, notice, cents, due, creditor, subject}. */
export function items() {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

function keep(wanted) {
  sessionStorage.setItem(KEPT, JSON.stringify(wanted));
}

export const has = (notice) => items().some((each) => each.notice === notice);
export const isFull = () => items().length >= NOTICES_MAX;
export const total = () => items().reduce((sum, each) => sum + each.cents, 0);

/** False when there is no room. A newer key of the same notice takes the place of the old one. */
export function add(item) {
  const others = items().filter((each) => each.notice !== item.notice);
  if (others.length >= NOTICES_MAX) return false;
  keep([...others, item]);
  return true;
}

export function remove(notice) {
  keep(items().filter((each) => each.notice !== notice));
}

/** What was found last, for the next page of this visit: in memory, since it names a person. */
export const found = { result: null, taxCode: "" };
