// What the API refuses of single fields, as a form shows it: beside them.

/**
 * For `makeForm`'s `refused`. `codes`: a stable code to the field that it means, or to a function of
 * its details that names one. `place(path)`: the field of a path such as `contacts.mail`, for what
 * is not in the shape that the API wants; without it the last part of the path.
 */
export function refusalOf(words, codes, place = (path) => path.split(".").at(-1)) {
  return (error) => {
    const named = Object.hasOwn(codes, error.code) ? codes[error.code] : null;
    const field = typeof named === "function" ? named(error.details ?? {}) : named;
    if (field) return { [field]: words.codes[error.code] };
    const wrong = error.code === "invalid_request" ? error.details?.fields ?? [] : [];
    return Object.fromEntries(wrong.map((each) => [
      place(each.field) ?? each.field, words.settings.fieldWrong,
    ]));
  };
}
