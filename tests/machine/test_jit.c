// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a machine tells of its code generator, and a host that refuses memory for code: the interpreter runs everything then.
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1 // mremap
#endif
#include <criterion/criterion.h>

#include <errno.h>
#include <intact/log.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/machine.h"
#include "machine/x86_code.h"

#ifdef __linux__
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

enum { RUNS = 1000, INSTRUCTIONS = 2 * RUNS + 3 };

static struct code code;
static struct intact_machine_config config;
static struct intact_machine *machine;
static struct intact_log *the_log;
static char text[4096], why[INTACT_ERROR_SIZE];

// mov ebx, RUNS; again: dec ebx; jnz again; then halts for ever
static void setup(void)
{
    code_begin(&code);
    CODE(&code, 0xbb, RUNS & 0xff, RUNS >> 8, 0, 0, 0x4b, 0x75, 0xfd);
    code_halt(&code);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.jit = INTACT_JIT_ON;
    config.jit_size = 0;
    config.jit_threshold = 0;
    config.kernel = "code";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
}

static void teardown(void)
{
    intact_log_close(the_log);
    intact_machine_destroy(machine);
}

TestSuite(machine_jit, .init = setup, .fini = teardown, .timeout = 60);

static void on_text(void *owner, const char *line, size_t size)
{
    (void)owner, (void)size;
    strncat(text, line, sizeof text - strlen(text) - 1);
}

// Runs to the halt after `instructions`, with a log of `items`.
static void run_for(const char *items, uint64_t instructions)
{
    struct intact_log_config wanted;
    intact_log_config_init(&wanted);
    wanted.items = items;
    wanted.write = on_text;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    cr_assert_eq(intact_log_open(machine, &wanted, &the_log, why), 0, "%s", why);
    struct intact_exit end = intact_machine_run(machine);
    cr_assert_eq(end.reason, INTACT_DEADLOCK);
    cr_assert_eq(end.instructions, instructions);
    cr_assert_eq(intact_log_close(the_log), 0);
    the_log = NULL;
}

static void run(const char *items)
{
    run_for(items, INSTRUCTIONS);
}

static struct intact_jit_state state(void)
{
    struct intact_jit_state now;
    intact_jit_state_init(&now);
    cr_assert_eq(intact_machine_jit(machine, &now), 0);
    return now;
}

// Whether hosts like this one have a code generator; memory for it may still be refused.
static bool is_here(void)
{
    return state().refused != -ENOTSUP;
}

Test(machine_jit, tells_that_it_is_on_and_what_it_has_done)
{
    config.jit_threshold = 5;
    config.jit_size = UINT64_C(1) << 20;
    run("jit");
    struct intact_jit_state now = state();
    if (!is_here())
        return;
    cr_assert(now.on && now.refused == 0, "refused: %d", now.refused);
    cr_assert_eq(now.threshold, 5);
    cr_assert_eq(now.memory, UINT64_C(1) << 20);
    cr_assert_eq(now.blocks, 1, "the loop alone runs often");
    cr_assert(now.used > 0 && now.used < now.memory);
    cr_assert_eq(now.blocks_refused, 0);
    cr_assert_not_null(strstr(text, "jit: on: blocks that have run 5 times become host code\n"
                                    "jit: 1 blocks became host code, 0 did not fit; "));
    cr_assert_not_null(strstr(text, " of 1048576 bytes are used, the memory was emptied 0 times\n"));
}

// Blocks that are run in turn, and whose host code does not fit together: once they were all compiled again in each turn.
Test(machine_jit, a_part_stays_compiled_where_all_does_not_fit)
{
    enum { BLOCKS = 1500, TURNS = 500 };
    code_begin(&code);
    CODE(&code, 0xbb, TURNS & 0xff, TURNS >> 8, 0, 0); // mov ebx, TURNS
    for (unsigned i = 0; i < BLOCKS; i++)
        CODE(&code, 0xeb, 0); // jmp to the next
    int32_t back = -(2 * BLOCKS + 7);
    CODE(&code, 0x4b, 0x0f, 0x85, (uint8_t)back, (uint8_t)(back >> 8), 0xff, 0xff); // dec ebx; jnz to the first
    code_halt(&code);
    config.jit_threshold = 2;
    config.jit_size = UINT64_C(64) << 10;
    run_for("jit", 1 + TURNS * (BLOCKS + 2) + 2);
    struct intact_jit_state now = state();
    if (!is_here())
        return;
    cr_assert(now.emptied >= 1 && now.emptied < TURNS / 20, "it was emptied %lu times", now.emptied);
    cr_assert(now.blocks > BLOCKS / 4 && now.blocks < TURNS * BLOCKS / 20, "%lu were compiled", now.blocks);
    cr_assert_eq(now.blocks_refused, 0);
}

Test(machine_jit, tells_that_it_is_not_wanted)
{
    config.jit = INTACT_JIT_OFF;
    run("jit");
    struct intact_jit_state now = state();
    cr_assert(!now.on && now.refused == 0 && now.blocks == 0 && now.memory == 0);
    cr_assert_str_eq(text, "jit: off: it is not wanted\n");
}

Test(machine_jit, finds_no_difference_where_there_is_none)
{
    config.jit = INTACT_JIT_CHECK;
    config.jit_threshold = 5;
    run("jit");
    if (!is_here())
        return;
    cr_assert_eq(state().blocks, 1);
    cr_assert_null(intact_machine_jit_report(machine));
}

Test(machine_jit, refuses_another_number)
{
    config.jit = (enum intact_jit)(INTACT_JIT_CHECK + 1);
    cr_assert_eq(intact_machine_create(&config, &machine, why), -EINVAL);
    cr_assert_not_null(strstr(why, "jit is on, off or check"), "%s", why);
}

Test(machine_jit, says_nothing_without_the_item)
{
    run("guest_errors");
    cr_assert_str_eq(text, "");
}

Test(machine_jit, a_program_of_another_version_asks_for_what_it_knows)
{
    struct intact_jit_state now;
    run("jit");
    memset(&now, 0xff, sizeof now);
    intact_jit_state_defaults(&now, offsetof(struct intact_jit_state, memory));
    cr_assert_eq(intact_machine_jit(machine, &now), 0);
    cr_assert_eq(now.size, offsetof(struct intact_jit_state, memory));
    cr_assert_eq(now.on, state().on);
    cr_assert_eq(now.memory, UINT64_MAX, "it was not touched");
    now.size = sizeof now + 8;
    cr_assert_eq(intact_machine_jit(machine, &now), -EINVAL);
}

// --- for profilers ---------------------------------------------------------------------------------------------------

static char map_path[40];

static void remove_map(void)
{
    unlink(map_path);
}

// Runs with a map, which is read into `text`.
static void run_mapped(void)
{
    snprintf(map_path, sizeof map_path, "/tmp/perf-%ld.map", (long)getpid());
    remove_map();
    config.perf_map = true;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    atexit(remove_map);
    cr_assert_eq(intact_machine_run(machine).instructions, INSTRUCTIONS);
    FILE *file = fopen(map_path, "r");
    text[0] = 0;
    if (file) {
        text[fread(text, 1, sizeof text - 1, file)] = 0;
        fclose(file);
    }
    remove_map();
}

// The only line whose name this is.
static void find_line(const char *name, uint64_t *start, uint64_t *size)
{
    const char *at = strstr(text, name);
    cr_assert_not_null(at, "no %s in\n%s", name, text);
    cr_assert_null(strstr(at + 1, name), "twice in\n%s", text);
    cr_assert(at[-1] == ' ' && at[strlen(name)] == '\n');
    while (at > text && at[-1] != '\n')
        at--;
    cr_assert_eq(sscanf(at, "%" SCNx64 " %" SCNx64 " ", start, size), 2);
}

Test(machine_jit, a_map_for_profilers_has_each_block_of_host_code)
{
    uint64_t block, block_size, enter, enter_size;
    config.jit_threshold = 5;
    run_mapped();
    if (!is_here())
        return;
    find_line("guest-0x100025", &block, &block_size);
    find_line("intact-jit-enter", &enter, &enter_size);
    cr_assert(block_size > 8 && block_size < 1000 && enter_size > 8);
    cr_assert(block >= enter + enter_size && block + block_size <= enter + state().used,
              "both are in the code's memory");
    for (const char *line = text; *line; line = strchr(line, '\n') + 1)
        cr_assert_not_null(strchr(line, '\n'));
}

#ifdef __linux__
// Hosts map memory twice by mremap; qemu-user does not.
static bool maps_twice(void)
{
    void *once = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return once != MAP_FAILED && mremap(once, 0, 4096, MREMAP_MAYMOVE) != MAP_FAILED;
}

// perf takes names from the map for memory that belongs to no file, or to /dev/zero, as shared memory without one does.
Test(machine_jit, code_that_perf_names_is_in_memory_without_a_file)
{
    uint64_t block, size, first, last;
    char line[512], flags[8], name[200], found[200] = "", found_flags[8] = "";
    run_mapped();
    if (!is_here() || !maps_twice())
        return;
    find_line("guest-0x100025", &block, &size);
    FILE *maps = fopen("/proc/self/maps", "r");
    cr_assert_not_null(maps);
    while (fgets(line, sizeof line, maps)) {
        name[0] = 0;
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %*s %199s", &first, &last, flags, name) >= 3 &&
            first <= block && block < last) {
            strcpy(found, name);
            strcpy(found_flags, flags);
        }
    }
    fclose(maps);
    cr_expect_str_eq(found, "/dev/zero");
    cr_expect_str_eq(found_flags, "r-xs", "it cannot be written where it is executed");
}
#endif

Test(machine_jit, without_host_code_there_is_no_map)
{
    config.jit = INTACT_JIT_OFF;
    run_mapped();
    cr_assert_str_eq(text, "");
    cr_assert_neq(access(map_path, F_OK), 0);
}

#if defined(__linux__) && defined(SECCOMP_MODE_FILTER)

// From here on the process gets no executable memory, as on hardened hosts: EACCES. False: the host has no such filter.
static bool refuse_executable_memory(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mmap, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mprotect, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, args[2])), // its low half: the hosts are little-endian
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { .len = sizeof filter / sizeof *filter, .filter = filter };
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

Test(machine_jit, a_host_that_refuses_memory_for_code_runs_the_interpreter)
{
    if (!refuse_executable_memory())
        cr_skip_test("this host has no filter of system calls");
    run("jit");
    if (!is_here())
        return;
    struct intact_jit_state now = state();
    cr_assert_eq(now.refused, -EACCES);
    cr_assert(!now.on && now.blocks == 0 && now.memory == 0);
    cr_assert_str_eq(text, "jit: off: the host refuses memory for code: Permission denied\n");
}

#endif
