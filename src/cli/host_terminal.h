// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The host's terminal: raw while a guest uses it, and restored afterwards; and a thread that reads standard input.
#ifndef CLI_HOST_TERMINAL_H
#define CLI_HOST_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Is standard input (output) a terminal?
bool terminal_input(void);
// Is standard input a file, which is read in advance (terminal_read)?
bool terminal_input_is_file(void);
bool terminal_output(int fd);

// Makes the terminal of standard input raw; a signal that ends or stops the process restores it first. With
// `keep_signals` Ctrl-c still interrupts the process. Nothing happens where there is no terminal.
void terminal_raw(bool keep_signals);
void terminal_restore(void);
// Something else has changed the modes of the raw terminal: it is raw as before.
void terminal_raw_again(void);

// The terminal of standard output shows its other screen, without a cursor, or the first again. A signal that ends or stops the
// process restores it, too, and after a stop it is shown again: then terminal_key returns at once, as it does when the terminal gets
// another size.
void terminal_other_screen(bool shown);
// The size of the terminal of standard output; false: it has none.
bool terminal_size(unsigned *width, unsigned *height);
// The next byte of standard input, without the thread below: TERMINAL_NO_KEY if none comes within so many milliseconds (negative:
// for ever), TERMINAL_NO_MORE at its end.
enum { TERMINAL_NO_KEY = -1, TERMINAL_NO_MORE = -2 };
int terminal_key(int milliseconds);

// Reads standard input until its end: `take` gets the bytes; `end` is called once at the end. The first TERMINAL_AHEAD
// bytes of a file are read at once, so that the machine has them at the start in every run; the rest is read by a
// thread, in which `take` may wait. False: the host has no thread left.
#define TERMINAL_AHEAD 32768

struct terminal_reader {
    void (*begin)(void *owner); // called first, on the thread; NULL: nothing
    void (*take)(void *owner, const uint8_t *data, size_t size);
    void (*end)(void *owner);
    // A file that the thread listens to as well, -1: none; `heard` reads from it, and says whether there may be more.
    int other;
    bool (*heard)(void *owner);
    void *owner;
};
bool terminal_read(const struct terminal_reader *reader);
// On the thread: waits until standard input or `other` (-1: none) can be read, or terminal_read_stop is called.
enum terminal_event { TERMINAL_INPUT, TERMINAL_OTHER, TERMINAL_END };
enum terminal_event terminal_wait(int other);
// Ends the thread, and returns when neither function will be called any more.
void terminal_read_stop(void);
// For `take`, when it waits: has terminal_read_stop been called? Sleeps a millisecond.
bool terminal_nap(void);

#endif
