import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Revision, revisionProfile } from "#abi/revisions.ts";
import { renderImageSize } from "#generate/image-size.ts";
import { renderParser, templateFiles } from "#generate/parser-source.ts";
import { loadTargets } from "#generate/target.ts";
import { templateContext } from "#generate/template-context.ts";
import type { RecordLimits } from "#reference-parsers/input.ts";
import { expectValue } from "../support/expect-value.ts";

/** What the parser did with one image. */
export type Run = {
  /** The buffers given to bpf_buffer_parser(), in order. */
  readonly buffers: readonly Uint8Array[];
  /** Reads outside of the image; the parser has to check before it reads. */
  readonly wildReads: number;
  /** Ring-buffer records and parser contexts that were not given back. */
  readonly leaks: number;
};

/** Types of the kernel that the parsers use, for the machine that the tests run on. */
const VMLINUX = `
#include <stddef.h>
typedef unsigned char __u8; typedef unsigned short __u16; typedef unsigned int __u32;
typedef unsigned long __u64; typedef long __s64;
typedef _Bool bool;
enum { false, true };
enum { BPF_MAP_TYPE_RINGBUF = 27, BPF_RB_NO_WAKEUP = 1 };
`;

const HELPERS = `
#define SEC(name)
#define __ksym
#define __uint(name, value) int (*name)[value]
#define __always_inline inline __attribute__((always_inline))
#define barrier_var(variable) asm volatile("" : "+r"(variable))
#define bpf_printk(...) ((void)0)
void *bpf_ringbuf_reserve(void *ring, __u64 size, __u64 flags);
void bpf_ringbuf_discard(void *record, __u64 flags);
long bpf_probe_read_kernel(void *to, __u32 size, const void *from);
long bpf_loop(__u32 turns, void *function, void *context, __u64 flags);
`;

/** Reads images from stdin (u32 length, bytes) and writes, for each: u32 buffers, each as u32 length and bytes, u32 wild reads, u32 leaks. */
const HARNESS = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *image_start;
static size_t image_size;
static unsigned int wild, held, sent;
static char *out;
static size_t out_size;
static FILE *stream;

void *bpf_ringbuf_reserve(void *ring, __u64 size, __u64 flags)
{
	held++;
	return memset(malloc(size), 0xdd, size);
}

void bpf_ringbuf_discard(void *record, __u64 flags)
{
	held--;
	free(record);
}

long bpf_probe_read_kernel(void *to, __u32 size, const void *from)
{
	size_t at = (const char *)from - image_start;

	/* As on x86, an address that is none is refused even where nothing is to be read. */
	if (at > image_size || size > image_size - at) {
		wild++;
		return -14;
	}
	memcpy(to, from, size);
	return 0;
}

long bpf_loop(__u32 turns, void *function, void *context, __u64 flags)
{
	__u32 turn = 0;

	while (turn < turns && !((long (*)(__u64, void *))function)(turn++, context))
		;
	return turn;
}

struct bpf_parser_context { int unused; } parser_context;

struct bpf_parser_context *bpf_get_parser_context(unsigned long id)
{
	held++;
	return id == 42 ? &parser_context : NULL;
}

void bpf_put_parser_context(struct bpf_parser_context *parser)
{
	held--;
}

int bpf_buffer_parser(char *buf, int size, struct bpf_parser_context *parser)
{
	unsigned int length = size;

	sent++;
	fwrite(&length, 4, 1, stream);
	fwrite(buf, length, 1, stream);
	return 0;
}

static void put(unsigned int value)
{
	fwrite(&value, 4, 1, stdout);
}

int main(void)
{
	unsigned int length;

	while (fread(&length, 4, 1, stdin) == 1) {
		char *image = malloc(length + 1);
		struct kexec_context context;
		__u64 arguments[2] = { (__u64)&context, 42 };

		if (length && fread(image, length, 1, stdin) != 1)
			return 1;
		image_start = image;
		image_size = length;
		wild = held = sent = 0;
		memset(&context, 0, sizeof(context));
		context.IMAGE = image;
		context.IMAGE_LENGTH = length;
		stream = open_memstream(&out, &out_size);
		parse_pe(arguments);
		fclose(stream);
		put(sent);
		fwrite(out, out_size, 1, stdout);
		put(wild);
		put(held);
		free(out);
		free(image);
	}
	return 0;
}
`;

/**
 * Renders a target's parser, compiles it for this machine with the kernel's side stood in for, and returns a
 * function that runs it over images.
 */
export async function compiledParser(
  compiler: string,
  name: string,
  revision: Revision,
  limits: RecordLimits,
): Promise<(images: readonly Uint8Array[]) => readonly Run[]> {
  const profile = revisionProfile(revision);
  const target = expectValue(await loadTargets(["templates"])).get(name);
  if (target === undefined) throw new Error(`no target ${name}`);
  const files = expectValue(await templateFiles("templates", target, revision));
  const context = templateContext({
    target,
    arch: "arm64",
    profile,
    kernelHasContext: false,
    seedPayloadSize: false,
  });
  const parser = expectValue(await renderParser(files, target, context));

  const folder = mkdtempSync(join(tmpdir(), "c-parser-"));
  mkdirSync(join(folder, "bpf"));
  writeFileSync(join(folder, "vmlinux.h"), VMLINUX);
  writeFileSync(join(folder, "bpf/bpf_helpers.h"), HELPERS);
  writeFileSync(join(folder, "image_size.h"), expectValue(renderImageSize({ image: 1, ...limits }, profile)));
  writeFileSync(join(folder, "parser.c"), parser);
  const { data, size } = profile.image;
  writeFileSync(join(folder, "main.c"), `#include "parser.c"\n${HARNESS}`);
  const program = join(folder, "program");
  const options = ["-w", "-O1", "-I.", `-DIMAGE=${data}`, `-DIMAGE_LENGTH=${size}`, "-o", program, "main.c"];
  execFileSync(compiler, options, { cwd: folder, stdio: "pipe" });

  return (images) => {
    const input = Buffer.concat(
      images.flatMap((image) => {
        const length = Buffer.alloc(4);
        length.writeUInt32LE(image.length);
        return [length, image];
      }),
    );
    return decodeRuns(execFileSync(program, { input, maxBuffer: 1 << 30 }), images.length);
  };
}

function decodeRuns(output: Buffer, count: number): readonly Run[] {
  let at = 0;
  const u32 = () => {
    at += 4;
    return output.readUInt32LE(at - 4);
  };
  return Array.from({ length: count }, () => {
    const buffers = Array.from({ length: u32() }, () => {
      const length = u32();
      at += length;
      return new Uint8Array(output.subarray(at - length, at));
    });
    return { buffers, wildReads: u32(), leaks: u32() };
  });
}
