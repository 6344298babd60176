// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The command stopped at points of its run, for points_test.py. INTACT_POINTS is "IN OUT FILE": the numbers of two open files,
// and a path. Each line of IN is a letter and a number of instructions, not below that of the line before. The machine runs up
// to there; s writes its state to FILE; then OUT gets a line with the instructions executed and the digest of the state. After
// the last line the machine runs to its end.
//
// The linker puts run_with_points in the place of intact_machine_run (--wrap).
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <intact/machine.h>
#include <intact/replay.h>
#include <intact/snapshot.h>

#include "cli/run.h"

struct intact_exit run_with_points(struct intact_machine *machine) __asm__("__wrap_intact_machine_run");
struct intact_exit run(struct intact_machine *machine) __asm__("__real_intact_machine_run");

static void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "points: %s\n", what);
    exit(STATUS_USAGE);
}

static void answer(struct intact_machine *machine, FILE *out)
{
    uint64_t digest = 0;
    check(intact_machine_digest(machine, &digest) == 0, "no digest");
    fflush(stdout);
    fprintf(out, "%" PRIu64 " %016" PRIx64 "\n", intact_machine_instructions(machine), digest);
    fflush(out);
}

struct intact_exit run_with_points(struct intact_machine *machine)
{
    const char *text = getenv("INTACT_POINTS");
    char file[4096], why[INTACT_ERROR_SIZE], letter;
    int in = -1, out = -1;
    uint64_t point;
    check(text && sscanf(text, "%d %d %4095[^\n]", &in, &out, file) == 3, "INTACT_POINTS must be 'IN OUT FILE'");
    FILE *points = fdopen(in, "r"), *answers = fdopen(out, "w");
    check(points && answers, "IN and OUT must be open files");
    while (fscanf(points, " %c %" SCNu64, &letter, &point) == 2) {
        intact_machine_run_for(machine, point - intact_machine_instructions(machine));
        if (letter == 's')
            check(intact_machine_save_file(machine, file, why) == 0, why);
        answer(machine, answers);
    }
    fclose(points);
    fclose(answers);
    return run(machine);
}

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
