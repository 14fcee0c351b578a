// SPDX-License-Identifier: GPL-2.0
/* The module is loaded and unloaded, and a PCI function bound and unbound. */
#include "fault_test.h"

bool module_load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good;

	if (fd < 0)
		return false;
	good = !syscall(SYS_finit_module, fd, "", 0);
	close(fd);
	return good;
}

bool module_unload(const char *name)
{
	return !syscall(SYS_delete_module, name, O_NONBLOCK);
}

static const char *module_path;

static int act_load(const struct scenario *sc)
{
	(void)sc;
	if (!module_load(module_path))
		return errno;
	return module_unload("dmabench") ? 0 : errno;
}

/* With the module unloaded before and after. */
void fail_loading(const char *path)
{
	struct scenario sc = { .name = "loading", .act = act_load };

	module_path = path;
	under_faults(&sc);
}

static const char *function_address;

static int act_bind(const struct scenario *sc)
{
	(void)sc;
	/* What probe() makes of it, drivers_probe does not tell. */
	if (!pci_bind(function_address))
		return errno;
	return pci_unbind(function_address) ? 0 : errno;
}

/* With the function bound before and after. */
void fail_binding(const char *address)
{
	struct scenario sc = { .name = "binding", .act = act_bind };

	if (!address) {
		skip("binding", "no PCI address was given");
		return;
	}
	function_address = address;
	ok(pci_unbind(address), "unbind %s", address);
	under_faults(&sc);
	ok(pci_bind(address), "bind %s again", address);
}
