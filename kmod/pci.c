// SPDX-License-Identifier: GPL-2.0
/*
 * PCI functions as targets.  The driver knows no ids: it takes a function only where the
 * administrator writes "dmabench" into its driver_override.  Functions are mapped for,
 * never told to do DMA: they are neither enabled nor made bus masters.  The exception is one
 * that has an engine the module knows (xfer_edu.c).
 */
#include <linux/pci.h>
#include <linux/slab.h>
#include "dmabench.h"

static int dmabench_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	char name[DMABENCH_NAME_LEN];
	struct dmabench_target *t;
	int err;

	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	err = dmabench_edu_probe(t, pdev);
	if (err)
		goto err_free;
	snprintf(name, sizeof(name), "pci:%s", pci_name(pdev));
	err = dmabench_target_add(t, &pdev->dev, DMABENCH_TARGET_PCI, name);
	if (err)
		goto err_edu;
	pci_set_drvdata(pdev, t);
	return 0;

err_edu:
	dmabench_edu_remove(t);
err_free:
	kfree(t);
	return err;
}

static void dmabench_pci_remove(struct pci_dev *pdev)
{
	struct dmabench_target *t = pci_get_drvdata(pdev);

	dmabench_target_remove(t);
	dmabench_edu_remove(t);
	kfree(t);
}

static struct pci_driver dmabench_pci_driver = {
	.name	= "dmabench",
	.probe	= dmabench_pci_probe,
	.remove	= dmabench_pci_remove,
};

int dmabench_pci_init(void)
{
	return pci_register_driver(&dmabench_pci_driver);
}

void dmabench_pci_exit(void)
{
	pci_unregister_driver(&dmabench_pci_driver);
}
