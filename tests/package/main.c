// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A program that embeds the installed library.
#include <intact/machine.h>
#include <stdio.h>

int main(void)
{
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.memory = 1; // too little: an error with a message
    struct intact_machine *machine;
    char why[INTACT_ERROR_SIZE];
    if (intact_machine_create(&config, &machine, why) == 0)
        return 1;
    puts(why);
    return 0;
}
