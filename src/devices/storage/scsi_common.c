// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Commands of every SCSI unit, SPC-4: what it is, whether it is ready, what was wrong.
#include <string.h>

#include "devices/storage/scsi_inside.h"

enum { DISK = 0x00, CD = 0x05, MOST_BLOCKS = 0x7fff }; // of one command, by the block limits page

static bool is_ready(struct scsi_command *command)
{
    if (scsi_blocks(command->unit))
        return true;
    scsi_bad(command, SCSI_NOT_READY, SCSI_NO_MEDIUM);
    return false;
}

// --- INQUIRY, 6.4 and 7.8 --------------------------------------------------------------------------------------------

static uint32_t standard_inquiry(const struct scsi_unit *unit, uint8_t *out)
{
    out[0] = unit->cd ? CD : DISK;
    out[1] = unit->cd ? 0x80 : 0; // removable
    out[2] = 5;                   // SPC-3
    out[3] = 0x12;                // HISUP, response data format 2
    out[4] = 31;
    out[7] = 0x02; // CMDQUE
    memcpy(out + 8, unit->cd ? "INTACT  CD-ROM          1.0 " : "INTACT  HARDDISK        1.0 ", 28);
    return 36;
}

static uint32_t serial_page(const struct scsi_unit *unit, uint8_t *out)
{
    uint32_t length = (uint32_t)strnlen(unit->serial, SCSI_SERIAL);
    memcpy(out + 4, unit->serial, length);
    return length;
}

// Device identification: T10 vendor id, ASCII, of the unit.
static uint32_t identification_page(const struct scsi_unit *unit, uint8_t *out)
{
    uint32_t length = (uint32_t)strnlen(unit->serial, SCSI_SERIAL);
    out[4] = 2;
    out[5] = 1;
    out[7] = (uint8_t)(8 + length);
    memcpy(out + 8, "INTACT  ", 8);
    memcpy(out + 16, unit->serial, length);
    return 12 + length;
}

// SBC-3, 6.6.4.
static uint32_t limits_page(const struct scsi_unit *unit, uint8_t *out)
{
    bool unmap = unit->block->discard;
    scsi_put(out + 8, 4, MOST_BLOCKS);
    scsi_put(out + 20, 4, unmap ? MOST_BLOCKS : 0);
    scsi_put(out + 24, 4, unmap ? 255 : 0); // descriptors of an UNMAP
    scsi_put(out + 36, 8, MOST_BLOCKS);     // of WRITE SAME
    return 60;
}

// SBC-3, 6.6.2: no moving medium.
static uint32_t characteristics_page(const struct scsi_unit *unit, uint8_t *out)
{
    (void)unit;
    out[5] = 1;
    return 60;
}

// SBC-3, 6.6.7: UNMAP and WRITE SAME (16) deallocate, and what they have deallocated reads as zeroes.
static uint32_t provisioning_page(const struct scsi_unit *unit, uint8_t *out)
{
    out[5] = unit->block->discard ? 0xc4 : 0;
    out[6] = unit->block->discard ? 2 : 0;
    return 4;
}

static const struct page {
    uint8_t code;
    bool of_cds;
    uint32_t (*fill)(const struct scsi_unit *unit, uint8_t *out); // the length behind its 4 bytes of header
} pages[] = {
    { 0x80, true, serial_page },           { 0x83, true, identification_page }, { 0xb0, false, limits_page },
    { 0xb1, false, characteristics_page }, { 0xb2, false, provisioning_page },
};

// Page 00h: the list of pages.
static uint32_t list_pages(const struct scsi_unit *unit, uint8_t *out)
{
    uint32_t count = 1; // this one
    for (unsigned i = 0; i < countof(pages); i++)
        if (pages[i].of_cds || !unit->cd)
            out[4 + count++] = pages[i].code;
    return count;
}

static void inquiry(struct scsi_command *command)
{
    const struct scsi_unit *unit = command->unit;
    const uint8_t *cdb = command->cdb;
    uint8_t out[96] = { 0 };
    uint64_t room = scsi_get(cdb + 3, 2);
    if (!(cdb[1] & 1) && cdb[2] == 0) {
        scsi_reply(command, out, standard_inquiry(unit, out), room);
        return;
    }
    uint32_t length = cdb[1] & 1 && cdb[2] == 0 ? list_pages(unit, out) : 0;
    bool known = length != 0;
    for (unsigned i = 0; i < countof(pages) && cdb[1] & 1; i++)
        if (pages[i].code == cdb[2] && (pages[i].of_cds || !unit->cd)) {
            length = pages[i].fill(unit, out);
            known = true;
        }
    if (!known) {
        scsi_bad(command, SCSI_ILLEGAL, SCSI_BAD_FIELD);
        return;
    }
    out[0] = unit->cd ? CD : DISK;
    out[1] = cdb[2];
    scsi_put(out + 2, 2, length);
    scsi_reply(command, out, 4 + length, room);
}

// --- The others ------------------------------------------------------------------------------------------------------

static void test_unit_ready(struct scsi_command *command)
{
    is_ready(command);
}

// 6.39: what has not been reported with a status; that can only be a unit attention.
static void request_sense(struct scsi_command *command)
{
    struct scsi_result sense;
    scsi_fail(&sense, command->unit->attention ? SCSI_ATTENTION : 0, command->unit->attention ? SCSI_WAS_RESET : 0);
    command->unit->attention = false;
    scsi_reply(command, sense.sense, SCSI_SENSE, command->cdb[4]);
}

static void done(struct scsi_command *command)
{
    (void)command;
}

// SPC-4, 7.5: caching (WCE) and control, and the device-specific parameter with WP and DPOFUA (SBC-3, 6.5.1).
static uint32_t mode_pages(const struct scsi_unit *unit, uint8_t page, bool changeable, uint8_t *out)
{
    uint8_t *at = out;
    if (page == 0x08 || page == 0x3f) {
        at[0] = 0x08;
        at[1] = 18;
        at[2] = !changeable && !unit->block->readonly ? 0x04 : 0;
        at += 20;
    }
    if (page == 0x0a || page == 0x3f) {
        at[0] = 0x0a;
        at[1] = 10;
        at += 12;
    }
    return (uint32_t)(at - out);
}

static void mode_sense(struct scsi_command *command)
{
    const uint8_t *cdb = command->cdb;
    const struct scsi_unit *unit = command->unit;
    bool ten = cdb[0] == 0x5a, changeable = cdb[2] >> 6 == 1;
    uint8_t out[64] = { 0 };
    uint32_t header = ten ? 8 : 4, length = mode_pages(unit, cdb[2] & 0x3f, changeable, out + header);
    if (!length || unit->cd || cdb[2] >> 6 == 3 || cdb[3]) {
        scsi_bad(command, SCSI_ILLEGAL, SCSI_BAD_FIELD);
        return;
    }
    out[ten ? 3 : 2] = (uint8_t)(0x10 | (unit->block->readonly ? 0x80 : 0));
    scsi_put(out, ten ? 2 : 1, header + length - (ten ? 2 : 1));
    scsi_reply(command, out, header + length, ten ? scsi_get(cdb + 7, 2) : cdb[4]);
}

static const struct {
    uint8_t code;
    const char *name;
    void (*run)(struct scsi_command *command);
    bool of_cds;
} commands[] = {
    { 0x00, "TEST UNIT READY", test_unit_ready, true },
    { 0x03, "REQUEST SENSE", request_sense, true },
    { 0x12, "INQUIRY", inquiry, true },
    { 0x1a, "MODE SENSE (6)", mode_sense, false },
    { 0x1b, "START STOP UNIT", done, true },
    { 0x1e, "PREVENT ALLOW MEDIUM REMOVAL", done, true },
    { 0x5a, "MODE SENSE (10)", mode_sense, false }, // of CDs: mmc.c
};

bool scsi_common(struct scsi_command *command)
{
    for (unsigned i = 0; i < countof(commands); i++)
        if (commands[i].code == command->cdb[0] && (commands[i].of_cds || !command->unit->cd)) {
            commands[i].run(command);
            return true;
        }
    return false;
}
