// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Interrupt sources for devices: a manager creates groups of sources, a device triggers them by index, and the guest's
// driver decides what a source is (a pin or a message). The device does not depend on that decision.
//
//     struct intact_irq_group *group;
//     intact_irq_manager_create_group(manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE, 2, &group);
//     ...the guest writes its table:
//     intact_irq_group_update(group, 0, &config, false, true);
//     ...the device interrupts, from any thread:
//     intact_irq_group_trigger(group, 0);
//
// Functions return 0 or more for success and a negative value of enum intact_irq_error, with a text by
// intact_strerror. A function that fails has changed nothing.
//
// Threads. One thread is the machine thread: it runs the vCPUs, or in a program of your own it is the one that calls
// intact_irq_manager_poll. Its calls take effect at once. Other threads may call every function that does not say
// otherwise. Their calls are checked at once, against the settings that were requested last, and take effect for the
// guest when the machine thread drains its inbox: in the order of the calls, a batch as a whole. No trigger is lost in
// between: it is delivered, coalesced with one that is in the inbox or pending, or pending. A handle may be destroyed
// only when no other thread is using it.
//
// The model is that of virtual machine monitors (vm-device of Cloud Hypervisor, dbs-interrupt of Dragonball);
// docs/groups.md maps each of their methods to ours.
#ifndef INTACT_INTERRUPT_H
#define INTACT_INTERRUPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/error.h>
#include <intact/irq_line.h>
#include <intact/trace.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

struct intact_irq_manager;
struct intact_irq_group;
struct intact_irq_notifier;
struct intact_irq_device;

// --- Errors --------------------------------------------------------------------------------------------------------

// Where an errno says it, the value is that errno, negative, on every host.
enum intact_irq_error {
    INTACT_IRQ_OK = 0,
    INTACT_IRQ_NO_ROUTE = -6,        // ENXIO: the pin or GSI leads nowhere, or the message had no receiver
    INTACT_IRQ_NO_MEMORY = -12,      // ENOMEM
    INTACT_IRQ_BUSY = -16,           // EBUSY: groups still exist, or a notifier is in use elsewhere
    INTACT_IRQ_DUPLICATE = -17,      // EEXIST: another group has one of these sources; the pin is wired already
    INTACT_IRQ_INVALID = -22,        // EINVAL: an argument, or a mode that cannot be entered now
    INTACT_IRQ_OUT_OF_FILES = -24,   // EMFILE: the host has no file left for a notifier
    INTACT_IRQ_OUT_OF_VECTORS = -28, // ENOSPC: all sources of the manager are in use
    INTACT_IRQ_BAD_INDEX = -1001,    // the group has no such source
    INTACT_IRQ_BAD_TYPE = -1002,     // the configuration or call does not fit the type of the group
    INTACT_IRQ_NOT_ENABLED = -1003,  // enable the group first
    INTACT_IRQ_BAD_COUNT = -1004,    // a group of this type cannot have so many sources
};

// --- Manager -------------------------------------------------------------------------------------------------------

// Where interrupts leave the library: callbacks for your chips. Called on the machine thread only. They may trigger
// sources and set levels, but must not change settings of a group. Such a trigger or level may call a callback again
// before the first call has returned; the inner call is the newer one, so store the level of a pin before anything
// else.
struct intact_irq_output {
    size_t size; // of this structure: intact_irq_output_init sets it
    // A pin of a chip changed its level. Called only for changes.
    void (*pin)(void *owner, uint32_t chip, uint32_t pin, bool level);
    // A message was sent by `device` (requester id). False: it had no receiver.
    bool (*message)(void *owner, uint64_t address, uint32_t data, uint32_t device);
    void *owner;
    // May messages go to `address`? Called before a configuration is accepted. NULL: to every address.
    bool (*reaches)(void *owner, uint64_t address, uint32_t device);
    // An edge happened at a pin that is low: a legacy edge source was triggered. The chip keeps the request until it is
    // taken (intact_x86_irq_trigger, intact_arm_irq_trigger). NULL: `pin` is called with true and with false, and a
    // chip that needs the level until INTA, as an 8259A does, loses the request.
    void (*edge)(void *owner, uint32_t chip, uint32_t pin);
    // The trace of the chips behind `pin` and `message` (intact_x86_irq_get_trace, intact_arm_irq_get_trace), which outlive
    // the manager: its events have the same causes. NULL: the manager has a trace of its own, with causes of its own.
    struct intact_trace *trace;
};

// An output that leads nowhere.
void intact_irq_output_defaults(struct intact_irq_output *output, size_t size);
static inline void intact_irq_output_init(struct intact_irq_output *output)
{
    intact_irq_output_defaults(output, sizeof *output);
}

// Creates a manager, for a program with its own chips or CPUs (a machine has one: intact_machine_interrupts). The
// calling thread becomes the machine thread. *manager is set on success only. INVALID: another `size`; NO_MEMORY.
int intact_irq_manager_create(const struct intact_irq_output *output, struct intact_irq_manager **manager);

// Machine thread. BUSY: a group or device still exists. Notifiers may stay; they are no longer attached.
int intact_irq_manager_destroy(struct intact_irq_manager *manager);

// The calling thread is the machine thread from now on. The one before must be out of the library.
void intact_irq_manager_adopt(struct intact_irq_manager *manager);

// Machine thread. Delivers the calls of other threads and all signals of notifiers that came before this call, also by
// another process that wrote a notifier's file. Returns the number of messages in the inbox. While a notifier with a
// file is attached this makes a system call, else none. `now` is the virtual time in ns, for the journal.
unsigned intact_irq_manager_poll(struct intact_irq_manager *manager, uint64_t now);

// Machine thread. Adds an observer of the stations before the chips (<intact/trace.h>): TRIGGER, LINE, ROUTE, MASK, RESAMPLE,
// DROP; with a
// shared trace, and for the manager of a machine, it hears those of the chips too. Without a shared trace, the time of
// an event is that of the last poll. INVALID: it was not prepared by intact_trace_observer_init; BUSY: it has been
// added already; NO_MEMORY. intact_trace_observer_remove removes it, and so does intact_irq_manager_destroy; but
// not with a shared trace, which is that of the chips and goes on.
int intact_irq_manager_trace(struct intact_irq_manager *manager, struct intact_trace_observer *observer);

// Machine thread. Sleeps until there is something to poll or `timeout_ns` of host time passed (UINT64_MAX: for ever).
bool intact_irq_manager_wait(struct intact_irq_manager *manager, uint64_t timeout_ns);

// Machine thread, before the first group. Declares chip number `chip` (0-255) with pins 0 to `pins` - 1 (1-65536).
// DUPLICATE, INVALID, NO_MEMORY.
int intact_irq_manager_add_chip(struct intact_irq_manager *manager, uint32_t chip, uint32_t pins);

// Machine thread, before the first group. Wires `gsi` (0-65535) to a pin; a GSI may reach several. NO_ROUTE: no such
// chip or pin; DUPLICATE; INVALID; NO_MEMORY.
int intact_irq_manager_route(struct intact_irq_manager *manager, uint32_t gsi, uint32_t chip, uint32_t pin);

// Machine thread. A chip ended the interrupt of that pin: level sources on it are resampled. Call it before the chip
// samples the pin again.
void intact_irq_manager_eoi(struct intact_irq_manager *manager, uint32_t chip, uint32_t pin);

// Machine thread. Connects a device's line to `gsi` as one more source of the wire; a line that is high raises it at
// once. INVALID: the GSI; BUSY: the line is connected already; NO_MEMORY.
int intact_irq_manager_connect(struct intact_irq_manager *manager, uint32_t gsi, struct intact_irq_line *line);
// Machine thread. Disconnects the line; its wire falls unless another source holds it high.
void intact_irq_manager_disconnect(struct intact_irq_manager *manager, struct intact_irq_line *line);

// The number of message sources that all groups together may have (1 to 2^32 - 65536, which is the default). Lower it
// where the receiver has fewer (a GICv2m frame). Any thread; INVALID: 0, or less than are in use.
int intact_irq_manager_set_limit(struct intact_irq_manager *manager, uint32_t sources);

// --- Groups --------------------------------------------------------------------------------------------------------

enum intact_irq_type {
    INTACT_IRQ_LEGACY = 1, // one source: a pin, level or edge; `base` is its GSI and may be shared
    INTACT_IRQ_MSI,        // PCI MSI: 1, 2, 4, 8, 16 or 32 messages
    INTACT_IRQ_MSIX,       // PCI MSI-X: 1 to 2048 messages, any count
    INTACT_IRQ_GENERIC,    // messages of a platform device: 1 to 2048, any count
};

#define INTACT_IRQ_ANY_BASE UINT32_MAX // the manager chooses
#define INTACT_IRQ_ANY_PIN  UINT32_MAX // a legacy source uses all pins of its GSI

// What a source is. `type` says which part is used: LEGACY the pin, every other type the message.
struct intact_irq_config {
    enum intact_irq_type type;
    // Legacy: a pin of a chip, or chip INTACT_IRQ_ANY_PIN for all pins that the GSI reaches.
    uint32_t chip, pin;
    // Legacy: a level source. It stays asserted until it is lowered or, where it was triggered, until the EOI.
    bool level;
    // Messages, as the guest wrote them; `device` is the requester id.
    uint32_t address_low, address_high, data, device;
};

// Makes a group of `count` sources with the ids `base` to `base` + `count` - 1; message groups share one space of ids,
// legacy groups may share a GSI with each other. It is not enabled and every source is unmasked. Any thread.
// BAD_TYPE, BAD_COUNT, INVALID (ids beyond 32 bits, a GSI above 65535), DUPLICATE, OUT_OF_VECTORS, NO_MEMORY.
int intact_irq_manager_create_group(struct intact_irq_manager *manager, enum intact_irq_type type, uint32_t base,
                                    uint32_t count, struct intact_irq_group **group);

// Disables the group if it is enabled, detaches its notifiers and frees the handle and the ids. Pending triggers are
// counted as abandoned (intact_irq_manager_counts). It needs no memory. Any thread, when no other thread uses the
// group; its notifiers may be signalled meanwhile. It waits until its resample notifier is no longer being signalled,
// so hold no lock that a resample callback takes.
void intact_irq_manager_destroy_group(struct intact_irq_manager *manager, struct intact_irq_group *group);

enum intact_irq_type intact_irq_group_type(const struct intact_irq_group *group);
uint32_t intact_irq_group_base(const struct intact_irq_group *group);
uint32_t intact_irq_group_length(const struct intact_irq_group *group);

// Gives the group a name, which is copied: the interrupts of its sources have it in traces (`source` of struct
// intact_trace_event), with the index behind it but for a legacy group: "nic.rx", "nic.msix0", "nic.msix1". NULL takes it
// away. The manager's thread. NO_MEMORY.
int intact_irq_group_set_name(struct intact_irq_group *group, const char *name);

// Configures every source (configs[length]) and enables the group. Pending triggers of sources that are not masked are
// delivered now, with the new configuration. `configs` NULL: what update has staged. Masks stay as they are. Enabling
// an enabled group with NULL does nothing; with configurations it replaces all of them. Any thread.
// BAD_TYPE, NO_ROUTE (of an unmasked source), INVALID (a source was never configured): nothing has changed.
int intact_irq_group_enable(struct intact_irq_group *group, const struct intact_irq_config *configs);

// No source reaches the guest any more and a level falls. Configurations and masks stay; what is triggered by notifiers
// or was still pending waits for the next enable. Disabling a disabled group does nothing. Any thread.
int intact_irq_group_disable(struct intact_irq_group *group);

// As it was requested last, by any thread; on the machine's thread, what is in force. Any thread.
bool intact_irq_group_enabled(const struct intact_irq_group *group);

// Interrupts the guest. A masked source becomes pending. A level source is asserted until its EOI. Any thread; it needs
// no memory. On the machine thread it takes no lock, and returns NO_ROUTE; from other threads that is only counted.
// BAD_INDEX, NOT_ENABLED.
int intact_irq_group_trigger(struct intact_irq_group *group, uint32_t index);

// Drives a level source until the next call. While it is masked or disabled the level is only stored. Any thread: a
// level that another thread sets and changes back before the machine thread drains the inbox has no effect. BAD_INDEX;
// BAD_TYPE: it is not configured as a level source.
int intact_irq_group_set_level(struct intact_irq_group *group, uint32_t index, bool level);

// New configuration and mask of one source. With `set_gsi` it takes effect now, together with all staged updates;
// without, it is staged until intact_irq_group_set_gsi. Also for disabled groups (staging before enable). Any thread.
// BAD_INDEX, BAD_TYPE: nothing changed. With `set_gsi` also NO_ROUTE: this update is dropped, others stay staged.
int intact_irq_group_update(struct intact_irq_group *group, uint32_t index, const struct intact_irq_config *config,
                            bool masked, bool set_gsi);

// Commits all staged updates, or none. NO_ROUTE: an unmasked one leads nowhere; all of them stay staged, and can be
// updated again or dropped (intact_irq_group_forget). Its cost grows with the number of staged updates. Any thread.
int intact_irq_group_set_gsi(struct intact_irq_group *group);
void intact_irq_group_forget(struct intact_irq_group *group);

// Masks one source, or unmasks it, which delivers it if it became pending meanwhile. Takes effect without set_gsi. Any
// thread. BAD_INDEX; unmask also NO_ROUTE, and INVALID (never configured, in an enabled group): it stays masked.
int intact_irq_group_mask(struct intact_irq_group *group, uint32_t index);
int intact_irq_group_unmask(struct intact_irq_group *group, uint32_t index);

// 1: the source was triggered (in any way) or is driven high, and this has not reached a chip, because it is masked,
// the group is disabled, or the call of another thread is still in the inbox. 0: not. BAD_INDEX. Any thread.
// A triggered level that is masked after it was delivered and before its EOI is pending, and counted as delivered.
int intact_irq_group_pending(const struct intact_irq_group *group, uint32_t index);
// Drops what is pending, also what is still in the inbox from another thread, and lowers a level that was triggered (for a
// device reset). Counted as abandoned. A trigger after the call is a new one. It needs no memory. BAD_INDEX. Any thread.
int intact_irq_group_clear_pending(struct intact_irq_group *group, uint32_t index);

// What happened to all triggers since the group was created: triggered = delivered + coalesced + dropped + abandoned +
// those pending now, while the inbox is empty.
struct intact_irq_counts {
    uint64_t triggered; // accepted, from any thread or notifier
    uint64_t delivered; // reached a pin or a receiver
    uint64_t coalesced; // joined one that was in the inbox, pending, or asserted
    uint64_t dropped;   // the message had no receiver
    uint64_t abandoned; // cleared while pending
};
void intact_irq_group_counts(const struct intact_irq_group *group, struct intact_irq_counts *counts);
// The sum over all groups, destroyed ones included. Any thread.
void intact_irq_manager_counts(struct intact_irq_manager *manager, struct intact_irq_counts *counts);

// --- Notifiers -----------------------------------------------------------------------------------------------------

// A notifier is a trigger that can be passed to another component or process: a file to write to, or a callback.
//
// The library starts a thread for it: when the first notifier with a file is attached to a source, the manager gets one
// thread ("intact-notifier" where threads have names), which ends with the manager. It sleeps until such a file is
// written, reads the event and puts the trigger into the inbox. It calls no function of the program and blocks signals.
// intact_irq_manager_poll and _wait also read the files themselves and do not depend on the thread.
//
// A machine that has nothing to do waits as long as a notifier is attached to a source. When no more signals will come,
// detach it (intact_irq_group_set_notifier with NULL) or destroy its group, from any thread. The machine cannot know of
// a thread that calls intact_irq_group_trigger: set `interactive` of the machine, and call intact_machine_input_end at
// the end.
enum intact_irq_notifier_kind {
    INTACT_IRQ_NOTIFIER_BEST,     // EVENTFD where the host has it, else PIPE
    INTACT_IRQ_NOTIFIER_EVENTFD,  // Linux: one file, read and written in 8 bytes
    INTACT_IRQ_NOTIFIER_PIPE,     // two files; any bytes written are one event
    INTACT_IRQ_NOTIFIER_CALLBACK, // no file
};

// INVALID: the host has no such kind; OUT_OF_FILES, NO_MEMORY. Any thread.
int intact_irq_notifier_create(enum intact_irq_notifier_kind kind, struct intact_irq_notifier **notifier);
// A notifier of kind CALLBACK that calls `signalled(owner)`, for resample: on the machine thread.
int intact_irq_notifier_create_callback(void (*signalled)(void *owner), void *owner,
                                        struct intact_irq_notifier **notifier);
// BUSY: it is attached to a source, as its notifier or for resample. No other thread may use it any more.
int intact_irq_notifier_destroy(struct intact_irq_notifier *notifier);

// Signals it. Attached to a source, that is a trigger, which the next intact_irq_manager_poll delivers; with kind
// CALLBACK on the machine thread it takes effect at once. Else the file is written or the callback called, and the
// signal is kept for intact_irq_notifier_consume or the next source that it is attached to. Never waits for the
// machine. Any thread, also while another one attaches it, detaches it or destroys its group; not in a signal handler.
int intact_irq_notifier_signal(struct intact_irq_notifier *notifier);
// Has it been signalled since the last call? Clears the event. For the receiver of a resample notifier. Any thread.
bool intact_irq_notifier_consume(struct intact_irq_notifier *notifier);
// The file to write (for another process) and the file that becomes readable; -1 for CALLBACK. They belong to the
// notifier.
int intact_irq_notifier_write_fd(const struct intact_irq_notifier *notifier);
int intact_irq_notifier_read_fd(const struct intact_irq_notifier *notifier);

// The notifier of a source: a signal is a trigger, time-stamped and in order like one from another thread. If the
// source has none, one of kind BEST is created, which lives as long as the group: intact_irq_group_set_notifier only
// detaches it. Do not destroy it, nor attach it to another group. A signal while the group is disabled stays pending
// until it is enabled. BAD_INDEX, OUT_OF_FILES, NO_MEMORY. Any thread.
int intact_irq_group_notifier(struct intact_irq_group *group, uint32_t index, struct intact_irq_notifier **notifier);

// Attaches `notifier` to the source (NULL: detaches the one it has); the caller keeps it alive until it is replaced or
// the group destroyed. A signal that was not consumed before triggers the source. BUSY: it is attached to another
// source. BAD_INDEX, OUT_OF_FILES, NO_MEMORY. Any thread.
int intact_irq_group_set_notifier(struct intact_irq_group *group, uint32_t index, struct intact_irq_notifier *notifier);

// `notifier` is signalled at each EOI of a level source, so that the device can assert it again if it still needs
// service (NULL: no more). The caller keeps it alive until it is replaced or the group destroyed. BAD_INDEX; BAD_TYPE:
// not a legacy group; BUSY: the notifier is attached to another source. Machine thread.
int intact_irq_group_set_resample(struct intact_irq_group *group, uint32_t index, struct intact_irq_notifier *notifier);

// --- Device interrupt manager --------------------------------------------------------------------------------------

// The interrupts of one device and the mode its driver has chosen. One thread at a time.
enum intact_irq_mode {
    INTACT_IRQ_MODE_DISABLED,
    INTACT_IRQ_MODE_LEGACY,
    INTACT_IRQ_MODE_GENERIC_MSI,
    INTACT_IRQ_MODE_PCI_MSI,
    INTACT_IRQ_MODE_PCI_MSIX,
};

// The sources of the device in one mode (the structure will not grow): `base` as in create_group; `count` 0: it does not have the mode.
struct intact_irq_resource {
    uint32_t base, count;
};

struct intact_irq_resources {
    size_t size; // of this structure: intact_irq_resources_init sets it
    struct intact_irq_resource legacy, generic_msi, pci_msi, pci_msix;
    bool legacy_edge;   // the legacy source is an edge, not a level
    uint32_t requester; // device id of its messages
};

// No resources at all.
void intact_irq_resources_defaults(struct intact_irq_resources *resources, size_t size);
static inline void intact_irq_resources_init(struct intact_irq_resources *resources)
{
    intact_irq_resources_defaults(resources, sizeof *resources);
}

// BAD_COUNT: a resource that no group could have. DUPLICATE, OUT_OF_VECTORS, INVALID, NO_MEMORY as create_group.
int intact_irq_device_create(struct intact_irq_manager *manager, const struct intact_irq_resources *resources,
                             struct intact_irq_device **device);
void intact_irq_device_destroy(struct intact_irq_device *device);

// Names the groups of its modes NAME.intx, NAME.message, NAME.msi and NAME.msix, as intact_irq_group_set_name does.
int intact_irq_device_set_name(struct intact_irq_device *device, const char *name);

// Enters a mode; nothing happens if it is in that mode already. INVALID: it is enabled; from one kind of MSI directly
// to another (enter disabled or legacy between them); a mode that the device has no resource for.
int intact_irq_device_set_mode(struct intact_irq_device *device, enum intact_irq_mode mode);
enum intact_irq_mode intact_irq_device_mode(const struct intact_irq_device *device);

// Enables the sources of the mode, configured as staged; nothing happens if it is enabled already. In mode disabled, a
// device with a legacy source enters legacy mode; without one: INVALID. Also INVALID: an unmasked source whose address
// was not set since the last reset. NO_ROUTE and other errors of intact_irq_group_enable.
int intact_irq_device_enable(struct intact_irq_device *device);
int intact_irq_device_disable(struct intact_irq_device *device);
bool intact_irq_device_enabled(const struct intact_irq_device *device);

// After a load of a saved state, machine thread: sets the device to `mode`, enabled or not, without a change of its
// groups, which have been loaded. A mode that it has no resource for becomes disabled. Messages are staged as usual.
void intact_irq_device_restore(struct intact_irq_device *device, enum intact_irq_mode mode, bool enabled);

// Disables it, enters mode disabled, and drops every staged message, mask and pending bit.
int intact_irq_device_reset(struct intact_irq_device *device);

// The message of one source as the guest writes it, part by part. Staged until update or enable. INVALID: not in an MSI
// mode; BAD_INDEX.
int intact_irq_device_set_address_low(struct intact_irq_device *device, uint32_t index, uint32_t address);
int intact_irq_device_set_address_high(struct intact_irq_device *device, uint32_t index, uint32_t address);
int intact_irq_device_set_data(struct intact_irq_device *device, uint32_t index, uint32_t data);
int intact_irq_device_set_masked(struct intact_irq_device *device, uint32_t index, bool masked);
// The requester id of all its messages, from the next update or enable on: the guest has renumbered the bus.
void intact_irq_device_set_requester(struct intact_irq_device *device, uint32_t requester);
// Commits the staged message of one source of an enabled device. INVALID: not enabled, in legacy mode, no such source,
// or an unmasked one whose address was not set since the last reset.
int intact_irq_device_update(struct intact_irq_device *device, uint32_t index);

// The group of the mode while it is enabled, else NULL. It belongs to the device.
struct intact_irq_group *intact_irq_device_group(struct intact_irq_device *device);

// --- Virtio --------------------------------------------------------------------------------------------------------

// The interrupt status register of a virtio device (VIRTIO 1.2, 4.1.4.5 and 4.2.2): every function is atomic and may be
// called from any thread. Zero it before the first use.
struct intact_irq_status {
    uint32_t bits; // through the functions only
};
uint32_t intact_irq_status_read(const struct intact_irq_status *status);
void intact_irq_status_write(struct intact_irq_status *status, uint32_t bits);
uint32_t intact_irq_status_read_and_clear(struct intact_irq_status *status);
// Both return the bits as they were before.
uint32_t intact_irq_status_set(struct intact_irq_status *status, uint32_t bits);
uint32_t intact_irq_status_clear(struct intact_irq_status *status, uint32_t bits);

#define INTACT_IRQ_NO_VECTOR 0xffffu // VIRTIO_MSI_NO_VECTOR: no interrupt for this event
#define INTACT_IRQ_USED_RING 1u      // bits of the status register
#define INTACT_IRQ_CONFIG    2u

// How a virtio device notifies its driver: with the status register and one line, with a vector per event, or not at
// all. Plain data that the transport fills in; the device only calls the functions.
struct intact_irq_virtio {
    struct intact_irq_group *group;   // NULL: none, every notification succeeds and does nothing
    struct intact_irq_status *status; // legacy: set before the line changes. NULL: by vectors
    const uint16_t *queue_vectors;    // by vectors: one for each queue
    uint16_t queues;
    uint16_t config_vector;
};

// "Queue `queue` has used buffers" and "the configuration changed". BAD_INDEX: no such queue; else as trigger.
int intact_irq_virtio_notify_queue(const struct intact_irq_virtio *virtio, uint16_t queue);
int intact_irq_virtio_notify_config(const struct intact_irq_virtio *virtio);
// The driver has seen `bits` of the status register (~0: it read the register that clears itself): they are cleared,
// and a level falls with the last of them. An edge stays as it is. Returns the register as it was before; 0 without
// one.
uint32_t intact_irq_virtio_acknowledge(const struct intact_irq_virtio *virtio, uint32_t bits);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
