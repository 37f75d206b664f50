// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a light skeleton (bpftool gen skeleton -L) by C's own tokens: an array that is not there is an error here, and not an
 * empty array.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "skeleton.h"

enum kind { END, WORD, STRING, PUNCTUATION };

struct token {
	enum kind kind;
	/* of a string its value; NUL-terminated in any case */
	struct bytes text;
};

struct reader {
	const char *path;
	const char *at;
	/* the last tokens, the newest first */
	struct token last[4];
};

/* struct kexec_pe_parser_bpf of the kernel: the loader program stores file descriptors by position. */
static const char *const kernel_maps[] = {
	"ringbuf_1", "ringbuf_2", "ringbuf_3", "ringbuf_4", "rodata", "data", "rodata_str1_1", "bss",
};

/* Joins lines at a backslash before their end, as C does before anything else. */
static void join_lines(struct bytes *text)
{
	size_t size = 0;

	for (size_t i = 0; i < text->size; i++) {
		if (text->data[i] == '\\' && text->data[i + 1] == '\n')
			i++;
		else
			text->data[size++] = text->data[i];
	}
	text->size = size;
	text->data[size] = 0;
}

static const char *skip_space(const struct reader *reader)
{
	const char *at = reader->at;

	for (;;) {
		if (isspace((unsigned char)*at)) {
			at++;
		} else if (at[0] == '/' && at[1] == '/') {
			at += strcspn(at, "\n");
		} else if (at[0] == '/' && at[1] == '*') {
			at = strstr(at + 2, "*/");
			if (!at)
				fail("%s: a comment without an end", reader->path);
			at += 2;
		} else {
			return at;
		}
	}
}

/* The value of the escape after a backslash. */
static unsigned char read_escape(struct reader *reader)
{
	static const char names[] = "abtnvfr\"'?\\";
	static const char values[] = "\a\b\t\n\v\f\r\"'?\\";
	const char *name;
	char *end;
	unsigned long value;

	if (*reader->at == 'x') {
		if (!isxdigit((unsigned char)reader->at[1]))
			fail("%s: \\x without a digit", reader->path);
		value = strtoul(reader->at + 1, &end, 16);
		reader->at = end;
	} else if (*reader->at >= '0' && *reader->at <= '7') {
		value = 0;
		for (int i = 0; i < 3 && *reader->at >= '0' && *reader->at <= '7'; i++)
			value = 8 * value + (*reader->at++ - '0');
	} else {
		name = *reader->at ? strchr(names, *reader->at) : NULL;
		if (!name)
			fail("%s: an unknown escape in a string", reader->path);
		reader->at++;
		return values[name - names];
	}
	if (value > 0xff)
		fail("%s: an escape above 0xff", reader->path);
	return value;
}

static void read_string(struct reader *reader, struct bytes *text)
{
	while (*reader->at != '"') {
		unsigned char byte = *reader->at++;

		if (!byte || byte == '\n')
			fail("%s: a string without an end", reader->path);
		if (byte == '\\')
			byte = read_escape(reader);
		append(text, &byte, 1);
	}
	reader->at++;
}

static const struct token *next(struct reader *reader)
{
	struct token token = { .kind = PUNCTUATION };
	size_t length = 0;

	append(&token.text, NULL, 0);
	reader->at = skip_space(reader);
	if (!*reader->at) {
		token.kind = END;
	} else if (*reader->at == '"') {
		token.kind = STRING;
		reader->at++;
		read_string(reader, &token.text);
	} else {
		while (isalnum((unsigned char)reader->at[length]) || (reader->at[length] && strchr("_.", reader->at[length])))
			length++;
		if (length)
			token.kind = WORD;
		append(&token.text, reader->at, length ? length : 1);
		reader->at += length ? length : 1;
	}
	free(reader->last[3].text.data);
	memmove(reader->last + 1, reader->last, 3 * sizeof(token));
	reader->last[0] = token;
	return &reader->last[0];
}

static bool is(const struct token *token, enum kind kind, const char *text)
{
	return token->kind == kind && !strcmp((const char *)token->text.data, text);
}

/* After NAME[: the strings between = and ; are its value. */
static void read_array(struct reader *reader, const char *name, struct bytes *array)
{
	const struct token *token;

	if (array->data)
		fail("%s: %s stands there twice", reader->path, name);
	do {
		token = next(reader);
		if (token->kind == END || is(token, PUNCTUATION, ";"))
			fail("%s: %s has no value", reader->path, name);
	} while (!is(token, PUNCTUATION, "="));
	for (token = next(reader); token->kind == STRING; token = next(reader))
		append(array, token->text.data, token->text.size);
	if (!is(token, PUNCTUATION, ";"))
		fail("%s: the value of %s is not a string", reader->path, name);
	if (!array->size)
		fail("%s: %s is empty", reader->path, name);
}

/* Whether the last four tokens are "struct TYPE NAME;". */
static bool is_member(const struct reader *reader, const char *type)
{
	return is(&reader->last[0], PUNCTUATION, ";") && reader->last[1].kind == WORD &&
	       is(&reader->last[2], WORD, type) && is(&reader->last[3], WORD, "struct");
}

struct skeleton read_skeleton(const char *path)
{
	struct bytes text = read_file(path);
	struct reader reader = { .path = path, .at = (const char *)text.data };
	struct skeleton skeleton = {};
	size_t maps = 0, programs = 0;

	join_lines(&text);
	while (next(&reader)->kind != END) {
		if (is(&reader.last[0], PUNCTUATION, "[") && is(&reader.last[1], WORD, "opts_data"))
			read_array(&reader, "opts_data", &skeleton.opts_data);
		else if (is(&reader.last[0], PUNCTUATION, "[") && is(&reader.last[1], WORD, "opts_insn"))
			read_array(&reader, "opts_insn", &skeleton.opts_insn);
		else if (is_member(&reader, "bpf_prog_desc"))
			programs++;
		else if (is_member(&reader, "bpf_map_desc") &&
			 (maps >= ARRAY_SIZE(kernel_maps) || !is(&reader.last[1], WORD, kernel_maps[maps++])))
			fail("%s: map %s is not in its place in the kernel's skeleton", path, reader.last[1].text.data);
	}
	if (!skeleton.opts_data.data || !skeleton.opts_insn.data)
		fail("%s has no opts_data or no opts_insn: bpftool is too old, or failed", path);
	if (skeleton.opts_insn.size % 8)
		fail("%s: opts_insn is cut within an instruction", path);
	if (maps != ARRAY_SIZE(kernel_maps) || programs != 1)
		fail("%s has %zu maps and %zu programs, the kernel's skeleton %zu and one", path, maps, programs,
		     ARRAY_SIZE(kernel_maps));
	return skeleton;
}
