// Fields that come in rows, as many as somebody wants: each row has a key of its own, so that what
// was typed, and the focus, stay where they are when rows go or change places.

/** `fields` of each row; what is typed is in the form's values, by `name(key, field)`. */
export function makeRows(context, form, prefix, fields) {
  let next = 0;
  const rows = { keys: [] };

  rows.name = (key, field) => `${prefix}-${key}-${field}`;
  rows.get = (key, field) => form.values[rows.name(key, field)] ?? "";
  rows.read = (key) => Object.fromEntries(fields.map((each) => [each, rows.get(key, each)]));
  rows.all = () => rows.keys.map(rows.read);

  rows.add = (values = {}) => {
    const key = (next += 1);
    for (const field of fields) form.values[rows.name(key, field)] = values[field] ?? "";
    rows.keys = [...rows.keys, key];
    return key;
  };
  /** A new row with the focus in its first field. */
  rows.more = () => {
    const key = rows.add();
    context.update();
    document.getElementById(rows.name(key, fields[0]))?.focus();
  };
  rows.drop = (key, back) => {
    rows.keys = rows.keys.filter((each) => each !== key);
    for (const field of fields) delete form.errors[rows.name(key, field)];
    context.update();
    document.getElementById(back)?.focus();
  };
  /** One place up (-1) or down (1). */
  rows.move = (key, by) => {
    const keys = rows.keys.filter((each) => each !== key);
    keys.splice(rows.keys.indexOf(key) + by, 0, key);
    rows.keys = keys;
    context.update();
  };
  /** The field that the API means by the `at`th row. */
  rows.place = (at, field) => (rows.keys[at] ? rows.name(rows.keys[at], field) : null);
  return rows;
}
