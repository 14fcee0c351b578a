// SPDX-License-Identifier: GPL-2.0
/*
 * Makes calls of dmabench.ko fail, and keeps the books of what it holds: for tests.
 *
 * The module under test is linked of the same objects as ever, with `ld --wrap`, so that its calls
 * into the kernel pass through wrap_*.c, which ask here whether to fail and tell what was got
 * and given back.  No kernel has to be configured for it.  In /sys/kernel/debug/faults:
 *
 *   nth	N written: the Nth call from now that can fail fails; read: how many are left, 0: it
 *		has failed, or none was to
 *   more	1: and so do all after it
 *   flavour	1: for another reason than want of memory, where there is one
 *   failed	which call was the last to fail
 *   held	a line for each thing that dmabench.ko holds now: its kind, and who got it
 *   wrong	what was given back without being held, or not as it was got
 *   sites	each place that calls something that can fail: how often, and how often it did
 */
#include <linux/debugfs.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include "faults.h"

#define MAX_HELD	16384
#define MAX_SITES	1024
#define MAX_WRONG	64
#define SITE_BITS	12

static const char * const kinds[FAULTS_NR_KINDS] = {
	[FAULTS_MEMORY]		= "memory",
	[FAULTS_PERCPU]		= "memory of each CPU",
	[FAULTS_CACHE]		= "kmem_cache",
	[FAULTS_PAGES]		= "pages",
	[FAULTS_VMAP]		= "vmap",
	[FAULTS_MEMTYPE]	= "memory type",
	[FAULTS_PIN]		= "pinned page",
	[FAULTS_LOCKED_VM]	= "locked memory",
	[FAULTS_MAPPING]	= "DMA mapping",
	[FAULTS_MAPPING_SG]	= "DMA mapping of a list",
	[FAULTS_DMA_MEMORY]	= "DMA memory",
	[FAULTS_DMA_PAGES]	= "DMA pages",
	[FAULTS_DMA_SGT]	= "noncontiguous DMA memory",
	[FAULTS_DMA_VMAP]	= "vmap of noncontiguous DMA memory",
	[FAULTS_POOL]		= "dma_pool",
	[FAULTS_POOL_BLOCK]	= "block of a dma_pool",
	[FAULTS_SG_TABLE]	= "sg_table",
	[FAULTS_CHANNEL]	= "DMA channel",
	[FAULTS_DMABUF]		= "dma-buf",
	[FAULTS_FD]		= "file descriptor",
	[FAULTS_ID]		= "id",
	[FAULTS_LOCK]		= "lock",
	[FAULTS_DEVICE]		= "device",
	[FAULTS_NOTIFIER]	= "notifier",
	[FAULTS_REGISTERED]	= "registration",
	[FAULTS_PROBE]		= "probe",
	[FAULTS_PCI_ENABLED]	= "enabled PCI function",
	[FAULTS_PCI_MASTER]	= "bus mastering",
	[FAULTS_PCI_REGION]	= "PCI region",
	[FAULTS_PCI_IOMAP]	= "PCI iomap",
};

/* dma-buf takes the failure of an exporter's vmap() for a bug, and WARNs. */
#define SPARED		"export_"

/**
 * struct site - a place in dmabench.ko that calls something
 * @name:	symbol and offset that the call returns to: the same whenever the module is loaded
 * @function:	what is called
 * @spared:	does not fail
 * @calls:	that could have failed
 * @failed:	of these
 */
struct site {
	char name[80];
	char function[40];
	bool spared;
	u64 calls;
	u64 failed;
};

struct held {
	enum faults_kind kind;
	u64 key;
	u64 detail;
	struct site *site;
};

static DEFINE_RAW_SPINLOCK(lock);
static struct site sites[MAX_SITES];
static unsigned int nr_sites;
/* Where sites are by their address, for as long as the module stays there. */
static struct {
	unsigned long address;
	struct site *site;
} at[1 << SITE_BITS];
static struct held held[MAX_HELD];
static unsigned int nr_held;
static char wrong[MAX_WRONG][200];
static unsigned int nr_wrong;
static bool full;

static u64 nth;
static struct site *failed;
static bool more, flavour, failing;

static struct site *new_site(const char *function, unsigned long address)
{
	char name[sizeof(sites[0].name)];
	unsigned int i;

	snprintf(name, sizeof(name), "%pS", (void *)address);
	for (i = 0; i < nr_sites; i++)
		if (!strcmp(sites[i].name, name) && !strcmp(sites[i].function, function))
			return &sites[i];
	if (nr_sites == MAX_SITES) {
		full = true;
		return &sites[0];
	}
	strscpy(sites[i].name, name, sizeof(sites[i].name));
	strscpy(sites[i].function, function, sizeof(sites[i].function));
	sites[i].spared = !strcmp(function, "vmap") && !strncmp(name, SPARED, strlen(SPARED));
	nr_sites++;
	return &sites[i];
}

static struct site *site_of(const char *function, unsigned long address)
{
	unsigned int slot = hash_long(address, SITE_BITS);

	while (at[slot].address && at[slot].address != address)
		slot = (slot + 1) % ARRAY_SIZE(at);
	if (!at[slot].address) {
		at[slot].address = address;
		at[slot].site = new_site(function, address);
	}
	return at[slot].site;
}

int faults_fail(const char *function, unsigned long address)
{
	struct site *site;
	unsigned long flags;
	int how = 0;

	raw_spin_lock_irqsave(&lock, flags);
	site = site_of(function, address);
	site->calls++;
	if (site->spared)
		goto out;
	if (nth && !--nth)
		failing = true;
	else if (!more)
		failing = false;
	if (failing) {
		site->failed++;
		failed = site;
		how = 1 + flavour;
	}
out:
	raw_spin_unlock_irqrestore(&lock, flags);
	return how;
}
EXPORT_SYMBOL_GPL(faults_fail);

void faults_hold(enum faults_kind kind, u64 key, u64 detail, const char *function,
		 unsigned long address)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	if (nr_held == MAX_HELD)
		full = true;
	else
		held[nr_held++] = (struct held){ kind, key, detail, site_of(function, address) };
	raw_spin_unlock_irqrestore(&lock, flags);
}
EXPORT_SYMBOL_GPL(faults_hold);

/* The latest first: that is what is given back first, most of the time. */
static struct held *find(enum faults_kind kind, u64 key, const u64 *detail)
{
	struct held *h;

	for (h = held + nr_held; h-- > held;)
		if (h->key == key && h->kind == kind && (!detail || h->detail == *detail))
			return h;
	return NULL;
}

void faults_release(enum faults_kind kind, u64 key, u64 detail, const char *function,
		    unsigned long address)
{
	unsigned long flags;
	struct held *h;

	raw_spin_lock_irqsave(&lock, flags);
	h = find(kind, key, &detail) ?: find(kind, key, NULL);
	if ((!h || h->detail != detail) && nr_wrong < MAX_WRONG)
		snprintf(wrong[nr_wrong++], sizeof(wrong[0]), "%s: %s by %s at %pS",
			 h ? "not as it was got" : "not held", kinds[kind], function,
			 (void *)address);
	if (h)
		*h = held[--nr_held];
	raw_spin_unlock_irqrestore(&lock, flags);
}
EXPORT_SYMBOL_GPL(faults_release);

static int nth_get(void *data, u64 *value)
{
	*value = READ_ONCE(nth);
	return 0;
}

static int nth_set(void *data, u64 value)
{
	raw_spin_lock_irq(&lock);
	nth = value;
	failing = false;
	raw_spin_unlock_irq(&lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(nth_fops, nth_get, nth_set, "%llu\n");

static int failed_show(struct seq_file *file, void *unused)
{
	struct site *site = READ_ONCE(failed);

	if (site)
		seq_printf(file, "%s at %s\n", site->function, site->name);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(failed);

static int held_show(struct seq_file *file, void *unused)
{
	unsigned int i;

	if (full)
		seq_puts(file, "the tables of faults.ko are full\n");
	for (i = 0; i < READ_ONCE(nr_held); i++)
		seq_printf(file, "%s by %s at %s\n", kinds[held[i].kind], held[i].site->function,
			   held[i].site->name);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(held);

static int wrong_show(struct seq_file *file, void *unused)
{
	unsigned int i;

	for (i = 0; i < READ_ONCE(nr_wrong); i++)
		seq_printf(file, "%s\n", wrong[i]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(wrong);

static int sites_show(struct seq_file *file, void *unused)
{
	unsigned int i;

	for (i = 0; i < READ_ONCE(nr_sites); i++)
		if (sites[i].calls)
			seq_printf(file, "%llu %llu %s %s\n", sites[i].calls, sites[i].failed,
				   sites[i].function, sites[i].name);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(sites);

/* A module that is loaded again is elsewhere. */
static int module_comes(struct notifier_block *nb, unsigned long action, void *data)
{
	struct module *module = data;

	if (action != MODULE_STATE_COMING || strcmp(module->name, "dmabench"))
		return NOTIFY_DONE;
	raw_spin_lock_irq(&lock);
	memset(at, 0, sizeof(at));
	raw_spin_unlock_irq(&lock);
	return NOTIFY_DONE;
}

static struct notifier_block module_notifier = {
	.notifier_call = module_comes,
};

static struct dentry *folder;

static int __init faults_init(void)
{
	int err = register_module_notifier(&module_notifier);

	if (err)
		return err;
	folder = debugfs_create_dir("faults", NULL);
	debugfs_create_file_unsafe("nth", 0600, folder, NULL, &nth_fops);
	debugfs_create_bool("more", 0600, folder, &more);
	debugfs_create_bool("flavour", 0600, folder, &flavour);
	debugfs_create_file("failed", 0400, folder, NULL, &failed_fops);
	debugfs_create_file("held", 0400, folder, NULL, &held_fops);
	debugfs_create_file("wrong", 0400, folder, NULL, &wrong_fops);
	debugfs_create_file("sites", 0400, folder, NULL, &sites_fops);
	return 0;
}

static void __exit faults_exit(void)
{
	debugfs_remove(folder);
	unregister_module_notifier(&module_notifier);
}

module_init(faults_init);
module_exit(faults_exit);

MODULE_DESCRIPTION("Makes calls of dmabench fail, to test that it undoes what it had done");
MODULE_AUTHOR("The dmabench authors");
MODULE_LICENSE("GPL");
