// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -fw_cfg.
#include <string.h>

#include "cli/options.h"
#include "cli/properties.h"

int add_fw_cfg(struct settings *settings, const struct intact_fw_cfg_config *file)
{
    if (settings->config.fw_cfg_count == INTACT_FW_CFG_MAX)
        return refuse(settings, "-fw_cfg: more than %d", INTACT_FW_CFG_MAX);
    settings->fw_cfgs[settings->config.fw_cfg_count++] = *file;
    settings->config.fw_cfgs = settings->fw_cfgs;
    return 0;
}

int take_fw_cfg(struct settings *settings, const char *value)
{
    static const char *const names[] = { "name", "string", "file", NULL };
    struct properties properties;
    if (properties_parse(settings, "-fw_cfg", value, &properties) < 0 ||
        properties_check(settings, "-fw_cfg", &properties, names) < 0)
        return -1;
    const char *name = properties_get(&properties, "name") ? properties_get(&properties, "name") : properties.first;
    const char *text = properties_get(&properties, "string"), *file = properties_get(&properties, "file");
    if (!name || !*name)
        return refuse(settings, "-fw_cfg: needs name=NAME, as opt/org.example/file");
    if (!text == !file)
        return refuse(settings, "-fw_cfg: needs string=TEXT or file=FILE, one of them");
    return add_fw_cfg(settings, &(struct intact_fw_cfg_config){ name, file, text, text ? strlen(text) : 0, false });
}
