// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The ITS of a virt, by its queue: right and wrong commands, one by one compared with a simple model (its_model.h), or
// floods of them over tables that are damaged meanwhile.
//
// What must hold: the same interrupts are pending as in the model, and each wrong command reports an error that it has;
// the queue wraps; a flood is executed in portions, so that one access never takes long, and the queue continues.
#include <string.h>

#include "arm_check.h"
#include "its_input.h"
#include "its_model.h"
#include "machine/tables/bytes.h"

const char *const fuzz_name = "fuzz_its";

enum { CPUS = MODEL_CPUS, STEPS = 1500, SMALLEST = 1, LARGEST = 256, FLOOD_POLLS = 20, COMMAND_BYTES = 32 };

// Reads and writes of guest memory that one access may cause: a portion of the queue, see arm_irq_commands in
// arm_irq.c. 32 commands that look at each LPI there can be, or 8192 that look at a few table entries.
enum { MOST_WORK = 32 * 2 * (65536 - 8192) + 8192 * 16 };

// --- Work of an access ----------------------------------------------------------------------------------------------

static struct gic_memory below;
static uint64_t work;

static bool counted_read(void *owner, uint64_t address, void *data, size_t size)
{
    work++;
    return below.read(owner, address, data, size);
}

static bool counted_write(void *owner, uint64_t address, const void *data, size_t size)
{
    work++;
    return below.write(owner, address, data, size);
}

static void count_work(struct virt *virt)
{
    below = virt->irq.config.memory;
    virt->irq.config.memory.read = counted_read;
    virt->irq.config.memory.write = counted_write;
}

static void check_work(void)
{
    if (work > MOST_WORK)
        fuzz_fail("one access made %llu reads and writes of memory", (unsigned long long)work);
    work = 0;
}

// --- Compared with the model ----------------------------------------------------------------------------------------

static void tell_command(struct fuzz *fuzz, const struct its_input_command *command)
{
    fuzz_tell(fuzz, "command %llx %llx %llx %llx", (unsigned long long)command->word[0],
              (unsigned long long)command->word[1], (unsigned long long)command->word[2],
              (unsigned long long)command->word[3]);
}

// Places and numbers that the model has: each device has its own ITT, and LPIs are few.
static struct its_input_command tame(struct fuzz *fuzz)
{
    struct its_input_command command = its_input_any(fuzz);
    uint32_t device = (uint32_t)(command.word[0] >> 32), number = command.word[0] & 0xff;
    uint64_t intid = command.word[1] >> 32;
    if (device >= MODEL_DEVICES && device < 65536)
        command.word[0] = number | (uint64_t)(device | 65536) << 32;
    if (number == ITS_MAPD)
        command.word[2] = (command.word[2] & BIT64(63)) | (ITS_IN_ITTS + 0x1000 * (device % MODEL_DEVICES));
    if (number == ITS_MAPD && (command.word[1] & 31) < 16)
        command.word[1] = 4 + fuzz_below(fuzz, 4);
    else if (intid >= GIC_LPI_FIRST + MODEL_LPIS && intid < BIT32(VIRT_LPI_BITS))
        command.word[1] = (uint32_t)command.word[1] | (uint64_t)(GIC_LPI_FIRST + intid % MODEL_LPIS) << 32;
    uint32_t collection = command.word[2] & 0xffff;
    if (number != ITS_MAPD && collection >= MODEL_COLLECTIONS)
        command.word[2] = (command.word[2] & ~UINT64_C(0xffff)) | collection | 0x8000;
    if (number == ITS_MAPI && (uint32_t)command.word[1] >= GIC_LPI_FIRST)
        command.word[1] &= ~UINT64_C(0xffffffff);
    return command;
}

static void check_error(const struct its *its, uint32_t errors, uint64_t deserved, unsigned number)
{
    unsigned told = its->error & 0xff, shift = number == ITS_CLEAR ? ITS_SYNC : number;
    if (its->errors == errors && !deserved)
        return;
    if (its->errors == errors)
        fuzz_fail("command %02x had an error of the mask %llx and told of none", number, (unsigned long long)deserved);
    if (deserved == UINT64_MAX)
        return;
    if (its->error >> 8 != (0x100 | shift) || told > 63 || !(deserved >> told & 1))
        fuzz_fail("command %02x told of error %06x; it had some of the mask %llx", number, its->error,
                  (unsigned long long)deserved);
}

static void check_pending(const struct virt *virt, const struct its_model *model)
{
    for (uint32_t i = 0; i < model->cpus; i++) {
        uint64_t pending = virt->irq.cpus[i].gicr.lpi_pending.layer[0][GIC_LPI_FIRST / 64];
        if (pending != model->pending[i])
            fuzz_fail("LPIs pending at cpu%u: %llx, and %llx in the model", i, (unsigned long long)pending,
                      (unsigned long long)model->pending[i]);
    }
}

static void step_message(struct fuzz *fuzz, struct virt *virt, struct its_model *model)
{
    uint32_t device = fuzz_below(fuzz, MODEL_DEVICES), event = fuzz_below(fuzz, 60), intid, cpu;
    bool want = its_model_translate(model, device, event, &intid, &cpu);
    bool got = arm_irq_msi(&virt->irq, VIRT_ITS + 0x10040, event, device, false);
    fuzz_tell(fuzz, "message of device %u, event %u: %d", device, event, got);
    if (got != want)
        fuzz_fail("event %u of device %u was %s", event, device, got ? "translated" : "not translated");
    if (got)
        model->pending[cpu] |= BIT64(intid - GIC_LPI_FIRST);
}

static void step_command(struct fuzz *fuzz, const struct rig *rig, struct virt *virt, struct its_model *model)
{
    struct its_input_command command = tame(fuzz);
    uint32_t errors = virt->irq.its.errors;
    tell_command(fuzz, &command);
    its_input_put(rig, &command, true);
    check_error(&virt->irq.its, errors, its_model_execute(model, &command), command.word[0] & 0xff);
}

// As a kernel would have left it: ITTs of zeros, and the collections that its_input_begin maps.
static void begin_model(const struct rig *rig, const struct virt *virt, struct its_model *model)
{
    *model = (struct its_model){ .cpus = rig->cpus, .collections = ((virt->irq.its.baser[1] & 0xff) + 1) * 4096 / 8 };
    for (uint32_t i = 0; i < 6; i++) {
        model->collection[i].valid = true;
        model->collection[i].cpu = i % rig->cpus;
    }
    memset(rig->ram + (ITS_IN_ITTS - VIRT_RAM), 0, 0x1000 * MODEL_DEVICES);
}

static void beside_model(struct fuzz *fuzz, const struct rig *rig)
{
    static struct its_model model;
    struct virt *virt = virt_of(rig->machine);
    its_input_begin(fuzz, rig, SMALLEST);
    begin_model(rig, virt, &model);
    for (unsigned i = 0; i < STEPS; i++) {
        if (fuzz_chance(fuzz, 4))
            step_message(fuzz, virt, &model);
        else
            step_command(fuzz, rig, virt, &model);
        check_pending(virt, &model);
        if (i % 64 == 0)
            arm_check_offered(virt);
        check_work();
    }
}

// --- Floods ---------------------------------------------------------------------------------------------------------

// Every LPI pending at each CPU.
static void pend_everything(const struct rig *rig)
{
    for (uint32_t cpu = 0; cpu < rig->cpus; cpu++) {
        uint64_t frame = VIRT_GICR + cpu * GICR_FRAME;
        bus_write(rig->memory, frame, 4, 0, rig->clock->now);
        memset(rig->ram + (ITS_IN_PENDING - VIRT_RAM) + cpu * 0x10000, 0xff, 0x2000);
        bus_write(rig->memory, frame, 4, GICR_CTLR_ENABLE_LPIS, rig->clock->now);
    }
    work = 0;
}

// One command again and again, or one after another.
static void fill_queue(struct fuzz *fuzz, const struct rig *rig, unsigned pages)
{
    uint8_t *queue = rig->ram + (ITS_IN_QUEUE - VIRT_RAM);
    bool same = fuzz_chance(fuzz, 2);
    struct its_input_command command = its_input_any(fuzz);
    tell_command(fuzz, &command);
    for (unsigned at = 0; at < pages * 4096; at += COMMAND_BYTES) {
        for (unsigned i = 0; i < 4; i++)
            put64(queue + at + 8 * i, command.word[i]);
        if (!same)
            command = its_input_any(fuzz);
    }
}

static void flood(struct fuzz *fuzz, const struct rig *rig)
{
    struct virt *virt = virt_of(rig->machine);
    struct its *its = &virt->irq.its;
    unsigned pages = fuzz_chance(fuzz, 4) ? LARGEST : 1 + fuzz_below(fuzz, 8);
    bool harm = fuzz_chance(fuzz, 2);
    its_input_begin(fuzz, rig, pages);
    if (fuzz_chance(fuzz, 2))
        pend_everything(rig);
    fill_queue(fuzz, rig, pages);
    work = 0;
    fuzz_tell(fuzz, "flood of %u pages%s", pages, harm ? ", and damage" : "");
    bus_write(rig->memory, VIRT_ITS + 0x88, 8, (its->cwriter + pages * 4096 - COMMAND_BYTES) % (pages * 4096),
              rig->clock->now);
    check_work();
    // The longest flood takes a thousand polls; that each goes on is what counts.
    for (unsigned polls = 0; polls < FLOOD_POLLS && its->creadr != its->cwriter && !(its->creadr & 1); polls++) {
        uint32_t before = its->creadr;
        bus_read(rig->memory, VIRT_ITS + 0x90, 8, rig->clock->now);
        check_work();
        if (!harm && its->creadr == before)
            fuzz_fail("the queue stands still at %x of %x", its->creadr, its->cwriter);
        if (harm && fuzz_chance(fuzz, 2))
            its_input_damage(fuzz, rig);
        else if (harm)
            its_input_register(fuzz, rig);
        check_work();
    }
    arm_check_settled(virt);
    arm_check_offered(virt);
    arm_check_unused(virt);
}

void fuzz_case(struct fuzz *fuzz)
{
    struct rig rig = virt_rig(1 + fuzz_below(fuzz, CPUS), 3, true);
    count_work(virt_of(rig.machine));
    if (fuzz_chance(fuzz, 3))
        flood(fuzz, &rig);
    else
        beside_model(fuzz, &rig);
    rig_free(&rig);
}
