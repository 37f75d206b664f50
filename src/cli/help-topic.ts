import type { Topic } from "#commands/help/topics.ts";
import { err, ok, type Result } from "#core/result.ts";
import { actionsOf } from "./command.ts";
import { COMMANDS } from "./table.ts";

/** What words ask for: the words themselves, those that show a command's help, or a topic. */
export type Asked =
  | { readonly words: readonly string[] }
  | { readonly topic: Topic }
  /** `help` of something that is neither a command nor a topic. */
  | { readonly unknown: string };

/** `help TOPIC`, where `help pack uki` is `pack uki --help`. Other words stay as they are. Errors: `usage`. */
export async function askedFor(argv: readonly string[]): Promise<Result<Asked>> {
  const [first, topic, action] = argv;
  if (first !== "help") return ok({ words: argv });
  if (topic === undefined || topic.startsWith("-")) return ok({ words: ["--help"] });
  const entry = Object.hasOwn(COMMANDS, topic) ? COMMANDS[topic] : undefined;
  if (entry === undefined) return topicNamed(topic, action);
  if (action === undefined) return ok({ words: [topic, "--help"] });
  const actions = Object.keys(actionsOf(entry));
  if (actions.includes(action)) return ok({ words: [topic, action, "--help"] });
  const known = actions.length === 0 ? `${topic} has no topics` : `${actions.join(", ")} are known`;
  return err({ reason: "usage", detail: `help ${topic} ${action}: ${known}` });
}

async function topicNamed(name: string, more: string | undefined): Promise<Result<Asked>> {
  const { TOPICS } = await import("#commands/help/topics.ts");
  const topic = Object.hasOwn(TOPICS, name) ? TOPICS[name] : undefined;
  if (topic === undefined) return ok({ unknown: name });
  if (more === undefined) return ok({ topic });
  return err({ reason: "usage", detail: `help ${name} ${more}: ${name} has no topics` });
}
