// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// POSIX terminals and the reader thread: the only file of the command that knows the host's operating system. There is
// one terminal to a process, so its saved state is the process's.
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#else
#define _DEFAULT_SOURCE
#endif
#include "cli/host_terminal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static struct termios saved, raw;
static volatile sig_atomic_t is_raw, is_other_screen;

static void write_sequence(const char *text, size_t size)
{
    ssize_t written = write(STDOUT_FILENO, text, size);
    (void)written;
}

static void show_other_screen(void)
{
    static const char text[] = "\033[?1049h\033[?25l\033[2J";
    write_sequence(text, sizeof text - 1);
}

static void leave_other_screen(void)
{
    static const char text[] = "\033[0m\033[?25h\033[?1049l";
    write_sequence(text, sizeof text - 1);
}

static void note_resize(int number)
{
    (void)number; // that it comes ends the wait of terminal_key
}

static void hear_resizes(bool wanted)
{
    struct sigaction action;
    sigset_t set;
    memset(&action, 0, sizeof action);
    action.sa_handler = wanted ? note_resize : SIG_DFL;
    sigaction(SIGWINCH, &action, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGWINCH);
    pthread_sigmask(wanted ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

void terminal_other_screen(bool shown)
{
    hear_resizes(shown);
    if (shown)
        show_other_screen();
    else if (is_other_screen)
        leave_other_screen();
    is_other_screen = shown;
}

bool terminal_input(void)
{
    return isatty(STDIN_FILENO) == 1;
}

bool terminal_output(int fd)
{
    return isatty(fd) == 1;
}

bool terminal_input_is_file(void)
{
    struct stat status;
    return fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode);
}

bool terminal_size(unsigned *width, unsigned *height)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
        return false;
    *width = size.ws_col;
    *height = size.ws_row;
    return true;
}

// A signal that comes while something else is done is kept until pselect waits.
int terminal_key(int milliseconds)
{
    struct timespec wait = { milliseconds / 1000, (milliseconds % 1000) * 1000000L };
    fd_set readable;
    sigset_t mask;
    uint8_t byte;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    sigdelset(&mask, SIGWINCH);
    FD_ZERO(&readable);
    FD_SET(STDIN_FILENO, &readable);
    int ready = pselect(STDIN_FILENO + 1, &readable, NULL, NULL, milliseconds < 0 ? NULL : &wait, &mask);
    if (ready <= 0)
        return TERMINAL_NO_KEY;
    return read(STDIN_FILENO, &byte, 1) == 1 ? byte : TERMINAL_NO_MORE;
}

void terminal_restore(void)
{
    if (is_raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    is_raw = 0;
}

// tcsetattr, write, signal and raise may be called from a signal handler (POSIX.1-2017, 2.4.3).
static void end_by_signal(int number)
{
    terminal_restore();
    if (is_other_screen)
        leave_other_screen();
    signal(number, SIG_DFL);
    raise(number);
}

static void stop_by_signal(int number)
{
    int error = errno;
    bool was_raw = is_raw;
    (void)number;
    terminal_restore();
    if (is_other_screen)
        leave_other_screen();
    raise(SIGSTOP);
    if (was_raw && tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0)
        is_raw = 1;
    if (is_other_screen)
        show_other_screen();
    errno = error;
}

void terminal_raw(bool keep_signals)
{
    static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
    if (!terminal_input() || tcgetattr(STDIN_FILENO, &saved) < 0)
        return;
    raw = saved;
    raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN);
    if (!keep_signals)
        raw.c_lflag &= ~(tcflag_t)ISIG;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = end_by_signal;
    for (unsigned i = 0; i < sizeof ending / sizeof ending[0]; i++)
        sigaction(ending[i], &action, NULL);
    action.sa_handler = stop_by_signal;
    sigaction(SIGTSTP, &action, NULL);
    if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0)
        is_raw = 1;
}

void terminal_raw_again(void)
{
    if (is_raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

// --- The reader -----------------------------------------------------------------------------------------------------

static struct terminal_reader reader;
static pthread_t thread;
static int wake_pipe[2];
static bool running;
static atomic_bool stopping;

enum terminal_event terminal_wait(int other)
{
    int last = wake_pipe[0] > other ? wake_pipe[0] : other;
    while (!atomic_load(&stopping)) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(STDIN_FILENO, &set);
        FD_SET(wake_pipe[0], &set);
        if (other >= 0)
            FD_SET(other, &set);
        if (select(last + 1, &set, NULL, NULL, NULL) < 0) {
            if (errno == EINTR)
                continue;
            break;
        }
        if (FD_ISSET(wake_pipe[0], &set))
            break;
        if (other >= 0 && FD_ISSET(other, &set))
            return TERMINAL_OTHER;
        return TERMINAL_INPUT;
    }
    return TERMINAL_END;
}

// False: the input has ended.
static bool read_some(void)
{
    uint8_t data[256];
    ssize_t size = read(STDIN_FILENO, data, sizeof data);
    if (size > 0)
        reader.take(reader.owner, data, (size_t)size);
    return size > 0 || (size < 0 && (errno == EINTR || errno == EAGAIN));
}

static void *read_all(void *unused)
{
    bool more = true;
    (void)unused;
    if (reader.begin)
        reader.begin(reader.owner);
    while (more) {
        switch (terminal_wait(reader.other)) {
        case TERMINAL_INPUT: more = read_some(); break;
        case TERMINAL_OTHER:
            if (!reader.heard(reader.owner))
                reader.other = -1;
            break;
        case TERMINAL_END: more = false; break;
        }
    }
    reader.end(reader.owner);
    return NULL;
}

// True: the input is a file, and all of it has been read.
static bool read_ahead(void)
{
    uint8_t data[256];
    if (!terminal_input_is_file())
        return false;
    for (size_t done = 0; done < TERMINAL_AHEAD;) {
        ssize_t size = read(STDIN_FILENO, data, sizeof data);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return true;
        reader.take(reader.owner, data, (size_t)size);
        done += (size_t)size;
    }
    return false;
}

// Signals go to the machine's thread, so that one that stops the process is handled by the thread that owns the
// terminal.
bool terminal_read(const struct terminal_reader *wanted)
{
    sigset_t all, before;
    reader = *wanted;
    atomic_store(&stopping, false);
    if (read_ahead()) {
        reader.end(reader.owner);
        return true;
    }
    if (pipe(wake_pipe) < 0)
        return false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    running = pthread_create(&thread, NULL, read_all, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!running) {
        close(wake_pipe[0]);
        close(wake_pipe[1]);
    }
    return running;
}

void terminal_read_stop(void)
{
    if (!running)
        return;
    atomic_store(&stopping, true);
    close(wake_pipe[1]); // the other end becomes readable
    pthread_join(thread, NULL);
    close(wake_pipe[0]);
    running = false;
}

bool terminal_nap(void)
{
    const struct timespec millisecond = { .tv_nsec = 1000000 };
    nanosleep(&millisecond, NULL);
    return atomic_load(&stopping);
}
