// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Debugging a machine from outside: breakpoints, watchpoints, single steps; and servers for gdb, people and programs.
//
//     intact_break_add(machine, INTACT_STOP_EXECUTE, 0x100000, 0);
//     struct intact_exit end = intact_machine_run(machine);
//     if (end.reason == INTACT_BREAK)
//         printf("processor %u is at %#jx\n", end.cpu, (uintmax_t)end.address);
//     end = intact_machine_run(machine); // goes on behind the breakpoint
//
// What a debugger does changes nothing that the guest sees, unless it writes registers or memory: the processors run in
// the machine's order, interrupts come at the same instructions, and the run ends as it would have without. Guest memory
// holds no breakpoints. A machine without any runs at its full speed.
//
// On the machine's thread, between two runs, unless a function says otherwise.
#ifndef INTACT_DEBUG_H
#define INTACT_DEBUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/chips.h>
#include <intact/lint.h>
#include <intact/machine.h>
#include <intact/why.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

// Adds a breakpoint (INTACT_STOP_EXECUTE, `size` 0) or a watchpoint (INTACT_STOP_WRITE, _READ or _ACCESS, of `size`
// bytes, 1 to 4096) at a virtual address, for all processors; on INTACT_PC a linear one, which is RIP in 64-bit code. It
// ends a run with INTACT_BREAK:
//   - a breakpoint before the instruction that begins at `address`, and before a fault of it
//   - a watchpoint on INTACT_PC after the instruction with the access, or after the entry of the handler that pushed
//     there; on INTACT_VIRT before the access (so do the debug exceptions of each)
// The next run goes on with that instruction and does not stop for it again. Accesses by devices are not watched.
// -EEXIST: it is there already; -EINVAL: another kind, or the size; -EBUSY: within a run; -ENOMEM.
int intact_break_add(struct intact_machine *machine, enum intact_stop kind, uint64_t address, uint64_t size);
// Removes one. -ENOENT: there is none; -EBUSY.
int intact_break_remove(struct intact_machine *machine, enum intact_stop kind, uint64_t address, uint64_t size);

// --- What is there to see --------------------------------------------------------------------------------------------
//
// Nothing is changed by looking. On the machine's thread, between two runs: -EBUSY from within a callback of a run. `told` must not run or
// change the machine. 0: it was done, unless a function says what other numbers mean.

// Every register of the interrupt controllers that all processors share, and of those of `cpu`, or with INTACT_NO_CPU of all processors
// (<intact/chips.h>). -EINVAL: there is no such processor.
int intact_machine_chip_registers(struct intact_machine *machine, uint32_t cpu, intact_chip_register_told *told,
                                  void *owner);

// A wire that leads to interrupt controllers, and one of those who drive it. A wire with several of them is high when one is.
struct intact_wire {
    uint32_t gsi;
    bool high;          // the wire
    const char *driver; // "com1.irq"; NULL: it has no name. During the call
    bool drives;        // the driver's level
};

// Calls `told` for each driver of each wire, in the order of their GSIs. A driver that is not connected, as of a group that is not
// enabled, is not told, and neither is a wire without drivers.
int intact_machine_wires(struct intact_machine *machine, void (*told)(void *owner, const struct intact_wire *wire),
                         void *owner);

// An instruction of the guest as assembly, in AT&T's syntax on INTACT_PC.
struct intact_instruction {
    uint64_t address;
    uint32_t size;        // bytes
    const char *mnemonic; // "movq"; ".byte" or ".inst": it is none. During the call
    const char *operands; // "%rax, (%rdi)". During the call
};
// Calls `told` for up to `count` instructions from `address` on, in the mode in which the processor executes now, through its kernel's
// page tables, up to where there is no code. How many they were; -EINVAL: there is no such processor; -ENOTSUP: the library was built
// without Capstone.
int intact_machine_disassemble(struct intact_machine *machine, uint32_t cpu, uint64_t address, unsigned count,
                               void (*told)(void *owner, const struct intact_instruction *instruction), void *owner);

// What a processor does.
enum intact_cpu_state {
    INTACT_CPU_RUNNING,
    INTACT_CPU_HALTED,  // HLT, WFI: it waits for an interrupt
    INTACT_CPU_STOPPED, // it was not started yet, or is off
};
// An enum intact_cpu_state. -EINVAL: there is no such processor.
int intact_machine_cpu_state(struct intact_machine *machine, uint32_t cpu);

// --- Why -------------------------------------------------------------------------------------------------------------
//
// Why an interrupt does not arrive at a processor, in findings (<intact/why.h>), from its source to the processor. A source is
// a name or a text:
//
//     pit.out0, com1.irq             the line of a device, as `source` of a trace's events has it
//     virtio-blk0.queue0, edu0.msi0  a part of a device: queueN, config, msixN, msiN, intx, irq
//     gsi:4                          a wire
//     lapic0.timer, cpu2.vtimer      a processor's own source
//     pin:pic.4, pin:ioapic0.2, vector:0x31@0, msi:0xfee00000,0x31, nmi, timer@0, lint0@0, lint1@0, error@0, thermal@0, pmc@0,
//         cmci@0                     on INTACT_PC, as intact_x86_irq_why
//     intid:27@2, intid:33, lpi:8192, pin:gicd.1, msi:0x8020040,80, msi:0x8090040,3,5, event:5,3
//                                    on INTACT_VIRT, as intact_arm_irq_why

// Calls `found` with `owner` for each finding, at least once. 0; or -EINVAL with a line in `why` (INTACT_ERROR_SIZE bytes, or
// NULL): there is no such source; -EBUSY: within a run.
int intact_machine_why(struct intact_machine *machine, const char *source, intact_why_found *found, void *owner,
                       char *why);
// Begins to watch what becomes of interrupts: from now on answers about named sources say how often one was raised, taken and
// ended, and when last. It costs a little for each event of an interrupt. Where the
// machine goes back, or is loaded, it forgets what was counted, and begins to watch there.
// Does nothing if it has begun. -EBUSY: within a run; -ENOMEM.
int intact_machine_why_watch(struct intact_machine *machine);
// The name of source `index`, from 0 on, in `name`, `size` bytes, cut where it is
// longer. False: there are not so many.
bool intact_machine_source(struct intact_machine *machine, unsigned index, char *name, size_t size);

// --- Lint ------------------------------------------------------------------------------------------------------------

// Begins to look for what the guest does wrong (<intact/lint.h>); `config` NULL: the defaults. Its `arm` is the machine's. What
// the guest did before is not found, nor what a firmware's work that the machine does itself left behind; what a run that went
// back had found stays found. Does nothing if it has begun. 0; -EINVAL: a value of the configuration; -EBUSY: within a run;
// -ENOMEM.
int intact_machine_lint(struct intact_machine *machine, const struct intact_lint_config *config);
// Calls `each` for each finding so far, as intact_lint_each, and returns how many there are; 0 without a lint, and within a run.
size_t intact_machine_lint_each(struct intact_machine *machine,
                                void (*each)(void *owner, const struct intact_lint_finding *finding), void *owner);

// --- Events ----------------------------------------------------------------------------------------------------------
//
// A run can also stop where something happens to an interrupt, or to a device. An event is a text:
//
//     raise[:GSI]       a device raises the line of a GSI, or triggers the source with this number; raise:nmi: the NMI line
//     accept[:N]        a processor's controller accepts vector or INTID N: it is pending there
//     deliver[:N]       a processor takes vector N, or the exception for INTID N, before the handler's first instruction
//     ack[:N]           the interrupt is acknowledged. On INTACT_PC that is `deliver`; on INTACT_VIRT the handler reads IAR
//     eoi[:N]           an end of interrupt reaches a chip
//     write:ADDRESS     a device register at a physical address is written, or RAM there, by a processor or by a device
//     read:ADDRESS      a device register is read
//     in:PORT out:PORT  an I/O port is read or written; INTACT_PC alone
//     instruction:N     all processors have executed N instructions in all
//     says:TEXT         the guest prints TEXT, up to 58 characters, on its serial port, debug port or a virtconsole
//
// Numbers are decimal, or hexadecimal with 0x. `,cpu=N` at the end is for one processor's events alone, `,size=N` for accesses
// of any of N bytes, 1 to 4096; without it of 4. An event within an instruction stops the run after it. What a program does to
// lines and groups between two runs stops no run. Vectors are at most 255, INTIDs at most 0xffffff, ports at most 0xffff; raise
// and instruction take no cpu; the text of says goes on to the end.

// Adds an event, at most 64: it ends a run with INTACT_BREAK and INTACT_STOP_EVENT. 0; or a negative errno with a line in `why`
// (INTACT_ERROR_SIZE bytes, or NULL): -EINVAL: it is no event of this machine; -EEXIST: it is there already; -EBUSY: within
// a run; -ENOSPC, -ENOMEM.
int intact_break_event(struct intact_machine *machine, const char *event, char *why);
// Removes one, by the same text. -ENOENT: there is none; -EBUSY.
int intact_break_event_remove(struct intact_machine *machine, const char *event);
// The events, in the order in which they were added: NULL after the last. Valid until one is added or removed.
const char *intact_break_event_text(const struct intact_machine *machine, unsigned index);
// The event at which the last run stopped; "": at none. Valid until the next run.
const char *intact_break_event_hit(const struct intact_machine *machine);

// Back to where `event` came last before this place, added or not, or with NULL to where any breakpoint, watchpoint or event
// would have stopped the run; *end (may be NULL) is as if the run had stopped there. The machine needs a history
// (<intact/snapshot.h>), which is run again in parts, each twice as long as the one before. 0; or a negative errno with a
// line in `why`, and the machine where it was: -ENOENT: there is no history, or nothing in it; -EINVAL, -EBUSY, -ENOMEM.
int intact_machine_back(struct intact_machine *machine, const char *event, struct intact_exit *end, char *why);

// --- Steps -----------------------------------------------------------------------------------------------------------

// Runs until processor `cpu` (below the configuration's cpus) has executed one instruction: INTACT_BREAK with
// INTACT_STOP_STEP. The others run in their turns before that. What the run would deliver to it first is delivered: the
// instruction is then the first of an interrupt's or a fault's handler. An iteration of a repeated string instruction is
// one. A halted processor steps when something wakes it. Other reasons end it as they end intact_machine_run.
struct intact_exit intact_machine_step(struct intact_machine *machine, unsigned cpu);

// Any thread, but not from a signal handler. Ends the run soon with INTACT_BREAK and INTACT_STOP_REQUEST, or the next one
// at once. Unlike after intact_machine_quit, the run can be replayed as if nothing had been asked.
void intact_machine_interrupt(struct intact_machine *machine);

// --- Servers ---------------------------------------------------------------------------------------------------------
//
// A machine can have servers for gdb, for people and for programs, at most 16 in all, which are opened in any order, between two
// runs. They do not end with the machine: close them before it is destroyed:
//
//     intact_gdb_open(machine, "tcp::1234", &gdb, why);
//     intact_monitor_open(machine, "unix:/tmp/monitor", &monitor, why);
//     intact_qmp_open(machine, "unix:/tmp/qmp", &qmp, why);
//     struct intact_exit end = intact_machine_serve(machine, false);
//     intact_gdb_close(gdb);
//     intact_monitor_close(monitor);
//     intact_qmp_close(qmp);
//     intact_machine_destroy(machine);
//
// All of them look at one machine: what stops it, a breakpoint or a client of any, is told to the clients of all, and each of
// them can start it again. gdb alone learns it only while it waits for a stop: at its prompt it keeps the registers and memory
// that it has read, until its own next command to run (or `maintenance flush register-cache`).

// Runs the machine for its servers, instead of intact_machine_run; with `stopped` it waits for a client to start it before the
// first instruction. What a client says while the machine runs is done between two instructions, and it runs on. A breakpoint
// or event, of a client or of the program, stops it until a client starts it. What clients do changes nothing that the guest
// sees, unless they write to it or load another state.
//
// Returns at the end of the run, also by a client or intact_machine_quit, and with INTACT_QUIT when it is stopped and the only
// server was standard input or a connected socket, which has ended; or with INTACT_BREAK when it stopped while there was no client: then clients come
// to the machine as it is if the program calls this again with `stopped`.
struct intact_exit intact_machine_serve(struct intact_machine *machine, bool stopped);

// --- gdb -------------------------------------------------------------------------------------------------------------

// A server for gdb's remote protocol; a client may come and go at any time, one at a time.
struct intact_gdb;

// Listens at `where`: "tcp:[HOST]:PORT" (no HOST: this host alone) or "unix:PATH". 0 and *gdb; -EINVAL, -ENOSPC or another
// negative errno, with one line in `why` (INTACT_ERROR_SIZE bytes, or NULL). -EBUSY: within a run.
int intact_gdb_open(struct intact_machine *machine, const char *where, struct intact_gdb **gdb, char *why);

// The TCP port where it listens, which the host has chosen for tcp::0; 0: it listens at a path.
unsigned intact_gdb_port(const struct intact_gdb *gdb);

// The same as intact_machine_serve.
struct intact_exit intact_gdb_run(struct intact_gdb *gdb, bool stopped);

// Ends the connection and the server. NULL: nothing.
void intact_gdb_close(struct intact_gdb *gdb);

// --- Monitor ---------------------------------------------------------------------------------------------------------

// A server that takes commands as lines of text; `help` lists them. A client may come and go at any time, one at a time.
struct intact_monitor;

// Listens at `where`: "tcp:[HOST]:PORT" (no HOST: this host alone) or "unix:PATH"; with "stdio" standard input is the client,
// and with "fd:N" the other end of a connected socket of the program's. Once it is open the monitor owns that descriptor, and
// closes it at the end; after an error it is still the program's.
// 0 and *monitor; -EINVAL, -EBADF (fd:N is not open), -ENOSPC, -EBUSY (within a run) or another negative errno, with one line
// in `why` (INTACT_ERROR_SIZE bytes, or NULL).
int intact_monitor_open(struct intact_machine *machine, const char *where, struct intact_monitor **monitor, char *why);

// The TCP port where it listens, which the host has chosen for tcp::0; 0: it listens elsewhere.
unsigned intact_monitor_port(const struct intact_monitor *monitor);

// As intact_machine_serve, but a machine that stops while there is no client waits for one.
struct intact_exit intact_monitor_run(struct intact_monitor *monitor, bool stopped);

// Removes the clients' breakpoints, and ends the connection and the server. NULL: nothing.
void intact_monitor_close(struct intact_monitor *monitor);

// --- QMP -------------------------------------------------------------------------------------------------------------

// A server for programs, by QMP, the protocol of QEMU: JSON, in the shapes of QEMU 7.2. Its commands and events are in
// docs/qmp.md; the time of an event is the machine's. A client may come and go at any time, one at a time.
struct intact_qmp;

// Listens as a monitor does, with the same errors and the same rule for "fd:N". intact_machine_serve runs the machine.
int intact_qmp_open(struct intact_machine *machine, const char *where, struct intact_qmp **qmp, char *why);

// The TCP port where it listens, which the host has chosen for tcp::0; 0: it listens elsewhere.
unsigned intact_qmp_port(const struct intact_qmp *qmp);

// Removes what a client has added to the machine, and ends the connection and the server. NULL: nothing.
void intact_qmp_close(struct intact_qmp *qmp);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
