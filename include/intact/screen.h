// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a guest shows: its picture as pixels, and in a text mode also as characters.
//
//     struct intact_picture picture;
//     if (intact_machine_picture(machine, &picture) == 0) {
//         draw(picture.pixels, picture.width, picture.height);
//         intact_picture_free(&picture);
//     }
//
// It is read from the state of the machine's first display (`-vga std`, or a device VGA, bochs-display or ramfb) and from the
// virtual time, so that two runs show the same at the same instruction. Reading changes nothing in the machine.
//
// Threads: on the machine's thread, between two runs or in a callback.
#ifndef INTACT_SCREEN_H
#define INTACT_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

struct intact_machine;

#define INTACT_PICTURE_SIDE_MAX 16384u // of both sides, in pixels

// Rows from the top, each from the left, without gaps.
struct intact_picture {
    uint32_t width, height; // 1 to INTACT_PICTURE_SIDE_MAX
    uint32_t *pixels;       // 0x00RRGGBB; of malloc
};

// The picture as a monitor would show it: a mode whose pixels take several dots or lines, as 320 by 200, is as large as its dots.
// A display that shows nothing is black. 0, -ENODEV: the machine has no display, -ENOMEM. After an error the picture is empty, and
// may be freed.
int intact_machine_picture(struct intact_machine *machine, struct intact_picture *picture);
void intact_picture_free(struct intact_picture *picture);

enum intact_picture_format {
    INTACT_PICTURE_BY_NAME, // PNG if the file's name ends with .png, otherwise PPM
    INTACT_PICTURE_PPM,     // P6
    INTACT_PICTURE_PNG,
};

// Writes a picture to a file. 0, -ENOTSUP: PNG, and the library was built without libpng, -ENOMEM; or the negative errno of the file.
// Any thread.
int intact_picture_write(const struct intact_picture *picture, const char *path, enum intact_picture_format format);

struct intact_screen_cell {
    uint8_t character; // code page 437, unless the guest has loaded other glyphs
    uint8_t
        attribute; // bits 3:0 the colour, 7:4 that of the background; with `blinking` 6:4, and bit 7 says that it blinks
};

struct intact_screen_text {
    uint32_t columns, rows;
    struct intact_screen_cell *cells; // rows from the top; of malloc
    uint32_t colours[16];             // 0x00RRGGBB
    bool blinking;
    bool cursor; // it is on the screen; its blinking is not told
    uint32_t cursor_column, cursor_row;
};

// The characters of a text mode. 0, -ENODEV, -ENOMEM as above; -ENOTSUP: the display is in a graphics mode, or is off.
int intact_machine_screen_text(struct intact_machine *machine, struct intact_screen_text *text);
void intact_screen_text_free(struct intact_screen_text *text);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
