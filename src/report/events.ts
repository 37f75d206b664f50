import type { Event, EventSink } from "#core/events.ts";
import { unreachable } from "#core/unreachable.ts";
import { failureText } from "./failure-text.ts";

export type EventText = {
  /** The program's name in front of what it says of itself. */
  readonly name: string;
  /** Print commands instead of quiet lines: make's `V=1`. */
  readonly commands: boolean;
  /** Where quiet lines and commands go. */
  readonly steps: (line: string) => void;
  /** Where everything else goes. */
  readonly talk: (line: string) => void;
};

/** Writes events as lines of text, but for those that are no lines: progress, and inputs. */
export function eventPrinter({ name, commands, steps, talk }: EventText): EventSink {
  return (event: Event): void => {
    switch (event.kind) {
      case "note":
        talk(`${name}: ${event.text}`);
        break;
      case "warning":
        talk(`${name}: warning: ${event.text}`);
        break;
      case "step":
        steps(commands ? event.command : quietLine(event.label, event.output));
        break;
      case "tool-log":
        talk(event.text.trimEnd());
        break;
      case "failure":
        talk(`${name}: ${failureText(event.failure)}`);
        break;
      case "progress":
      case "progress-end":
      case "input":
      case "span":
      case "campaign":
        break;
      default:
        unreachable(event);
    }
  };
}

/** As the kernel's build writes it: two spaces, the label in a field of eight, a space, the file. */
export function quietLine(label: string, output: string): string {
  return `  ${label.padEnd(8)} ${output}`;
}
