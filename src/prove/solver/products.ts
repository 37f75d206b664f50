import { plus, sum } from "#prove/terms/bits.ts";
import { boundsOf } from "#prove/terms/bounds.ts";
import { rebuiltBits, rebuiltTruth } from "#prove/terms/rebuild.ts";
import { type Addend, type Bits, constant, TRUE, type Truth, variable } from "#prove/terms/term.ts";
import { compare } from "#prove/terms/truth.ts";
import type { Query } from "./query.ts";

/**
 * The query with each product as a variable of its own, and what is true of products for what they are of: solvers are slow where they have
 * to multiply. What is impossible for any such numbers is impossible. Undefined where nothing is multiplied.
 */
export function withoutProducts(query: Query): Query | undefined {
  const change = new ProductChange();
  const changed = query.map((one) => change.truth(one));
  const products = [...change.products.values()];
  if (products.length === 0) return undefined;
  const orders = query.flatMap((one) => orderOf(one, products));
  return [...products.flatMap(boundOf), ...orders, ...changed];
}

/** A number that is `factor` times another, which surely has room for it. */
type Product = { readonly factor: bigint; readonly of: Bits; readonly variable: Bits };

class ProductChange {
  readonly products = new Map<string, Product>();
  readonly #done = new Map<Bits | Truth, Bits | Truth>();

  truth(term: Truth): Truth {
    const result = (this.#done.get(term) as Truth | undefined) ?? rebuiltTruth(term, this);
    this.#done.set(term, result);
    return result;
  }

  bits(term: Bits): Bits {
    const before = this.#done.get(term) as Bits | undefined;
    if (before !== undefined) return before;
    const result = term.kind === "sum" ? this.#sum(term) : rebuiltBits(term, this);
    this.#done.set(term, result);
    return result;
  }

  #sum({ width, constant: start, addends }: Bits & { kind: "sum" }): Bits {
    const changed = addends.map(({ factor, term }): Addend => {
      const sign = factor < 0n ? -1n : 1n;
      const product = this.#productOf(factor * sign, term);
      return product === undefined ? { factor, term: this.bits(term) } : { factor: sign, term: product };
    });
    return sum(width, start, changed);
  }

  #productOf(factor: bigint, of: Bits): Bits | undefined {
    if (factor === 1n || (factor * boundsOf(of).most) >> BigInt(of.width) > 0n) return undefined;
    const name = `${factor} times ${of.id}`;
    const product = this.products.get(name) ?? { factor, of, variable: variable(of.width, name) };
    this.products.set(name, product);
    return product.variable;
  }
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
