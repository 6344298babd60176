// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The command on a terminal: raw while the guest runs, restored afterwards, however the run ends. On pipes: what it
// shows and when it ends.
#define _XOPEN_SOURCE 700
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cli/run.h"
#include "machine/memory.h"
#include "machine/x86_code.h"

static char *kernel;
static int terminal, screen; // the master, and the side that the command has
static pid_t child;

// Prints an 'r' and waits for what never comes.
static void start(void)
{
    struct code code;
    code_begin(&code);
    code_out8(&code, 0x3f8, 'r');
    code_halt(&code);
    kernel = test_file(code.bytes, sizeof code.bytes);
    terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0)
        cr_skip_test("no pseudo-terminal can be had here: %s", strerror(errno));
    cr_assert_eq(grantpt(terminal), 0);
    cr_assert_eq(unlockpt(terminal), 0);
    screen = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    cr_assert_geq(screen, 0);
}

static void finish(void)
{
    close(screen);
    close(terminal);
    test_file_remove(kernel);
}

TestSuite(terminal, .init = start, .fini = finish, .timeout = 60);

// Runs the command on the terminal and waits until the guest has spoken.
static void run(const char *serial)
{
    char byte;
    child = fork();
    if (child == 0) {
        char *argv[] = { "intact", "run", "-kernel", kernel, "-serial", (char *)(uintptr_t)serial, NULL };
        dup2(screen, STDIN_FILENO);
        dup2(screen, STDOUT_FILENO);
        _exit(cli_main(6, argv));
    }
    cr_assert_gt(child, 0);
    do
        cr_assert_eq(read(terminal, &byte, 1), 1);
    while (byte != 'r');
}

static tcflag_t local_modes(void)
{
    struct termios modes;
    cr_assert_eq(tcgetattr(screen, &modes), 0);
    return modes.c_lflag;
}

Test(terminal, it_is_raw_for_the_guest_and_restored_when_the_user_quits)
{
    int status;
    tcflag_t before = local_modes();
    run("mon:stdio");
    cr_assert_eq(local_modes() & (ICANON | ECHO | ISIG), 0);
    cr_assert_eq(write(terminal, "\001x", 2), 2);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    cr_assert_eq(WEXITSTATUS(status), 0);
    cr_assert_eq(local_modes(), before);
}

Test(terminal, it_is_restored_when_a_signal_ends_the_command)
{
    int status;
    tcflag_t before = local_modes();
    run("mon:stdio");
    cr_assert_eq(kill(child, SIGTERM), 0);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status));
    cr_assert_eq(WTERMSIG(status), SIGTERM);
    cr_assert_eq(local_modes(), before);
}

Test(terminal, plain_stdio_leaves_the_keys_that_make_signals)
{
    int status;
    run("stdio");
    cr_assert_eq(local_modes() & (ICANON | ECHO | ISIG), (tcflag_t)ISIG);
    kill(child, SIGTERM);
    waitpid(child, &status, 0);
}

// --- On pipes --------------------------------------------------------------------------------------------------------

static int to_guest, from_guest;

enum { WORDS = 12 };

// A guest that writes a prompt without a newline to the port and polls for the answer, never idle. It ends with the test's
// time, whatever becomes of the test.
static void run_on_pipes(uint16_t port, const char *const *options)
{
    int in[2], out[2];
    struct code code;
    test_file_remove(kernel);
    code_begin(&code);
    code_out8(&code, port, '>');
    CODE(&code, 0xeb, 0xfe); // jmp .
    kernel = test_file(code.bytes, sizeof code.bytes);
    cr_assert_eq(pipe(in) | pipe(out), 0);
    child = fork();
    if (child == 0) {
        char *argv[WORDS] = { "intact", "run", "-kernel", kernel };
        int argc = 4;
        while (*options && argc < WORDS)
            argv[argc++] = (char *)(uintptr_t)*options++;
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[1]);
        close(out[0]);
        alarm(60);
        _exit(cli_main(argc, argv));
    }
    close(in[0]);
    close(out[1]);
    to_guest = in[1];
    from_guest = out[0];
}

#define RUN_ON_PIPES(port, ...) run_on_pipes(port, (const char *const[]){ __VA_ARGS__, NULL })

static void check_prompt(void)
{
    struct pollfd output = { .fd = from_guest, .events = POLLIN };
    char byte = 0;
    cr_assert_eq(poll(&output, 1, 20000), 1, "the prompt is shown while the guest polls");
    cr_assert_eq(read(from_guest, &byte, 1), 1);
    cr_assert_eq(byte, '>');
}

static void check_quit(void)
{
    int status;
    cr_assert_eq(write(to_guest, "\001x", 2), 2);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    cr_assert_eq(WEXITSTATUS(status), 0);
    close(to_guest);
    close(from_guest);
}

Test(terminal, a_prompt_without_a_newline_is_shown_on_a_pipe_and_ctrl_a_x_from_one_quits)
{
    RUN_ON_PIPES(0x3f8, "-nographic");
    check_prompt();
    check_quit();
    RUN_ON_PIPES(0x3f8, "-serial", "mon:stdio");
    check_prompt();
    check_quit();
    RUN_ON_PIPES(0xe9, "-debugcon", "stdio", "-serial", "none");
    check_prompt();
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

Test(terminal, ctrl_a_x_on_a_pipe_quits_when_a_device_has_the_input)
{
    RUN_ON_PIPES(0x3f8, "-serial", "none", "-chardev", "stdio,id=c,mux=on", "-device", "virtio-serial-pci", "-device",
                 "virtconsole,chardev=c");
    check_quit();
}

Test(terminal, plain_stdio_on_a_pipe_passes_ctrl_a_to_the_guest)
{
    int status;
    const struct timespec moment = { .tv_nsec = 100000000 };
    RUN_ON_PIPES(0x3f8, "-serial", "stdio");
    cr_assert_eq(write(to_guest, "\001x", 2), 2);
    nanosleep(&moment, NULL);
    cr_assert_eq(waitpid(child, &status, WNOHANG), 0, "it runs on");
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
}
