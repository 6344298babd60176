// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The configuration of a machine in the form that this version of the library has, whatever header the program was
// compiled with: the structure, its lists, and what their elements point to.
#ifndef MACHINE_CONFIG_LISTS_H
#define MACHINE_CONFIG_LISTS_H

#include <intact/machine.h>

struct config_lists {
    struct intact_chardev_config *chardevs;
    struct intact_drive_config *drives;
    struct intact_device_config *devices;
    struct intact_property *properties; // of all devices
    struct intact_netdev_config *netdevs;
    struct intact_fw_cfg_config *fw_cfgs;
    struct intact_smbios_config *smbios;
    struct intact_block *blocks; // one for each drive
    struct intact_net *nets;     // one for each network
};

// Copies `given` over `config`, which has the defaults, and its lists to `lists`; config_lists_free in either case. 0; or
// -EINVAL, -ENOMEM and a line in `*why`.
int config_take(struct intact_machine_config *config, struct config_lists *lists,
                const struct intact_machine_config *given, const char **why);
void config_lists_free(struct config_lists *lists);

#endif
