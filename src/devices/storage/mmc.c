// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See mmc.h. The medium is one data track in one session.
#include "devices/storage/mmc.h"

#include <stddef.h>
#include <string.h>

#include "base/bits.h"

enum { PROFILE_CD = 0x0008, DATA_TRACK = 0x14, LEAD_OUT = 0xaa, PREGAP = 150 };

static uint32_t big(const uint8_t *at, unsigned size)
{
    uint32_t value = 0;
    while (size--)
        value = value << 8 | *at++;
    return value;
}

static void put_big(uint8_t *at, unsigned size, uint32_t value)
{
    while (size--)
        *at++ = (uint8_t)(value >> (8 * size));
}

// Each returns the size of its answer; 0: an invalid field.

static uint32_t read_capacity(const uint8_t *packet, uint32_t sectors, uint8_t *out)
{
    (void)packet;
    put_big(out, 4, sectors - 1);
    put_big(out + 4, 4, MMC_SECTOR);
    return 8;
}

// A sector's number, or its minute, second and frame.
static void put_address(uint8_t *at, uint32_t sector, bool msf)
{
    uint32_t frame = sector + PREGAP;
    if (!msf) {
        put_big(at, 4, sector);
        return;
    }
    at[1] = (uint8_t)(frame / (75 * 60));
    at[2] = (uint8_t)(frame / 75 % 60);
    at[3] = (uint8_t)(frame % 75);
}

static uint8_t *put_track(uint8_t *at, uint8_t track, uint32_t sector, bool msf)
{
    at[1] = DATA_TRACK;
    at[2] = track;
    put_address(at + 4, sector, msf);
    return at + 8;
}

// 6.30
static uint32_t read_toc(const uint8_t *packet, uint32_t sectors, uint8_t *out)
{
    uint8_t format = packet[2] & 15 ? packet[2] & 15 : packet[9] >> 6, first = packet[6];
    bool msf = packet[1] & 2;
    uint8_t *end = out + 4;
    out[2] = out[3] = 1;
    if (format > 1 || (format == 0 && first > 1 && first != LEAD_OUT))
        return 0;
    if (format == 1 || first <= 1)
        end = put_track(end, 1, 0, msf);
    if (format == 0)
        end = put_track(end, LEAD_OUT, sectors, msf);
    put_big(out, 2, (uint32_t)(end - out) - 2);
    return (uint32_t)(end - out);
}

// 6.10: the list of profiles, and the core feature.
static uint32_t get_configuration(const uint8_t *packet, uint32_t sectors, uint8_t *out)
{
    static const uint8_t features[] = { 0, 0, 0x03, 4, 0, PROFILE_CD, 1, 0, 0, 1, 0x03, 4, 0, 0, 0, 2 };
    (void)packet;
    put_big(out, 4, 4 + sizeof features);
    put_big(out + 6, 2, sectors ? PROFILE_CD : 0);
    memcpy(out + 8, features, sizeof features);
    return 8 + sizeof features;
}

// 6.12: nothing has happened.
static uint32_t get_event(const uint8_t *packet, uint32_t sectors, uint8_t *out)
{
    enum { POLLED = 1, MEDIA = 4, MEDIA_BIT = 1 << MEDIA, NONE = 0x80, PRESENT = 2 };
    bool media = packet[4] & MEDIA_BIT;
    if (!(packet[1] & POLLED))
        return 0;
    put_big(out, 2, media ? 6 : 2);
    out[2] = media ? MEDIA : NONE;
    out[3] = MEDIA_BIT;
    out[5] = sectors ? PRESENT : 0;
    return media ? 8 : 4;
}

static uint32_t read_disc(const uint8_t *packet, uint32_t sectors, uint8_t *out)
{
    (void)packet, (void)sectors;
    put_big(out, 2, 32);
    out[2] = 0x0e; // a complete session on a finished disc
    out[3] = out[4] = out[5] = out[6] = 1;
    return 34;
}

// 5.5: error recovery (01h) and capabilities (2Ah); 3Fh is all pages.
static uint32_t mode_sense(const uint8_t *packet, uint32_t sectors, uint8_t *out)
{
    static const uint8_t recovery[] = { 0x01, 6, 0, 5 }, capabilities[] = { 0x2a, 18, 0, 0, 0, 0, 0x29 };
    uint8_t page = packet[2] & 0x3f, *end = out + 8;
    (void)sectors;
    if (page != 0x01 && page != 0x2a && page != 0x3f)
        return 0;
    if (page != 0x2a) {
        memcpy(end, recovery, sizeof recovery);
        end += 8;
    }
    if (page != 0x01) {
        memcpy(end, capabilities, sizeof capabilities);
        end += 20;
    }
    put_big(out, 2, (uint32_t)(end - out) - 2);
    return (uint32_t)(end - out);
}

static const struct mmc_command {
    uint8_t code;
    const char *name;
    uint32_t (*run)(const uint8_t *packet, uint32_t sectors, uint8_t *out);
    bool needs_medium;
    uint8_t room; // where the packet has the allocation length, of 2 bytes; 0: the answer has a fixed length
} commands[] = {
    { 0x25, "READ CAPACITY", read_capacity, true, 0 },
    { 0x43, "READ TOC/PMA/ATIP", read_toc, true, 7 },
    { 0x46, "GET CONFIGURATION", get_configuration, false, 7 },
    { 0x4a, "GET EVENT/STATUS NOTIFICATION", get_event, false, 7 },
    { 0x51, "READ DISC INFORMATION", read_disc, true, 7 },
    { 0x5a, "MODE SENSE (10)", mode_sense, false, 7 },
};

enum mmc_result mmc_answer(const uint8_t *packet, uint32_t sectors, uint8_t *out, uint32_t *size, uint32_t *room)
{
    for (unsigned i = 0; i < countof(commands); i++) {
        const struct mmc_command *command = &commands[i];
        if (command->code != packet[0])
            continue;
        if (command->needs_medium && !sectors)
            return MMC_NOT_READY;
        memset(out, 0, MMC_ANSWER);
        *size = command->run(packet, sectors, out);
        *room = command->room ? big(packet + command->room, 2) : *size;
        return *size ? MMC_DONE : MMC_ILLEGAL;
    }
    return MMC_UNKNOWN;
}
