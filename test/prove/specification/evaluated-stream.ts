import type { HeaderLayout } from "#abi/header-layout.ts";
import type { PerPart } from "#abi/parts.ts";
import { anyState } from "#prove/induction/loop.ts";
import type { Search, SearchState, Specification } from "#prove/specification/specification.ts";
import { streamTerms } from "#prove/specification/stream.ts";
import { Evaluation } from "#prove/terms/evaluate.ts";
import { IMAGE, IMAGE_SIZE } from "#prove/terms/names.ts";
import { type Bits, variable } from "#prove/terms/term.ts";

const INDEX = "index";
const AT = "at";
const STATE = "found";

/** Evaluates a specification on the bytes of images: its terms are made once. Gives the commands' bytes. */
export function streamEvaluator(
  specification: Specification,
  layout: HeaderLayout,
  limits: PerPart<number>,
): (image: Uint8Array) => readonly Uint8Array[] {
  const { search } = specification;
  const found = search === undefined ? new Map<string, Bits>() : anyState(search, STATE);
  const stream = streamTerms(specification.outcome(found), layout, limits);
  const payloads = stream.commands.map(({ payload }) => payload(variable(64, AT)));
  const turn = search?.turn(found, variable(64, INDEX));
  return (image) => {
    const state = search && turn ? searched(search, turn, image) : new Map<string, bigint>();
    const evaluation = evaluationOf(image, state);
    if (!evaluation.holds(stream.accepted)) return [];
    return stream.commands.flatMap(({ sent, header, length }, place) => {
      const payload = payloads[place];
      if (!evaluation.holds(sent) || payload === undefined) return [];
      const bytes = Array.from({ length: Number(evaluation.bits(length)) }, (_, at) =>
        Number(evaluationOf(image, new Map([...state, [AT, BigInt(at)]])).bits(payload)),
      );
      return [Uint8Array.from([...header.map((byte) => Number(evaluation.bits(byte))), ...bytes])];
    });
  };
}

type Turn = { readonly state: SearchState; readonly ends: Parameters<Evaluation["holds"]>[0] };

/** What the search comes to, turn by turn. */
function searched(search: Search, turn: Turn, image: Uint8Array): ReadonlyMap<string, bigint> {
  const plain = evaluationOf(image, new Map());
  let state = named(search.initially, plain);
  if (!plain.holds(search.begins)) return state;
  const turns = Number(plain.bits(search.turns));
  for (let index = 0; index < turns; index++) {
    const evaluation = evaluationOf(image, new Map([...state, [INDEX, BigInt(index)]]));
    state = named(turn.state, evaluation);
    if (evaluation.holds(turn.ends)) break;
  }
  return state;
}

function named(state: SearchState, evaluation: Evaluation): ReadonlyMap<string, bigint> {
  return new Map([...state].map(([name, value]) => [`${STATE} ${name}`, evaluation.bits(value)]));
}

function evaluationOf(image: Uint8Array, variables: ReadonlyMap<string, bigint>): Evaluation {
  return new Evaluation({
    variable: (name) => {
      const value = name === IMAGE_SIZE ? BigInt(image.length) : variables.get(name);
      if (value === undefined) throw new Error(`the specification speaks of ${name}`);
      return value;
    },
    byte: (memory, at) => {
      if (memory !== IMAGE) throw new Error(`the specification reads ${memory}`);
      return BigInt(image[Number(at)] ?? 0);
    },
  });
}
