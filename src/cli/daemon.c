// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See daemon.h. The child tells its parent by one byte in a pipe; if it ends without that, the pipe ends.
#include "cli/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int ready_pipe = -1;

static void to_null(int fd, int flags)
{
    int null = open("/dev/null", flags);
    if (null < 0)
        return;
    dup2(null, fd);
    if (null != fd)
        close(null);
}

static int wait_for(pid_t child, int fd)
{
    char byte;
    ssize_t got;
    int state;
    do
        got = read(fd, &byte, 1);
    while (got < 0 && errno == EINTR);
    close(fd);
    if (got == 1)
        return 0;
    while (waitpid(child, &state, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(state) ? WEXITSTATUS(state) : 1;
}

bool daemon_start(int *status)
{
    int ends[2];
    *status = -1;
    fflush(NULL); // or both processes would write what is held
    if (pipe(ends) < 0)
        return false;
    pid_t child = fork();
    if (child != 0) {
        close(ends[1]);
        if (child > 0)
            *status = wait_for(child, ends[0]);
        else
            close(ends[0]);
        return false;
    }
    close(ends[0]);
    ready_pipe = ends[1];
    fcntl(ready_pipe, F_SETFD, FD_CLOEXEC);
    setsid();
    to_null(STDIN_FILENO, O_RDONLY);
    return true;
}

void daemon_ready(void)
{
    if (ready_pipe < 0)
        return;
    fflush(NULL);
    to_null(STDOUT_FILENO, O_WRONLY);
    to_null(STDERR_FILENO, O_WRONLY);
    if (write(ready_pipe, "", 1) < 0) {
        // The first process is gone: there is nobody to tell.
    }
    close(ready_pipe);
    ready_pipe = -1;
}
