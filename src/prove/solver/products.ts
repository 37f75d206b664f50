import { minus, plus, sum, times } from "#prove/terms/bits.ts";
import { boundsOf } from "#prove/terms/bounds.ts";
import { termsIn } from "#prove/terms/operands.ts";
import { Replacement } from "#prove/terms/replace.ts";
import { type Addend, type Bits, constant, TRUE, type Truth, variable } from "#prove/terms/term.ts";
import { compare } from "#prove/terms/truth.ts";
import type { Query } from "./query.ts";

/**
 * The query with each product as a variable of its own, and what is true of products for what they are of: solvers are slow where they have
 * to multiply. What is impossible for any such numbers is impossible. Undefined where nothing is multiplied.
 */
export function withoutProducts(query: Query): Query | undefined {
  const { products: found, change } = productsIn();
  const changed = query.map((one) => change.truth(one));
  const products = [...found.values()];
  if (products.length === 0) return undefined;
  const orders = query.flatMap((one) => orderOf(one, products));
  return withBase([...products.flatMap(boundOf), ...orders, ...changed], products);
}

/**
 * What a product is added to is one number, too: where a table begins is often a sum of three. Everywhere, that sum is the new number, or
 * other sums are by that much more or less than something shorter.
 */
function withBase(query: Query, products: readonly Product[]): Query {
  const base = baseIn(query, products);
  if (base === undefined) return query;
  const change = sumsChanged((own) => {
    for (const sign of [1n, -1n]) {
      const rest = plus(own, times(base.of, constant(own.width, -sign)));
      const isShorter = own.width === base.of.width && addendsOf(rest) < addendsOf(own);
      if (isShorter)
        return sum(own.width, 0n, [
          { factor: 1n, term: rest },
          { factor: sign, term: base.variable },
        ]);
    }
    return own;
  });
  return query.map((one) => change.truth(one));
}

function addendsOf(term: Bits): number {
  return term.kind === "sum" ? term.addends.length : term.kind === "constant" ? 0 : 1;
}

/** What a product of the query is added to, where that is a sum. */
function baseIn(
  query: Query,
  products: readonly Product[],
): { readonly of: Bits; readonly variable: Bits } | undefined {
  const terms = new Set(products.map((product) => product.variable));
  for (const own of termsIn(query)) {
    if (own.kind !== "sum") continue;
    const product = own.addends.find(({ factor, term }) => factor === 1n && terms.has(term));
    const of = product && minus(own, product.term);
    if (of?.kind !== "sum" || of.addends.length < 2 || of.addends.some(({ factor }) => factor < 0n)) continue;
    return { of, variable: variable(of.width, `what products of ${of.width} bits are added to`) };
  }
  return undefined;
}

/** A number that is `factor` times another, which surely has room for it. */
type Product = { readonly factor: bigint; readonly of: Bits; readonly variable: Bits };

/** Puts other terms in the places of sums. */
function sumsChanged(changed: (sum: Bits & { kind: "sum" }) => Bits): Replacement {
  return new Replacement([], (rebuilt) => (rebuilt.kind === "sum" ? changed(rebuilt) : rebuilt));
}

function productsIn(): { readonly products: Map<string, Product>; readonly change: Replacement } {
  const products = new Map<string, Product>();
  const productOf = (factor: bigint, of: Bits): Bits | undefined => {
    if (factor === 1n || (factor * boundsOf(of).most) >> BigInt(of.width) > 0n) return undefined;
    const name = `${factor} times ${of.id}`;
    const product = products.get(name) ?? { factor, of, variable: variable(of.width, name) };
    products.set(name, product);
    return product.variable;
  };
  const change = sumsChanged(({ width, constant: start, addends }) =>
    sum(
      width,
      start,
      addends.map(({ factor, term }): Addend => {
        const sign = factor < 0n ? -1n : 1n;
        const product = productOf(factor * sign, term);
        return product === undefined ? { factor, term } : { factor: sign, term: product };
      }),
    ),
  );
  return { products, change };
}

function boundOf({ factor, of, variable: product }: Product): readonly Truth[] {
  const { least, most } = boundsOf(of);
  const [low, high] = [least, most].map((bound) => constant(of.width, factor * bound));
  if (low === undefined || high === undefined) return [];
  return [compare("ule", low, product), compare("ule", product, high)].filter((one) => one !== TRUE);
}

/** One number below another: so are the same multiples of them, and by the factor at least. */
function orderOf(one: Truth, products: readonly Product[]): readonly Truth[] {
  if (one.kind !== "compare" || (one.test !== "ult" && one.test !== "ule")) return [];
  return products
    .filter(({ of }) => of === one.a)
    .flatMap((low) => {
      const high = products.find(({ factor, of }) => of === one.b && factor === low.factor);
      if (high === undefined) return [];
      const step = constant(low.of.width, one.test === "ult" ? low.factor : 0n);
      return [compare("ule", plus(low.variable, step), high.variable)];
    });
}
