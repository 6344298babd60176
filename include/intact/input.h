// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine's keyboard and mouse, for a program that shows its screen or presses keys by itself.
//
//     intact_machine_key(machine, intact_key_find("ctrl"), true);
//     intact_machine_key(machine, intact_key_find("c"), true);
//     intact_machine_key(machine, intact_key_find("c"), false);
//     intact_machine_key(machine, intact_key_find("ctrl"), false);
//     intact_machine_pointer(machine, 10, -3, 0, INTACT_BUTTON_LEFT);
//
// Both are input from outside like a console's bytes: they take effect when the machine's thread next drains its inbox,
// between two instructions (a stopped machine: when it goes on), and a journal has them with their moment. What is not
// said here of a key (repetition while it is held, the codes of each scan set) is the keyboard's own doing, by virtual time.
//
// INTACT_PC has a keyboard and a mouse with PS/2 plugs (docs/devices.md). INTACT_VIRT has neither.
#ifndef INTACT_INPUT_H
#define INTACT_INPUT_H

#include <stdbool.h>

#include <intact/machine.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

// The keys by their places on a keyboard with the US layout, and the names that QEMU's sendkey has for them (QKeyCode). The
// numbers are in journals and stay what they are.
#define INTACT_KEYS(KEY)                                                                                               \
    KEY(SHIFT, "shift")                                                                                                \
    KEY(SHIFT_R, "shift_r")                                                                                            \
    KEY(ALT, "alt")                                                                                                    \
    KEY(ALT_R, "alt_r")                                                                                                \
    KEY(CTRL, "ctrl")                                                                                                  \
    KEY(CTRL_R, "ctrl_r")                                                                                              \
    KEY(META_L, "meta_l")                                                                                              \
    KEY(META_R, "meta_r")                                                                                              \
    KEY(COMPOSE, "compose") /* the key that opens a menu */                                                            \
    KEY(ESC, "esc")                                                                                                    \
    KEY(1, "1")                                                                                                        \
    KEY(2, "2")                                                                                                        \
    KEY(3, "3")                                                                                                        \
    KEY(4, "4")                                                                                                        \
    KEY(5, "5")                                                                                                        \
    KEY(6, "6")                                                                                                        \
    KEY(7, "7")                                                                                                        \
    KEY(8, "8")                                                                                                        \
    KEY(9, "9")                                                                                                        \
    KEY(0, "0")                                                                                                        \
    KEY(MINUS, "minus")                                                                                                \
    KEY(EQUAL, "equal")                                                                                                \
    KEY(BACKSPACE, "backspace")                                                                                        \
    KEY(TAB, "tab")                                                                                                    \
    KEY(Q, "q")                                                                                                        \
    KEY(W, "w")                                                                                                        \
    KEY(E, "e")                                                                                                        \
    KEY(R, "r")                                                                                                        \
    KEY(T, "t")                                                                                                        \
    KEY(Y, "y")                                                                                                        \
    KEY(U, "u")                                                                                                        \
    KEY(I, "i")                                                                                                        \
    KEY(O, "o")                                                                                                        \
    KEY(P, "p")                                                                                                        \
    KEY(BRACKET_LEFT, "bracket_left")                                                                                  \
    KEY(BRACKET_RIGHT, "bracket_right")                                                                                \
    KEY(RET, "ret")                                                                                                    \
    KEY(A, "a")                                                                                                        \
    KEY(S, "s")                                                                                                        \
    KEY(D, "d")                                                                                                        \
    KEY(F, "f")                                                                                                        \
    KEY(G, "g")                                                                                                        \
    KEY(H, "h")                                                                                                        \
    KEY(J, "j")                                                                                                        \
    KEY(K, "k")                                                                                                        \
    KEY(L, "l")                                                                                                        \
    KEY(SEMICOLON, "semicolon")                                                                                        \
    KEY(APOSTROPHE, "apostrophe")                                                                                      \
    KEY(GRAVE_ACCENT, "grave_accent")                                                                                  \
    KEY(BACKSLASH, "backslash")                                                                                        \
    KEY(Z, "z")                                                                                                        \
    KEY(X, "x")                                                                                                        \
    KEY(C, "c")                                                                                                        \
    KEY(V, "v")                                                                                                        \
    KEY(B, "b")                                                                                                        \
    KEY(N, "n")                                                                                                        \
    KEY(M, "m")                                                                                                        \
    KEY(COMMA, "comma")                                                                                                \
    KEY(DOT, "dot")                                                                                                    \
    KEY(SLASH, "slash")                                                                                                \
    KEY(SPC, "spc")                                                                                                    \
    KEY(CAPS_LOCK, "caps_lock")                                                                                        \
    KEY(F1, "f1")                                                                                                      \
    KEY(F2, "f2")                                                                                                      \
    KEY(F3, "f3")                                                                                                      \
    KEY(F4, "f4")                                                                                                      \
    KEY(F5, "f5")                                                                                                      \
    KEY(F6, "f6")                                                                                                      \
    KEY(F7, "f7")                                                                                                      \
    KEY(F8, "f8")                                                                                                      \
    KEY(F9, "f9")                                                                                                      \
    KEY(F10, "f10")                                                                                                    \
    KEY(F11, "f11")                                                                                                    \
    KEY(F12, "f12")                                                                                                    \
    KEY(NUM_LOCK, "num_lock")                                                                                          \
    KEY(SCROLL_LOCK, "scroll_lock")                                                                                    \
    KEY(KP_DIVIDE, "kp_divide")                                                                                        \
    KEY(KP_MULTIPLY, "kp_multiply")                                                                                    \
    KEY(KP_SUBTRACT, "kp_subtract")                                                                                    \
    KEY(KP_ADD, "kp_add")                                                                                              \
    KEY(KP_ENTER, "kp_enter")                                                                                          \
    KEY(KP_DECIMAL, "kp_decimal")                                                                                      \
    KEY(KP_0, "kp_0")                                                                                                  \
    KEY(KP_1, "kp_1")                                                                                                  \
    KEY(KP_2, "kp_2")                                                                                                  \
    KEY(KP_3, "kp_3")                                                                                                  \
    KEY(KP_4, "kp_4")                                                                                                  \
    KEY(KP_5, "kp_5")                                                                                                  \
    KEY(KP_6, "kp_6")                                                                                                  \
    KEY(KP_7, "kp_7")                                                                                                  \
    KEY(KP_8, "kp_8")                                                                                                  \
    KEY(KP_9, "kp_9")                                                                                                  \
    KEY(LESS, "less") /* beside the left shift of a keyboard with 102 keys */                                          \
    KEY(PRINT, "print")                                                                                                \
    KEY(SYSRQ, "sysrq") /* what PRINT is with alt held */                                                              \
    KEY(PAUSE, "pause")                                                                                                \
    KEY(INSERT, "insert")                                                                                              \
    KEY(HOME, "home")                                                                                                  \
    KEY(PGUP, "pgup")                                                                                                  \
    KEY(DELETE, "delete")                                                                                              \
    KEY(END, "end")                                                                                                    \
    KEY(PGDN, "pgdn")                                                                                                  \
    KEY(UP, "up")                                                                                                      \
    KEY(LEFT, "left")                                                                                                  \
    KEY(DOWN, "down")                                                                                                  \
    KEY(RIGHT, "right")                                                                                                \
    KEY(RO, "ro")                                                                                                      \
    KEY(YEN, "yen")                                                                                                    \
    KEY(HENKAN, "henkan")                                                                                              \
    KEY(MUHENKAN, "muhenkan")                                                                                          \
    KEY(KATAKANAHIRAGANA, "katakanahiragana")                                                                          \
    KEY(KP_COMMA, "kp_comma")                                                                                          \
    KEY(KP_EQUALS, "kp_equals")                                                                                        \
    KEY(POWER, "power")                                                                                                \
    KEY(SLEEP, "sleep")                                                                                                \
    KEY(WAKE, "wake")                                                                                                  \
    KEY(AUDIONEXT, "audionext")                                                                                        \
    KEY(AUDIOPREV, "audioprev")                                                                                        \
    KEY(AUDIOSTOP, "audiostop")                                                                                        \
    KEY(AUDIOPLAY, "audioplay")                                                                                        \
    KEY(AUDIOMUTE, "audiomute")                                                                                        \
    KEY(VOLUMEUP, "volumeup")                                                                                          \
    KEY(VOLUMEDOWN, "volumedown")                                                                                      \
    KEY(MEDIASELECT, "mediaselect")                                                                                    \
    KEY(MAIL, "mail")                                                                                                  \
    KEY(CALCULATOR, "calculator")                                                                                      \
    KEY(COMPUTER, "computer")                                                                                          \
    KEY(AC_HOME, "ac_home")                                                                                            \
    KEY(AC_BACK, "ac_back")                                                                                            \
    KEY(AC_FORWARD, "ac_forward")                                                                                      \
    KEY(AC_REFRESH, "ac_refresh")                                                                                      \
    KEY(AC_BOOKMARKS, "ac_bookmarks")                                                                                  \
    KEY(FIND, "find")                                                                                                  \
    KEY(F13, "f13")                                                                                                    \
    KEY(F14, "f14")                                                                                                    \
    KEY(F15, "f15")                                                                                                    \
    KEY(F16, "f16")                                                                                                    \
    KEY(F17, "f17")                                                                                                    \
    KEY(F18, "f18")                                                                                                    \
    KEY(F19, "f19")                                                                                                    \
    KEY(F20, "f20")                                                                                                    \
    KEY(F21, "f21")                                                                                                    \
    KEY(F22, "f22")                                                                                                    \
    KEY(F23, "f23")                                                                                                    \
    KEY(F24, "f24")

enum intact_key {
#define INTACT_KEY_ENUM(name, text) INTACT_KEY_##name,
    INTACT_KEYS(INTACT_KEY_ENUM)
#undef INTACT_KEY_ENUM
        INTACT_KEY_COUNT
};

// Any thread. The key of that name, which may also be QEMU's other names ("menu": COMPOSE, "asterisk": KP_MULTIPLY, "lf":
// KP_ENTER) or the number of a code of scan set 1, "0x1e", with bit 7 for a key whose code has the prefix E0h. -ENOENT: there
// is no such key.
int intact_key_find(const char *name);
// Any thread. The name of a key; NULL from INTACT_KEY_COUNT on.
const char *intact_key_name(unsigned key);

// Any thread. The key goes down or up; one that is down goes down again without an effect, one that is up goes up so. What the
// keyboard cannot keep, because the guest does not read it or has switched it off, is lost. 0; -EINVAL: no such key; -ENOTSUP:
// the machine has no keyboard (INTACT_VIRT); -EROFS: a replay, which takes its input from the journal; -ENOMEM.
int intact_machine_key(struct intact_machine *machine, int key, bool down);

#define INTACT_STROKE_KEYS 16
#define INTACT_HOLD_MAX    60000
#define INTACT_CHANGES_MAX 2048 // keys that go down or up later, and waits

// Any thread. Presses up to INTACT_STROKE_KEYS keys together, as QEMU's sendkey does: they go down in their order and up from the
// last to the first, each `hold_ms` of virtual time after the one before (0 to INTACT_HOLD_MAX; QEMU's is 100). What is asked for
// meanwhile, here, waits behind that. With a `count` of 0 nothing happens for so long. A machine keeps
// INTACT_CHANGES_MAX of them; more are lost.
// 0, -EINVAL, -ENOTSUP, -EROFS, -ENOMEM as above.
int intact_machine_stroke(struct intact_machine *machine, const int *keys, unsigned count, unsigned hold_ms);

// Any thread. The keys that type a character of ASCII on a keyboard with the US layout (shift first), and '\n' and '\t'; how many, 1 or 2.
// -ENOENT: no key does.
int intact_key_of_character(char character, int keys[2]);

enum intact_button { // a mask
    INTACT_BUTTON_LEFT = 0x01,
    INTACT_BUTTON_RIGHT = 0x02,
    INTACT_BUTTON_MIDDLE = 0x04,
    INTACT_BUTTON_SIDE = 0x08,
    INTACT_BUTTON_EXTRA = 0x10,
};

// Any thread. The mouse moves by `dx` counts to the right, `dy` down (-32,768 to 32,767 each), and the wheel by `wheel` notches
// towards the user (-128 to 127); `buttons` are those that are down from here on. 0; -EINVAL: beyond these ranges; -ENOTSUP: the
// machine has no mouse; -EROFS; -ENOMEM.
int intact_machine_pointer(struct intact_machine *machine, int dx, int dy, int wheel, unsigned buttons);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop

#endif
