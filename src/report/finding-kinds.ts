import type { FindingKind, Shortfall } from "#core/verification.ts";

/** All that a report of a verification can complain of. */
export type ProblemKind = FindingKind | Shortfall["kind"] | "not-judged";

type Description = {
  /** In a table. */
  readonly title: string;
  /** In a sentence, without its full stop. */
  readonly rule: string;
  /** What it means for a kernel. */
  readonly meaning: string;
  /** What to do. */
  readonly help: string;
};

/** What each kind of finding is called: in a table, and as a rule with a description. */
export const FINDING_KINDS: Readonly<Record<FindingKind, Description>> = {
  fault: {
    title: "FAULT",
    rule: "The program does what no program may do, such as an access out of bounds",
    meaning:
      "The virtual machine ended the program at an access or a call that the kernel's verifier should never have let run. On such an image the kernel would refuse the program, or worse.",
    help: "Look at the instruction and its source line: the bound that is missing, or the check that comes too late. `kexec-bpf disasm` shows the instructions around it.",
  },
  "not-modelled": {
    title: "NOT MODELLED",
    rule: "The program asks for something of the kernel's that is not modelled here",
    meaning:
      "A kernel may well do what the program asks for; the virtual machine cannot follow, so nothing is known of this run from there on. It is no finding about the program.",
    help: "Prove this parser in a real kernel (`kexec-bpf kernel-test`), or leave the helper, map or kernel object out of it: parsers need none of these.",
  },
  leak: {
    title: "LEAKS",
    rule: "A ring-buffer record or a parser context is not given back",
    meaning:
      "The kernel's verifier refuses a program that can end with a record or a context in its hands. The runs tell what was denied on the way there.",
    help: "Discard or submit every record, and put the context, on each way out of the program.",
  },
  "stray-read": {
    title: "STRAYS",
    rule: "A read reaches beyond the image",
    meaning:
      "The read fails here. On a real kernel the memory behind the image may be readable, and what lies there would be taken for a part of the image.",
    help: "Compare offset and size with the image's size before the read, without a sum that can wrap.",
  },
  malformed: {
    title: "MALFORMED",
    rule: "What is handed to the kernel is no command",
    meaning: "The kernel refuses a buffer that does not begin with a valid `cmd_hdr`.",
    help: "Fill in every field of the header, and hand over as many bytes as it says. The hexdump shows what was sent; docs/spec.md has the layout.",
  },
  "went-on": {
    title: "WENT ON",
    rule: "A command is sent after one that the kernel refused",
    meaning: "What the kernel has of the image is then not what the parser believes.",
    help: "Look at what `bpf_buffer_parser()` returns, and end with everything given back when it is not 0.",
  },
  "bad-reference": {
    title: "REFERENCE",
    rule: "The reference parser of the user's own is at fault itself",
    meaning:
      "Nothing is known of what a right parser sends for such an image. It is no finding about the parser.",
    help: "Mend the module that `--reference` names: it answers every image with parts or a refusal (docs/targets.md).",
  },
  difference: {
    title: "DIFFERS",
    rule: "The stream is not the one that the reference parser expects",
    meaning:
      "The kernel would load something else than what the image holds, or nothing at all, or would take an image that has to be refused.",
    help: "The finding names the command, the field and the first byte that differs, and the source line that stored it. `kexec-bpf stream reference` writes the expected stream.",
  },
};

/** Beside the findings: what keeps a verification from being one. */
export const PROBLEM_KINDS: Readonly<Record<ProblemKind, Description>> = {
  ...FINDING_KINDS,
  "not-judged": {
    title: "NOT JUDGED",
    rule: "A parser or an image cannot be read, compiled or loaded",
    meaning: "Nothing was proven of it. The other parsers and images were judged all the same.",
    help: "The message tells the reason, with the file and the place in it.",
  },
  "load-fails": {
    title: "LOAD FAILS",
    rule: "A container cannot take an image to the end that its own parser is for",
    meaning:
      "The outermost parser takes the image, and what it hands on could be loaded, but no parser of the container's next layer takes it. The kernel refuses the whole.",
    help: "Build the container for what is inside the image: `kexec-bpf inspect` tells what the kernel in it is.",
  },
  unexpected: {
    title: "UNEXPECTED",
    rule: "An image is not accepted or refused as `--expect` says",
    meaning:
      "With `--expect accepted`, the file is none that these parsers take, so that the run proves nothing of the image that was meant; with `--expect refused`, it is one that they take.",
    help: "Look at the file: `kexec-bpf inspect` tells what it is and what each parser would send for it.",
  },
  "nothing-judged": {
    title: "NOTHING JUDGED",
    rule: "No image is a case for any of the parsers",
    meaning:
      "Every case's description names another parser or another revision. Nothing judged is nothing proven.",
    help: "Give cases of the parsers' own reference and revision (`kexec-bpf corpus --help`), or plain images.",
  },
  "nothing-accepted": {
    title: "NOTHING ACCEPTED",
    rule: "Every image was refused, and nothing says that it should be",
    meaning:
      "Parsers that refuse everything that they are shown have most likely been shown the wrong files.",
    help: "Give an image that the parsers take, or say `--expect refused`.",
  },
};
