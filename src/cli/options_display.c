// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -display.
#include <string.h>

#include "cli/options.h"
#include "cli/properties.h"
#include "cli/text.h"
#include "view/window/window.h"

int take_display(struct settings *settings, const char *value)
{
    static const char *const names[] = { "type", "font", "font-size", NULL };
    struct properties properties;
    uint64_t size = 0;
    if (properties_parse(settings, "-display", value, &properties) < 0 ||
        properties_check(settings, "-display", &properties, names) < 0)
        return -1;
    const char *type = properties.first ? properties.first : properties_get(&properties, "type");
    if (!type || (strcmp(type, "none") != 0 && strcmp(type, "sdl") != 0 && strcmp(type, "curses") != 0))
        return refuse(settings, "-display: there is no '%.80s' here; only 'none', 'sdl' and 'curses'",
                      type ? type : value);
    const char *name = properties_get(&properties, "font"), *text = properties_get(&properties, "font-size");
    if (text && (!text_number(text, &size) || size < WINDOW_FONT_MIN || size > WINDOW_FONT_MAX))
        return refuse(settings, "-display: font-size=%.80s is not a number of pixels from %d to %d", text,
                      WINDOW_FONT_MIN, WINDOW_FONT_MAX);
    settings->window = strcmp(type, "sdl") == 0;
    settings->curses = strcmp(type, "curses") == 0;
    settings->font_size = (unsigned)size;
    settings->font = name ? settings_copy(settings, name) : NULL;
    return name && !settings->font ? -1 : 0;
}
