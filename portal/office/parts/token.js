// The token of a mailed link stands behind the `#`, which no server sees. It leaves the address at
// once, so that neither history nor screen keep it, and lives as long as the page does.

let kept = "";

export function takeToken() {
  const found = location.hash.slice(1);
  if (found) {
    kept = found;
    history.replaceState(null, "", location.pathname + location.search);
  }
  return kept;
}

export function useUp() {
  kept = "";
}
