// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's end of the kexec image parser interface for a kernel that does not have it: the anchor, the
 * kfuncs and their types, and a device that shows images to the parser that is attached. What a parser
 * sends is recorded, not acted upon. The parser itself meets the real verifier, the real JIT and the
 * real helpers.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "decompress.h"
#include "interface.h"
#include "kexec-testbed.h"

/* One call of bpf_buffer_parser(). */
struct record {
	struct list_head list;
	struct kexec_testbed_call call;
	char bytes[];
};

/* There is one, and a run has it to itself. A parser only ever sees its address. */
struct bpf_parser_context {
	struct kexec_testbed_run *run;
};

static struct bpf_parser_context parser_context;
static LIST_HEAD(records);
static char *image;
static size_t image_size;
/* Held by every system call on the device, so that a run is alone while the parser works. */
static DEFINE_MUTEX(testbed_lock);

__bpf_hook_start();

/* What parsers are attached to. The barrier keeps the compiler from leaving the call out. */
noinline __noclone __used void kexec_image_parser_anchor(struct kexec_context *context,
							 unsigned long parser_id)
{
	barrier();
}

__bpf_hook_end();

__bpf_kfunc_start_defs();

__bpf_kfunc struct bpf_parser_context *bpf_get_parser_context(unsigned long id)
{
	struct kexec_testbed_run *run = parser_context.run;

	if (!run || id != (unsigned long)&parser_context || run->flags & KEXEC_TESTBED_NO_CONTEXT)
		return NULL;
	run->references++;
	return &parser_context;
}

__bpf_kfunc void bpf_put_parser_context(struct bpf_parser_context *context)
{
	if (context == &parser_context && context->run)
		context->run->references--;
}

/*
 * The verifier lets @buf_sz be anything, for its name does not end in __sz: a wrong parser may ask for more
 * than there is behind @buf.
 */
__bpf_kfunc int bpf_buffer_parser(char *buf, int buf_sz, struct bpf_parser_context *context)
{
	struct kexec_testbed_run *run = parser_context.run;
	const struct cmd_hdr *header;
	struct record *record;
	int ret;

	if (!run || context != &parser_context)
		return -EINVAL;
	run->calls++;
	ret = -EINVAL;
	if (buf_sz < (int)sizeof(*header))
		goto fault;
	ret = -ENOMEM;
	record = vmalloc(struct_size(record, bytes, buf_sz));
	if (!record)
		goto fault;
	ret = copy_from_kernel_nofault(record->bytes, buf, buf_sz);
	if (ret) {
		vfree(record);
		goto fault;
	}
	header = (const struct cmd_hdr *)record->bytes;
	pr_debug("command %u.%u\n", header->cmd, header->subcmd);
	record->call.size = buf_sz;
	record->call.answer = run->calls == run->refuse ? -ENOMEM : 0;
	list_add_tail(&record->list, &records);
	run->largest = max_t(u32, run->largest, sizeof(record->call) + buf_sz);
	return record->call.answer;
fault:
	run->faults++;
	return ret;
}

__bpf_kfunc_end_defs();

/* A sleepable program may only be attached to a function that says so. */
BTF_KFUNCS_START(anchor_ids)
BTF_ID_FLAGS(func, kexec_image_parser_anchor, KF_SLEEPABLE)
BTF_KFUNCS_END(anchor_ids)

static const struct btf_kfunc_id_set anchor_set = {
	.owner = THIS_MODULE,
	.set = &anchor_ids,
};

BTF_KFUNCS_START(parser_kfunc_ids)
BTF_ID_FLAGS(func, bpf_get_parser_context, KF_ACQUIRE | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_put_parser_context, KF_RELEASE)
BTF_ID_FLAGS(func, bpf_buffer_parser, KF_SLEEPABLE)
BTF_KFUNCS_END(parser_kfunc_ids)

static const struct btf_kfunc_id_set parser_kfunc_set = {
	.owner = THIS_MODULE,
	.set = &parser_kfunc_ids,
};

static void drop_records(void)
{
	struct record *record, *next;

	list_for_each_entry_safe(record, next, &records, list) {
		list_del(&record->list);
		vfree(record);
	}
}

static ssize_t testbed_write(struct file *file, const char __user *from, size_t size, loff_t *offset)
{
	ssize_t ret = size;
	char *copy = vmalloc(max_t(size_t, size, 1));

	if (!copy)
		return -ENOMEM;
	if (copy_from_user(copy, from, size)) {
		vfree(copy);
		return -EFAULT;
	}
	mutex_lock(&testbed_lock);
	vfree(image);
	image = copy;
	image_size = size;
	mutex_unlock(&testbed_lock);
	return ret;
}

static ssize_t testbed_read(struct file *file, char __user *to, size_t size, loff_t *offset)
{
	struct record *record;
	ssize_t ret = 0;

	mutex_lock(&testbed_lock);
	record = list_first_entry_or_null(&records, struct record, list);
	if (!record)
		goto out;
	ret = -EMSGSIZE;
	if (size < sizeof(record->call) + record->call.size)
		goto out;
	ret = -EFAULT;
	if (copy_to_user(to, &record->call, sizeof(record->call)) ||
	    copy_to_user(to + sizeof(record->call), record->bytes, record->call.size))
		goto out;
	ret = sizeof(record->call) + record->call.size;
	list_del(&record->list);
	vfree(record);
out:
	mutex_unlock(&testbed_lock);
	return ret;
}

/* Shows the image to the parser, from memory of its own: the guard page behind a vmalloc area is not mapped. */
static int run_parser(struct kexec_testbed_run *run)
{
	size_t whole = PAGE_ALIGN(max_t(size_t, image_size, 1));
	struct kexec_context *context;
	char *area, *start;

	if (!image)
		return -ENODATA;
	context = kzalloc(sizeof(*context), GFP_KERNEL);
	area = vzalloc(whole);
	if (!context || !area) {
		kfree(context);
		vfree(area);
		return -ENOMEM;
	}
	start = run->flags & KEXEC_TESTBED_AT_END ? area + whole - image_size : area;
	memcpy(start, image, image_size);
	show_image(context, run->flags & KEXEC_TESTBED_NO_IMAGE ? NULL : start, image_size);
	parser_context.run = run;
	kexec_image_parser_anchor(context, (unsigned long)&parser_context);
	parser_context.run = NULL;
	vfree(area);
	kfree(context);
	return 0;
}

static long decompress_for(struct kexec_testbed_decompress __user *argument)
{
	struct kexec_testbed_decompress job;
	struct sink sink;
	u8 *from;
	int ret;

	if (copy_from_user(&job, argument, sizeof(job)))
		return -EFAULT;
	from = vmemdup_user(u64_to_user_ptr(job.from), job.from_size);
	if (IS_ERR(from))
		return PTR_ERR(from);
	sink = (struct sink){ .to = u64_to_user_ptr(job.to), .room = job.to_size };
	ret = decompress(from, job.from_size, &sink);
	kvfree(from);
	return ret ?: put_user((u64)sink.size, &argument->to_size);
}

static long show_to_parser(struct kexec_testbed_run __user *argument)
{
	struct kexec_testbed_run run;
	int ret;

	if (copy_from_user(&run, argument, sizeof(run)))
		return -EFAULT;
	run = (struct kexec_testbed_run){ .flags = run.flags, .refuse = run.refuse };
	mutex_lock(&testbed_lock);
	drop_records();
	ret = run_parser(&run);
	mutex_unlock(&testbed_lock);
	if (!ret && copy_to_user(argument, &run, sizeof(run)))
		ret = -EFAULT;
	return ret;
}

static long testbed_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	switch (command) {
	case KEXEC_TESTBED_RUN:
		return show_to_parser((void __user *)argument);
	case KEXEC_TESTBED_DECOMPRESS:
		return decompress_for((void __user *)argument);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations testbed_operations = {
	.owner = THIS_MODULE,
	.write = testbed_write,
	.read = testbed_read,
	.unlocked_ioctl = testbed_ioctl,
};

static struct miscdevice testbed_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "kexec-testbed",
	.mode = 0600,
	.fops = &testbed_operations,
};

/* There is no exit: BTF ids cannot be taken back, and the guest ends with its run. */
static int __init testbed_init(void)
{
	int ret = register_btf_fmodret_id_set(&anchor_set);

	if (!ret)
		ret = register_btf_kfunc_id_set(BPF_PROG_TYPE_TRACING, &parser_kfunc_set);
	if (!ret)
		ret = misc_register(&testbed_device);
	return ret;
}
module_init(testbed_init);

MODULE_DESCRIPTION("The kexec image parser interface, for tests of parsers");
MODULE_LICENSE("GPL");
