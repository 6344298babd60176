// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Somebody else's program that embeds the installed library.
#include <intact/machine.h>
#include <stdio.h>

int main(void)
{
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.memory = 1; // too little: an error with a line of its own
    struct intact_machine *machine;
    char why[INTACT_ERROR_SIZE];
    if (intact_machine_create(&config, &machine, why) == 0)
        return 1;
    puts(why);
    return 0;
}
