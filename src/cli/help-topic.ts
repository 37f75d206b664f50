import { err, ok, type Result } from "#core/result.ts";
import { actionsOf } from "./command.ts";
import { COMMANDS } from "./table.ts";

/**
 * `help TOPIC` as the words that show it: `help pack uki` is `pack uki --help`. Other words stay as they are. A topic
 * that is not a command stays a command, so that it gets the answer that any unknown command gets.
 */
export function withHelpTopic(argv: readonly string[]): Result<readonly string[]> {
  const [first, topic, action] = argv;
  if (first !== "help") return ok(argv);
  if (topic === undefined || topic.startsWith("-")) return ok(["--help"]);
  const entry = Object.hasOwn(COMMANDS, topic) ? COMMANDS[topic] : undefined;
  if (entry === undefined) return ok([topic]);
  if (action === undefined) return ok([topic, "--help"]);
  const actions = Object.keys(actionsOf(entry));
  if (actions.includes(action)) return ok([topic, action, "--help"]);
  const known = actions.length === 0 ? `${topic} has no topics` : `${actions.join(", ")} are known`;
  return err({ reason: "usage", detail: `help ${topic} ${action}: ${known}` });
}
