import { STATUSES } from "./exit-statuses.ts";

/** Something that several commands have in common: `kexec-bpf help NAME` prints it. */
export type Topic = {
  /** In lower case, as in the lists of help and completions. */
  readonly describe: string;
  /** At most a screen: 24 lines of 78 columns, a line break at the end. */
  readonly text: string;
};

const EXIT_STATUS = `${STATUSES.map(([status, meaning]) => `  ${String(status).padEnd(5)}${meaning}`).join("\n")}

What status 1 means for commands that judge:

  verify       a parser differs, an image is not what --expect says, or there
               was nothing to judge
  prove        something is refuted, or could not be decided
  fuzz         there are findings
  kernel-test  the kernel disagrees, or does not load a parser
  check        a file is not the one that its manifest names
  make -q      something is out of date
  fleet run    a kernel failed; the others are done

With --json, a failure is an object with "reason" on stdout, and the status
is the same. Results are on stdout, all talk is on stderr.
`;

const PARSERS = `A parser is a BPF program that takes images of one format apart in the kernel.
Each goes into a container NAME.bpf, which the kernel loads.

  zboot  zboot images (vmlinuz.efi of arm64, riscv, loongarch); with v7 also
         envelopes, which "pack envelope" makes of kernel, initrd, cmdline
  uki    unified kernel images: PE files with .linux, .initrd, .cmdline
  plain  kernels that need no unpacking, as the last layer of others (v7)

--abi v6|v7 is the revision of the kernel's interface. A kernel that has the
interface says in its BTF which one it speaks.

A parser sends a stream of commands, or nothing for an image that is not its
own: DECOMPRESS or COPY for each part, in v7 DONE at the end. "inspect FILE"
shows what each one would send. uki.bpf holds further parsers, in .bpf.nested,
for the kernel inside the UKI.

Other formats: help own-formats. All rules: docs/spec.md.
`;

const OWN_FORMATS = `A format of your own has a description, a body in C, and a reference in
JavaScript, which says what a right parser makes of an image.

  kexec-bpf new-target my_format      writes all of it for a small made-up
                                      format, and a test
  kexec-bpf build my_format --targets . --image boot.img -o out
  kexec-bpf verify out/my_format.bpf --reference ./my_format.mjs

--reference takes ./FORMAT.mjs in verify, fuzz, corpus, kernel-test, inspect
and explore. prove takes it, too, and shows safety alone: more needs a
specification, which the built-in formats have.

--reference none judges a parser whose format nothing knows: faults, leaks,
reads outside the image, half a stream. It takes images by --image.

  kexec-bpf stream record out/my_format.bpf boot.img -o boot.kbs
  kexec-bpf verify out/my_format.bpf --image boot.img --expected boot.kbs

hold later parsers to a stream that you have looked at (stream show).
docs/targets.md leads through all this; examples/android-boot is a whole one.
`;

const SIGNING = `  kexec-bpf sign zboot.bpf --key key.pem --cert cert.pem -o signed.bpf
  kexec-bpf verify-signature signed.bpf --cert cert.pem

append and verify the signature of the kernel's scripts/sign-file: PKCS#7,
detached. openssl 3 makes it. --key takes PEM, DER or a PKCS#11 URI; the
passphrase or PIN comes from KBUILD_SIGN_PIN, and is in no message or file.
Hashes and keys that kernels do not take are refused; --allow-weak takes them.

build --sign-key KEY --sign-cert CERT has bpftool sign the light skeletons,
for programs of your own that load them (Linux 6.18's bpftool or newer).

A build leaves NAME.manifest.json beside its files: what they were made of,
and by what. "kexec-bpf check NAME.manifest.json" compares. docs/signing.md.
`;

const PROOF = `  kexec-bpf prove out/zboot.bpf out/uki.bpf
  kexec-bpf build --prove ...          certificates beside the containers

shows for every image, of any size and content, and for every answer of the
kernel: the parser touches only what is its own, gives back what it takes,
and sends exactly what docs/spec.md says, or nothing. --safety leaves the
last part out.

What is wrong is refuted by an image, which was run; --counterexamples DIR
keeps it. What is neither shown nor refuted is told as unknown, and counts as
not proven (status 1).

The solver is npm's package z3-solver, or --solver z3, cvc5, bitwuzla or a
path. --smt2 DIR writes all that was asked, for another solver. A certificate
(-o FILE) names the files by SHA-256; "kexec-bpf check" compares them.
docs/proof.md says what the proof rests on.
`;

const FLEETS = `  kexec-bpf fleet init /boot -o FLEET.json   or --deb trixie:arm64, --rpm DIR
  kexec-bpf fleet run FLEET.json -o out      again at any time: goes on
  kexec-bpf fleet status FLEET.json -o out
  kexec-bpf fleet compare yesterday out --fail-on verdict,build

build and verify parsers for every kernel of a list, each in out/NAME, and
write out/fleet-report.json. Equal work is done once. A kernel that fails
fails alone (status 1 at the end).

--shard I/N takes a part, --shard auto what Slurm, GitLab, Buildkite or
Kubernetes say in the environment; "fleet merge" joins the parts.
--cache URL|DIR shares work between machines: help caches.
docs/fleet.md has the file's members, and recipes for each engine.
`;

const CACHES = `Outputs. The folder .kexec-bpf beside outputs remembers what outputs
were made of. Without it everything is made once more, and nothing else.
"kexec-bpf make clean" and "fleet clean" remove what was built.

Shared work. --cache DIR, or --cache URL of a server that speaks Bazel's HTTP
protocol (build, fleet run): outputs of clang and bpftool by what they depend
on. --cache-mode read only takes. One that is down or wrong costs time only.
Who may write to it can put programs into your outputs.

This user's. $KEXEC_BPF_CACHE, else $XDG_CACHE_HOME/kexec-bpf, else
~/.cache/kexec-bpf: tools that scripts/setup and scripts/debian-package
unpacked, kernels for QEMU with the modules made for them, unpacked rpms, and
the versions of tools. It may be removed at any time.

Fuzzing. PARSER.fuzz, or --corpus DIR: the queue and the findings.
docs/fleet.md, docs/fuzzing.md.
`;

const ENVIRONMENT = `  CLANG, LLVM, BPFTOOL   tools by name or path; LLVM as a kernel build has it:
                         -19, /path/bin/, 1. Options go before variables.
  LIBBPF_HEADERS         folder that has bpf/bpf_helpers.h
  KBUILD_OUTPUT          where the kernel was built, if not in its tree
  VMLINUX_BTF, ...       make's other variables: kexec-bpf make --help
  MAKEFLAGS              of a make that runs "kexec-bpf make"
  SOURCE_DATE_EPOCH      the time in manifests, which have none without it
  KBUILD_SIGN_PIN        passphrase or PIN of the signing key
  KEXEC_BPF_CACHE, XDG_CACHE_HOME
                         this user's cache: help caches
  KEXEC_BPF_TOOL_TIMEOUT seconds that a tool may take (600)
  KEXEC_BPF_SHARDS, KEXEC_BPF_SHARD_INDEX
                         what --shard auto reads where no engine says it
  GITHUB_STEP_SUMMARY, GITHUB_WORKSPACE
                         for verify --github
  NO_COLOR, TERM         a terminal without colours: NO_COLOR=1, TERM=dumb
  HOME, PATH, SHELL      as everywhere; SHELL for completion

Tools see few other variables: CPATH and the like, which change what clang
makes of the same words, are kept from them.
`;

/** What is said of `help` itself. */
export const HELP = "show a command's help (help pack uki), or a topic";

/** All topics by name, in the order in which help lists them; none is called as a command is. */
export const TOPICS: Readonly<Record<string, Topic>> = {
  parsers: { describe: "which parsers there are, and which formats they take", text: PARSERS },
  "own-formats": {
    describe: "parsers for a format of your own, judged by your reference",
    text: OWN_FORMATS,
  },
  signing: { describe: "signatures and manifests", text: SIGNING },
  proof: { describe: "what prove shows, and with which solver", text: PROOF },
  fleets: { describe: "many kernels, several machines", text: FLEETS },
  caches: { describe: "what is kept where, and may be removed", text: CACHES },
  environment: { describe: "variables that are read", text: ENVIRONMENT },
  "exit-status": { describe: "exit statuses of all commands", text: EXIT_STATUS },
};
