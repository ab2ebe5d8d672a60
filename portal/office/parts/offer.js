// What a service costs, as the citizen's pages know a price.

const QUANTITY = 1_000; // of one item of a tariff list, as the server has it

export function priceOf({ price }) {
  if (price?.kind !== "tariff") return price;
  return { kind: "tariffs", tariffs: price.items.map((each) => ({ ...each, most: QUANTITY })) };
}
