// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The public API of include/intact/screen.h.
#include <intact/screen.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef INTACT_PNG
#include <png.h>
#endif

#include "machine/machine.h"

int intact_machine_picture(struct intact_machine *machine, struct intact_picture *picture)
{
    const struct display *display = &machine->board->display;
    *picture = (struct intact_picture){ 0 };
    return display->picture ? display->picture(display->owner, intact_machine_time(machine), picture) : -ENODEV;
}

int intact_machine_screen_text(struct intact_machine *machine, struct intact_screen_text *text)
{
    const struct display *display = &machine->board->display;
    *text = (struct intact_screen_text){ 0 };
    if (!display->picture)
        return -ENODEV;
    return display->text ? display->text(display->owner, intact_machine_time(machine), text) : -ENOTSUP;
}

void intact_picture_free(struct intact_picture *picture)
{
    free(picture->pixels);
    *picture = (struct intact_picture){ 0 };
}

void intact_screen_text_free(struct intact_screen_text *text)
{
    free(text->cells);
    *text = (struct intact_screen_text){ 0 };
}

// --- Files -----------------------------------------------------------------------------------------------------------

static void put_row(uint8_t *out, const uint32_t *pixels, uint32_t count)
{
    for (uint32_t x = 0; x < count; x++, out += 3) {
        out[0] = (uint8_t)(pixels[x] >> 16);
        out[1] = (uint8_t)(pixels[x] >> 8);
        out[2] = (uint8_t)pixels[x];
    }
}

static int write_ppm(const struct intact_picture *picture, const uint8_t *bytes, FILE *file)
{
    size_t size = (size_t)picture->width * picture->height * 3;
    if (fprintf(file, "P6\n%u %u\n255\n", picture->width, picture->height) < 0 || fwrite(bytes, 1, size, file) != size)
        return errno ? -errno : -EIO;
    return 0;
}

#ifdef INTACT_PNG
static int write_png(const struct intact_picture *picture, const uint8_t *bytes, FILE *file)
{
    png_image image = {
        .version = PNG_IMAGE_VERSION, .width = picture->width, .height = picture->height, .format = PNG_FORMAT_RGB
    };
    if (png_image_write_to_stdio(&image, file, 0, bytes, 0, NULL))
        return 0;
    png_image_free(&image);
    return errno ? -errno : -EIO;
}
#else
static int write_png(const struct intact_picture *picture, const uint8_t *bytes, FILE *file)
{
    (void)picture, (void)bytes, (void)file;
    return -ENOTSUP;
}
#endif

static bool is_png(const char *path, enum intact_picture_format format)
{
    size_t length = strlen(path);
    if (format != INTACT_PICTURE_BY_NAME)
        return format == INTACT_PICTURE_PNG;
    return length >= 4 && strcmp(path + length - 4, ".png") == 0;
}

int intact_picture_write(const struct intact_picture *picture, const char *path, enum intact_picture_format format)
{
    bool png = is_png(path, format);
#ifndef INTACT_PNG
    if (png)
        return -ENOTSUP;
#endif
    uint8_t *bytes = malloc((size_t)picture->width * picture->height * 3);
    if (!bytes)
        return -ENOMEM;
    for (uint32_t y = 0; y < picture->height; y++)
        put_row(bytes + (size_t)y * picture->width * 3, picture->pixels + (size_t)y * picture->width, picture->width);
    errno = 0;
    FILE *file = fopen(path, "wb");
    int result = !file ? -errno : png ? write_png(picture, bytes, file) : write_ppm(picture, bytes, file);
    if (file && fclose(file) != 0 && result == 0)
        result = -errno;
    free(bytes);
    return result;
}
