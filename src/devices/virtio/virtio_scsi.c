// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 5.6.4 (configuration structure), 5.6.6 (queues).
//
//     queue 0, control   task management, asynchronous notifications: each is answered at once, as no command is in progress
//     queue 1, event     nothing is told: units neither come nor go
//     queue 2 and up     readable: lun, id, ..., cdb | data to the unit      writable: sense_len, residual, ..., sense | data
//
// A LUN has 8 bytes: 1, the target, and the unit of it in 2 bytes (SAM-5 4.7.7.5, flat space, or 4.7.7.4 with bus 0).
//
// Not modelled: hot plugging (VIRTIO_SCSI_F_HOTPLUG), changes of a unit (F_CHANGE), protection information (F_T10_PI), commands with
// data in both directions (F_INOUT).
//
// Path: devices/storage/scsi.c / virtio.c
#include "devices/virtio/virtio_scsi.h"

#include <string.h>

#include "base/bits.h"

enum {
    NUM_QUEUES = 0,
    SEG_MAX = 4,
    MAX_SECTORS = 8,
    CMD_PER_LUN = 12,
    EVENT_INFO_SIZE = 16,
    SENSE_SIZE = 20,
    CDB_SIZE = 24,
    MAX_CHANNEL = 28,
    MAX_TARGET = 30,
    MAX_LUN = 32,
    CONFIG_SIZE = 36,
};
enum { CONTROL = 0, EVENT = 1 };
enum { DEFAULT_SENSE = 96, DEFAULT_CDB = 32, EVENT_SIZE = 16 };
enum { REQUEST_HEADER = 19, RESPONSE_HEADER = 12 };
enum { S_OK = 0, S_OVERRUN = 1, S_BAD_TARGET = 3, S_FAILURE = 9 };
enum { FUNCTION_COMPLETE = 0, FUNCTION_REJECTED = 11, INCORRECT_LUN = 12 };
enum { INQUIRY = 0x12, REPORT_LUNS = 0xa0, REQUEST_SENSE = 0x03 };

// --- Units -----------------------------------------------------------------------------------------------------------

struct scsi_unit *virtio_scsi_unit(const struct virtio_scsi *scsi, unsigned target, unsigned lun)
{
    for (unsigned i = 0; i < scsi->unit_count; i++)
        if (scsi->units[i].target == target && scsi->units[i].lun == lun)
            return scsi->units[i].unit;
    return NULL;
}

bool virtio_scsi_connect(struct virtio_scsi *scsi, unsigned target, unsigned lun, struct scsi_unit *unit)
{
    if (scsi->unit_count == VIRTIO_SCSI_UNITS)
        return false;
    scsi->units[scsi->unit_count++] = (struct virtio_scsi_unit){ target, lun, unit };
    return true;
}

static bool has_target(const struct virtio_scsi *scsi, unsigned target)
{
    for (unsigned i = 0; i < scsi->unit_count; i++)
        if (scsi->units[i].target == target)
            return true;
    return false;
}

// False: the bytes are no address of ours.
static bool read_address(const uint8_t *bytes, unsigned *target, unsigned *lun)
{
    *target = bytes[1];
    *lun = (bytes[2] & 0x3f) << 8 | bytes[3];
    return bytes[0] == 1 && (bytes[2] & 0x80) == 0;
}

// --- Commands --------------------------------------------------------------------------------------------------------

struct request {
    struct virtio_scsi *scsi;
    unsigned queue;
    const struct virtqueue_chain *chain;
    uint64_t out_at, in_at; // where the data begins, of the readable and of the writable bytes
    struct scsi_data data;
    struct scsi_result result;
};

static bool get(void *owner, uint64_t offset, void *data, size_t size)
{
    const struct request *request = owner;
    return virtio_read(&request->scsi->virtio, request->queue, request->chain, request->out_at + offset, data, size);
}

static bool put(void *owner, uint64_t offset, const void *data, size_t size)
{
    const struct request *request = owner;
    return virtio_write(&request->scsi->virtio, request->queue, request->chain, request->in_at + offset, data, size);
}

static void reply(struct request *request, const uint8_t *answer, uint64_t size, uint64_t room)
{
    uint64_t wanted = size < room ? size : room, there = request->data.in_size;
    request->result.wanted = wanted;
    request->result.moved = wanted < there ? wanted : there;
    put(request, 0, answer, (size_t)request->result.moved);
}

static uint64_t big(const uint8_t *at, unsigned size)
{
    uint64_t value = 0;
    while (size--)
        value = value << 8 | *at++;
    return value;
}

// SPC-4, 6.33: every unit of the target, and 0 in any case.
static void report_luns(struct request *request, unsigned target, const uint8_t *cdb)
{
    const struct virtio_scsi *scsi = request->scsi;
    uint8_t out[8 + 8 * (VIRTIO_SCSI_UNITS + 1)] = { 0 };
    uint8_t *at = out + 16;
    for (unsigned i = 0; i < scsi->unit_count; i++) {
        unsigned lun = scsi->units[i].lun;
        if (scsi->units[i].target != target || lun == 0)
            continue;
        at[0] = (uint8_t)(lun < 256 ? 0 : 0x40 | lun >> 8);
        at[1] = (uint8_t)lun;
        at += 8;
    }
    uint32_t length = (uint32_t)(at - out) - 8;
    out[2] = (uint8_t)(length >> 8);
    out[3] = (uint8_t)length;
    reply(request, out, length + 8, big(cdb + 6, 4));
}

// A unit that is not there, of a target that is (SPC-4, 6.4.2: peripheral qualifier 3).
static void answer_absent(struct request *request, const uint8_t *cdb)
{
    const uint8_t absent[36] = { 0x7f, 0, 5, 2, 31 };
    struct scsi_result sense = { 0 };
    scsi_fail(&sense, SCSI_ILLEGAL, SCSI_NO_UNIT);
    if (cdb[0] == INQUIRY && !(cdb[1] & 1))
        reply(request, absent, sizeof absent, big(cdb + 3, 2));
    else if (cdb[0] == REQUEST_SENSE)
        reply(request, sense.sense, SCSI_SENSE, cdb[4]);
    else
        request->result = sense;
}

static uint8_t perform(struct request *request, const uint8_t *address, const uint8_t *cdb)
{
    unsigned target, lun;
    if (!read_address(address, &target, &lun) || !has_target(request->scsi, target))
        return S_BAD_TARGET;
    struct scsi_unit *unit = virtio_scsi_unit(request->scsi, target, lun);
    if (cdb[0] == REPORT_LUNS)
        report_luns(request, target, cdb);
    else if (unit)
        scsi_execute(unit, cdb, &request->data, &request->result);
    else
        answer_absent(request, cdb);
    uint64_t room = request->data.in_size > request->data.out_size ? request->data.in_size : request->data.out_size;
    return request->result.status == SCSI_GOOD && request->result.wanted > room ? S_OVERRUN : S_OK;
}

static void respond(struct request *request, uint8_t response, uint32_t sense_size)
{
    const struct scsi_result *result = &request->result;
    uint8_t bytes[RESPONSE_HEADER] = { 0 };
    uint64_t room = request->data.in_size + request->data.out_size;
    uint32_t sense = result->status == SCSI_CHECK_CONDITION && response == S_OK
                         ? (sense_size < SCSI_SENSE ? sense_size : SCSI_SENSE)
                         : 0;
    bytes_put(bytes, 4, sense);
    bytes_put(bytes + 4, 4, room - result->moved);
    bytes[10] = response == S_OK || response == S_OVERRUN ? result->status : 0;
    bytes[11] = response;
    virtio_write(&request->scsi->virtio, request->queue, request->chain, 0, bytes, sizeof bytes);
    if (sense)
        virtio_write(&request->scsi->virtio, request->queue, request->chain, RESPONSE_HEADER, result->sense, sense);
}

static uint32_t handle_request(void *owner, unsigned queue, const struct virtqueue_chain *chain)
{
    struct virtio_scsi *scsi = owner;
    uint32_t cdb_size = (uint32_t)bytes_get(scsi->virtio.config + CDB_SIZE, 4),
             sense_size = (uint32_t)bytes_get(scsi->virtio.config + SENSE_SIZE, 4);
    struct request request = { .scsi = scsi,
                               .queue = queue,
                               .chain = chain,
                               .out_at = (uint64_t)REQUEST_HEADER + cdb_size,
                               .in_at = (uint64_t)RESPONSE_HEADER + sense_size };
    uint8_t header[REQUEST_HEADER], cdb[SCSI_CDB] = { 0 };
    if (chain->readable_size < request.out_at || chain->writable_size < request.in_at) {
        virtio_bad_request(&scsi->virtio);
        return 0;
    }
    request.data = (struct scsi_data){ .get = get,
                                       .put = put,
                                       .owner = &request,
                                       .out_size = chain->readable_size - request.out_at,
                                       .in_size = chain->writable_size - request.in_at };
    if (!virtio_read(&scsi->virtio, queue, chain, 0, header, sizeof header) ||
        !virtio_read(&scsi->virtio, queue, chain, REQUEST_HEADER, cdb, cdb_size < SCSI_CDB ? cdb_size : SCSI_CDB))
        return 0;
    bool both = request.data.out_size && request.data.in_size; // 5.6.6.1.2: without F_INOUT
    uint8_t response = both ? S_FAILURE : perform(&request, header, cdb);
    if (scsi->virtio.status & VIRTIO_STATUS_NEEDS_RESET)
        return 0;
    respond(&request, response, sense_size);
    return (uint32_t)(request.in_at + (request.data.in_size ? request.result.moved : 0));
}

// --- Control ---------------------------------------------------------------------------------------------------------

enum { TMF = 0, AN_QUERY = 1, AN_SUBSCRIBE = 2 };
enum { TMF_I_T_NEXUS_RESET = 4, TMF_LOGICAL_UNIT_RESET = 5, TMF_QUERY_TASK_SET = 7 };

static void reset_units(struct virtio_scsi *scsi, unsigned target, unsigned lun, bool all)
{
    for (unsigned i = 0; i < scsi->unit_count; i++)
        if (scsi->units[i].target == target && (all || scsi->units[i].lun == lun))
            scsi_reset(scsi->units[i].unit);
}

// No command is in progress: there is nothing to abort, and a query finds none.
static uint8_t manage(struct virtio_scsi *scsi, uint32_t subtype, const uint8_t *address)
{
    unsigned target, lun;
    if (!read_address(address, &target, &lun) || !has_target(scsi, target))
        return S_BAD_TARGET;
    if (subtype != TMF_I_T_NEXUS_RESET && !virtio_scsi_unit(scsi, target, lun))
        return INCORRECT_LUN;
    if (subtype == TMF_I_T_NEXUS_RESET || subtype == TMF_LOGICAL_UNIT_RESET)
        reset_units(scsi, target, lun, subtype == TMF_I_T_NEXUS_RESET);
    return subtype <= TMF_QUERY_TASK_SET ? FUNCTION_COMPLETE : FUNCTION_REJECTED;
}

// 5.6.6.2: type; TMF: subtype, lun, id -> response; AN: lun, what -> which events, response.
static uint32_t handle_control(void *owner, unsigned queue, const struct virtqueue_chain *chain)
{
    enum { SIZE_OF_TMF = 24, SIZE_OF_AN = 16, TMF_ANSWER = 1, AN_ANSWER = 5 };
    struct virtio_scsi *scsi = owner;
    uint8_t bytes[SIZE_OF_TMF] = { 0 }, answer[AN_ANSWER] = { 0 };
    uint64_t there = chain->readable_size < sizeof bytes ? chain->readable_size : sizeof bytes;
    if (there && !virtio_read(&scsi->virtio, queue, chain, 0, bytes, (size_t)there))
        return 0;
    uint32_t type = (uint32_t)bytes_get(bytes, 4), size = type == TMF ? TMF_ANSWER : AN_ANSWER;
    bool known = type == TMF ? there == SIZE_OF_TMF : type <= AN_SUBSCRIBE && there >= SIZE_OF_AN;
    if (!known || chain->writable_size < size) {
        virtio_bad_request(&scsi->virtio);
        return 0;
    }
    answer[size - 1] = type == TMF ? manage(scsi, (uint32_t)bytes_get(bytes + 4, 4), bytes + 8) : S_OK;
    return virtio_write(&scsi->virtio, queue, chain, 0, answer, size) ? size : 0;
}

static void notified(void *owner, unsigned queue, uint64_t now)
{
    struct virtio_scsi *scsi = owner;
    (void)now;
    if (queue != EVENT) // its buffers wait for an event
        virtio_drain(&scsi->virtio, queue, queue == CONTROL ? handle_control : handle_request);
}

// --- Life -----------------------------------------------------------------------------------------------------------

// 5.6.4: the driver may write these two. What it may not is written back.
static void config_written(void *owner, unsigned offset, unsigned size, uint64_t value)
{
    enum { LIMIT = 4096 };
    struct virtio_scsi *scsi = owner;
    if ((offset == SENSE_SIZE || offset == CDB_SIZE) && size == 4 && value <= LIMIT)
        virtio_config_set(&scsi->virtio, offset, 4, value);
}

static void set_sizes(struct virtio_scsi *scsi)
{
    virtio_config_set(&scsi->virtio, SENSE_SIZE, 4, DEFAULT_SENSE);
    virtio_config_set(&scsi->virtio, CDB_SIZE, 4, DEFAULT_CDB);
}

static void reset(void *owner)
{
    struct virtio_scsi *scsi = owner;
    set_sizes(scsi);
    for (unsigned i = 0; i < scsi->unit_count; i++)
        scsi_reset(scsi->units[i].unit);
}

static const struct virtio_type type = {
    .name = "virtio-scsi", .id = 8, .notified = notified, .reset = reset, .config_written = config_written
};

void virtio_scsi_init(struct virtio_scsi *scsi, unsigned queues, unsigned queue_size)
{
    memset(scsi, 0, sizeof *scsi);
    virtio_init(&scsi->virtio, &type, scsi, 0, CONFIG_SIZE);
    virtio_config_set(&scsi->virtio, NUM_QUEUES, 4, queues);
    virtio_config_set(&scsi->virtio, SEG_MAX, 4, queue_size - 2); // without header and response
    virtio_config_set(&scsi->virtio, MAX_SECTORS, 4, 0xffff);
    virtio_config_set(&scsi->virtio, CMD_PER_LUN, 4, 128);
    virtio_config_set(&scsi->virtio, EVENT_INFO_SIZE, 4, EVENT_SIZE);
    virtio_config_set(&scsi->virtio, MAX_CHANNEL, 2, 0);
    virtio_config_set(&scsi->virtio, MAX_TARGET, 2, VIRTIO_SCSI_TARGETS - 1);
    virtio_config_set(&scsi->virtio, MAX_LUN, 4, VIRTIO_SCSI_LUNS - 1);
    set_sizes(scsi);
    for (unsigned i = 0; i < VIRTIO_SCSI_QUEUES + queues; i++)
        virtio_add_queue(&scsi->virtio, queue_size);
}

void virtio_scsi_visit(struct virtio_scsi *scsi, struct visit *v)
{
    virtio_visit(&scsi->virtio, v);
}
