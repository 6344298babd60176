// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
#include "devices/input/ps2_codes.h"

enum { M = PS2_MAKE, T = PS2_REPEAT, B = PS2_BREAK }; // T: "typematic", B: "make/break"

// clang-format off
const struct ps2_key ps2_keys[INTACT_KEY_COUNT] = { // set 2, whether E0h is before it, set 3 and the type there
    [INTACT_KEY_SHIFT] = { 0x12, 0, 0x12, B, 0 }, [INTACT_KEY_SHIFT_R] = { 0x59, 0, 0x59, B, 0 },
    [INTACT_KEY_ALT] = { 0x11, 0, 0x19, B, 0 }, [INTACT_KEY_ALT_R] = { 0x11, 1, 0x39, M, 0 },
    [INTACT_KEY_CTRL] = { 0x14, 0, 0x11, B, 0 }, [INTACT_KEY_CTRL_R] = { 0x14, 1, 0x58, M, 0 },
    [INTACT_KEY_META_L] = { 0x1f, 1, 0x8b, M, 0 }, [INTACT_KEY_META_R] = { 0x27, 1, 0x8c, M, 0 },
    [INTACT_KEY_COMPOSE] = { 0x2f, 1, 0x8d, M, 0 }, [INTACT_KEY_ESC] = { 0x76, 0, 0x08, M, 0 },
    [INTACT_KEY_1] = { 0x16, 0, 0x16, T, 0 }, [INTACT_KEY_2] = { 0x1e, 0, 0x1e, T, 0 },
    [INTACT_KEY_3] = { 0x26, 0, 0x26, T, 0 }, [INTACT_KEY_4] = { 0x25, 0, 0x25, T, 0 },
    [INTACT_KEY_5] = { 0x2e, 0, 0x2e, T, 0 }, [INTACT_KEY_6] = { 0x36, 0, 0x36, T, 0 },
    [INTACT_KEY_7] = { 0x3d, 0, 0x3d, T, 0 }, [INTACT_KEY_8] = { 0x3e, 0, 0x3e, T, 0 },
    [INTACT_KEY_9] = { 0x46, 0, 0x46, T, 0 }, [INTACT_KEY_0] = { 0x45, 0, 0x45, T, 0 },
    [INTACT_KEY_MINUS] = { 0x4e, 0, 0x4e, T, 0 }, [INTACT_KEY_EQUAL] = { 0x55, 0, 0x55, T, 0 },
    [INTACT_KEY_BACKSPACE] = { 0x66, 0, 0x66, T, 0 }, [INTACT_KEY_TAB] = { 0x0d, 0, 0x0d, T, 0 },
    [INTACT_KEY_Q] = { 0x15, 0, 0x15, T, 0 }, [INTACT_KEY_W] = { 0x1d, 0, 0x1d, T, 0 },
    [INTACT_KEY_E] = { 0x24, 0, 0x24, T, 0 }, [INTACT_KEY_R] = { 0x2d, 0, 0x2d, T, 0 },
    [INTACT_KEY_T] = { 0x2c, 0, 0x2c, T, 0 }, [INTACT_KEY_Y] = { 0x35, 0, 0x35, T, 0 },
    [INTACT_KEY_U] = { 0x3c, 0, 0x3c, T, 0 }, [INTACT_KEY_I] = { 0x43, 0, 0x43, T, 0 },
    [INTACT_KEY_O] = { 0x44, 0, 0x44, T, 0 }, [INTACT_KEY_P] = { 0x4d, 0, 0x4d, T, 0 },
    [INTACT_KEY_BRACKET_LEFT] = { 0x54, 0, 0x54, T, 0 }, [INTACT_KEY_BRACKET_RIGHT] = { 0x5b, 0, 0x5b, T, 0 },
    [INTACT_KEY_RET] = { 0x5a, 0, 0x5a, T, 0 }, [INTACT_KEY_A] = { 0x1c, 0, 0x1c, T, 0 },
    [INTACT_KEY_S] = { 0x1b, 0, 0x1b, T, 0 }, [INTACT_KEY_D] = { 0x23, 0, 0x23, T, 0 },
    [INTACT_KEY_F] = { 0x2b, 0, 0x2b, T, 0 }, [INTACT_KEY_G] = { 0x34, 0, 0x34, T, 0 },
    [INTACT_KEY_H] = { 0x33, 0, 0x33, T, 0 }, [INTACT_KEY_J] = { 0x3b, 0, 0x3b, T, 0 },
    [INTACT_KEY_K] = { 0x42, 0, 0x42, T, 0 }, [INTACT_KEY_L] = { 0x4b, 0, 0x4b, T, 0 },
    [INTACT_KEY_SEMICOLON] = { 0x4c, 0, 0x4c, T, 0 }, [INTACT_KEY_APOSTROPHE] = { 0x52, 0, 0x52, T, 0 },
    [INTACT_KEY_GRAVE_ACCENT] = { 0x0e, 0, 0x0e, T, 0 }, [INTACT_KEY_BACKSLASH] = { 0x5d, 0, 0x5c, T, 0 },
    [INTACT_KEY_Z] = { 0x1a, 0, 0x1a, T, 0 }, [INTACT_KEY_X] = { 0x22, 0, 0x22, T, 0 },
    [INTACT_KEY_C] = { 0x21, 0, 0x21, T, 0 }, [INTACT_KEY_V] = { 0x2a, 0, 0x2a, T, 0 },
    [INTACT_KEY_B] = { 0x32, 0, 0x32, T, 0 }, [INTACT_KEY_N] = { 0x31, 0, 0x31, T, 0 },
    [INTACT_KEY_M] = { 0x3a, 0, 0x3a, T, 0 }, [INTACT_KEY_COMMA] = { 0x41, 0, 0x41, T, 0 },
    [INTACT_KEY_DOT] = { 0x49, 0, 0x49, T, 0 }, [INTACT_KEY_SLASH] = { 0x4a, 0, 0x4a, T, 0 },
    [INTACT_KEY_SPC] = { 0x29, 0, 0x29, T, 0 }, [INTACT_KEY_CAPS_LOCK] = { 0x58, 0, 0x14, B, 0 },
    [INTACT_KEY_F1] = { 0x05, 0, 0x07, M, 0 }, [INTACT_KEY_F2] = { 0x06, 0, 0x0f, M, 0 },
    [INTACT_KEY_F3] = { 0x04, 0, 0x17, M, 0 }, [INTACT_KEY_F4] = { 0x0c, 0, 0x1f, M, 0 },
    [INTACT_KEY_F5] = { 0x03, 0, 0x27, M, 0 }, [INTACT_KEY_F6] = { 0x0b, 0, 0x2f, M, 0 },
    [INTACT_KEY_F7] = { 0x83, 0, 0x37, M, 0 }, [INTACT_KEY_F8] = { 0x0a, 0, 0x3f, M, 0 },
    [INTACT_KEY_F9] = { 0x01, 0, 0x47, M, 0 }, [INTACT_KEY_F10] = { 0x09, 0, 0x4f, M, 0 },
    [INTACT_KEY_F11] = { 0x78, 0, 0x56, M, 0 }, [INTACT_KEY_F12] = { 0x07, 0, 0x5e, M, 0 },
    [INTACT_KEY_NUM_LOCK] = { 0x77, 0, 0x76, M, 0 }, [INTACT_KEY_SCROLL_LOCK] = { 0x7e, 0, 0x5f, M, 0 },
    [INTACT_KEY_KP_DIVIDE] = { 0x4a, 1, 0x77, M, PS2_DIVIDE }, [INTACT_KEY_KP_MULTIPLY] = { 0x7c, 0, 0x7e, M, 0 },
    [INTACT_KEY_KP_SUBTRACT] = { 0x7b, 0, 0x84, M, 0 }, [INTACT_KEY_KP_ADD] = { 0x79, 0, 0x7c, T, 0 },
    [INTACT_KEY_KP_ENTER] = { 0x5a, 1, 0x79, M, 0 }, [INTACT_KEY_KP_DECIMAL] = { 0x71, 0, 0x71, M, 0 },
    [INTACT_KEY_KP_0] = { 0x70, 0, 0x70, M, 0 }, [INTACT_KEY_KP_1] = { 0x69, 0, 0x69, M, 0 },
    [INTACT_KEY_KP_2] = { 0x72, 0, 0x72, M, 0 }, [INTACT_KEY_KP_3] = { 0x7a, 0, 0x7a, M, 0 },
    [INTACT_KEY_KP_4] = { 0x6b, 0, 0x6b, M, 0 }, [INTACT_KEY_KP_5] = { 0x73, 0, 0x73, M, 0 },
    [INTACT_KEY_KP_6] = { 0x74, 0, 0x74, M, 0 }, [INTACT_KEY_KP_7] = { 0x6c, 0, 0x6c, M, 0 },
    [INTACT_KEY_KP_8] = { 0x75, 0, 0x75, M, 0 }, [INTACT_KEY_KP_9] = { 0x7d, 0, 0x7d, M, 0 },
    [INTACT_KEY_LESS] = { 0x61, 0, 0x13, T, 0 }, [INTACT_KEY_PRINT] = { 0x7c, 1, 0x57, M, PS2_PRINT },
    [INTACT_KEY_SYSRQ] = { 0x84, 0, 0x57, M, 0 }, [INTACT_KEY_PAUSE] = { 0x77, 0, 0x62, M, PS2_PAUSE },
    [INTACT_KEY_INSERT] = { 0x70, 1, 0x67, M, PS2_SHIFTED }, [INTACT_KEY_HOME] = { 0x6c, 1, 0x6e, M, PS2_SHIFTED },
    [INTACT_KEY_PGUP] = { 0x7d, 1, 0x6f, M, PS2_SHIFTED }, [INTACT_KEY_DELETE] = { 0x71, 1, 0x64, T, PS2_SHIFTED },
    [INTACT_KEY_END] = { 0x69, 1, 0x65, M, PS2_SHIFTED }, [INTACT_KEY_PGDN] = { 0x7a, 1, 0x6d, M, PS2_SHIFTED },
    [INTACT_KEY_UP] = { 0x75, 1, 0x63, T, PS2_SHIFTED }, [INTACT_KEY_LEFT] = { 0x6b, 1, 0x61, T, PS2_SHIFTED },
    [INTACT_KEY_DOWN] = { 0x72, 1, 0x60, T, PS2_SHIFTED }, [INTACT_KEY_RIGHT] = { 0x74, 1, 0x6a, T, PS2_SHIFTED },
    [INTACT_KEY_RO] = { 0x51, 0, 0x51, T, 0 }, [INTACT_KEY_YEN] = { 0x6a, 0, 0x5d, T, 0 },
    [INTACT_KEY_HENKAN] = { 0x64, 0, 0x86, T, 0 }, [INTACT_KEY_MUHENKAN] = { 0x67, 0, 0x85, T, 0 },
    [INTACT_KEY_KATAKANAHIRAGANA] = { 0x13, 0, 0x87, T, 0 }, [INTACT_KEY_KP_COMMA] = { 0x6d, 0, 0x00, M, 0 },
    [INTACT_KEY_KP_EQUALS] = { 0x0f, 0, 0x00, M, 0 }, [INTACT_KEY_POWER] = { 0x37, 1, 0x00, M, 0 },
    [INTACT_KEY_SLEEP] = { 0x3f, 1, 0x00, M, 0 }, [INTACT_KEY_WAKE] = { 0x5e, 1, 0x00, M, 0 },
    [INTACT_KEY_AUDIONEXT] = { 0x4d, 1, 0x00, M, 0 }, [INTACT_KEY_AUDIOPREV] = { 0x15, 1, 0x00, M, 0 },
    [INTACT_KEY_AUDIOSTOP] = { 0x3b, 1, 0x00, M, 0 }, [INTACT_KEY_AUDIOPLAY] = { 0x34, 1, 0x00, M, 0 },
    [INTACT_KEY_AUDIOMUTE] = { 0x23, 1, 0x00, M, 0 }, [INTACT_KEY_VOLUMEUP] = { 0x32, 1, 0x00, M, 0 },
    [INTACT_KEY_VOLUMEDOWN] = { 0x21, 1, 0x00, M, 0 }, [INTACT_KEY_MEDIASELECT] = { 0x50, 1, 0x00, M, 0 },
    [INTACT_KEY_MAIL] = { 0x48, 1, 0x00, M, 0 }, [INTACT_KEY_CALCULATOR] = { 0x2b, 1, 0x00, M, 0 },
    [INTACT_KEY_COMPUTER] = { 0x40, 1, 0x00, M, 0 }, [INTACT_KEY_AC_HOME] = { 0x3a, 1, 0x00, M, 0 },
    [INTACT_KEY_AC_BACK] = { 0x38, 1, 0x00, M, 0 }, [INTACT_KEY_AC_FORWARD] = { 0x30, 1, 0x00, M, 0 },
    [INTACT_KEY_AC_REFRESH] = { 0x20, 1, 0x00, M, 0 }, [INTACT_KEY_AC_BOOKMARKS] = { 0x18, 1, 0x00, M, 0 },
    [INTACT_KEY_FIND] = { 0x10, 1, 0x00, M, 0 }, [INTACT_KEY_F13] = { 0x08, 0, 0x00, M, 0 },
    [INTACT_KEY_F14] = { 0x10, 0, 0x00, M, 0 }, [INTACT_KEY_F15] = { 0x18, 0, 0x00, M, 0 },
    [INTACT_KEY_F16] = { 0x20, 0, 0x00, M, 0 }, [INTACT_KEY_F17] = { 0x28, 0, 0x00, M, 0 },
    [INTACT_KEY_F18] = { 0x30, 0, 0x00, M, 0 }, [INTACT_KEY_F19] = { 0x38, 0, 0x00, M, 0 },
    [INTACT_KEY_F20] = { 0x40, 0, 0x00, M, 0 }, [INTACT_KEY_F21] = { 0x48, 0, 0x00, M, 0 },
    [INTACT_KEY_F22] = { 0x50, 0, 0x00, M, 0 }, [INTACT_KEY_F23] = { 0x57, 0, 0x00, M, 0 },
    [INTACT_KEY_F24] = { 0x5f, 0, 0x00, M, 0 },
};

static const uint8_t set1[128] = {
    0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,
    0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,
    0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
    0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,
    0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,
    0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
    0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,
    0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
};
// clang-format on

uint8_t ps2_translated(uint8_t code)
{
    if (code < 128)
        return set1[code];
    return code == 0x83 ? 0x41 : code == 0x84 ? 0x54 : code;
}

int ps2_key_of_set1(uint8_t code, bool prefix)
{
    for (int key = 0; key < INTACT_KEY_COUNT; key++)
        if (ps2_keys[key].prefix == prefix && ps2_translated(ps2_keys[key].set2) == code)
            return key;
    return -1;
}
