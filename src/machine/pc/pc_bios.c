// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a BIOS leaves in the first megabyte for real-mode code: interrupt vectors, the BIOS data area, and handlers of a
// few bytes. Spec: IBM PC/AT Technical Reference, "BIOS listing"; the docs/guests.md list.
//
//     00000  interrupt vectors: hardware interrupts get their EOI, services return with the carry flag set
//     00400  BIOS data area: serial port, EBDA, equipment, memory, keyboard buffer, ticks since midnight
//     9fc00  extended BIOS data area: its size
//     fe000  the handlers
//     ffff0  the reset vector: a jump here resets the machine
//
// Not modelled: the services themselves.
#include "devices/ticks.h"
#include "machine/boot/guest_memory.h"
#include "machine/pc/pc.h"
#include "machine/tables/bytes.h"

enum { VECTORS = 256, BDA = 0x400, BDA_SIZE = 0x100, ROM_SEGMENT = 0xf000, RESET_VECTOR = 0xffff0 };

// Of the BIOS data area, from its start.
enum {
    BDA_COM1 = 0x00,
    BDA_EBDA = 0x0e,      // segment
    BDA_EQUIPMENT = 0x10, // bit 1: a mathematics unit; bits 11-9: serial ports
    BDA_MEMORY = 0x13,    // KiB below the EBDA
    BDA_KEYS_HEAD = 0x1a,
    BDA_KEYS_TAIL = 0x1c,
    BDA_TICKS = 0x6c,
    BDA_KEYS_START = 0x80,
    BDA_KEYS_END = 0x82,
};

// --- Handlers --------------------------------------------------------------------------------------------------------

static const uint8_t plain[] = { 0xcf }; // iret

static const uint8_t service[] = {
    0x55,                   // push bp
    0x89, 0xe5,             // mov bp, sp
    0x80, 0x4e, 0x06, 0x01, // or byte [bp + 6], 1: the carry flag of the caller
    0x5d,                   // pop bp
    0xcf,                   // iret
};

// One tick of 54.9 ms: counted up to midnight, then INT 1Ch, which programs may hook.
static const uint8_t timer[] = {
    0x1e,                                                 // push ds
    0x50,                                                 // push ax
    0xb8, 0x40, 0x00,                                     // mov ax, 40h
    0x8e, 0xd8,                                           // mov ds, ax
    0x66, 0xff, 0x06, 0x6c, 0x00,                         // inc dword [6ch]
    0x66, 0x81, 0x3e, 0x6c, 0x00, 0xb0, 0x00, 0x18, 0x00, // cmp dword [6ch], 1800b0h
    0x72, 0x0d,                                           // jb over
    0x66, 0xc7, 0x06, 0x6c, 0x00, 0x00, 0x00, 0x00, 0x00, // mov dword [6ch], 0
    0xfe, 0x06, 0x70, 0x00,                               // inc byte [70h]
    0xcd, 0x1c,                                           // over: int 1ch
    0xb0, 0x20, 0xe6, 0x20,                               // mov al, 20h; out 20h, al
    0x58, 0x1f,                                           // pop ax; pop ds
    0xcf,                                                 // iret
};

static const uint8_t keyboard[] = {
    0x50,                   // push ax
    0xe4, 0x60,             // in al, 60h
    0xb0, 0x20, 0xe6, 0x20, // mov al, 20h; out 20h, al
    0x58, 0xcf,             // pop ax; iret
};

static const uint8_t master[] = {
    0x50,                   // push ax
    0xb0, 0x20, 0xe6, 0x20, // mov al, 20h; out 20h, al
    0x58, 0xcf,             // pop ax; iret
};

static const uint8_t clock_alarm[] = {
    0x50,                               // push ax
    0xb0, 0x0c, 0xe6, 0x70, 0xe4, 0x71, // mov al, 0ch; out 70h, al; in al, 71h
    0xb0, 0x20, 0xe6, 0xa0, 0xe6, 0x20, // mov al, 20h; out a0h, al; out 20h, al
    0x58, 0xcf,                         // pop ax; iret
};

static const uint8_t slave[] = {
    0x50,                               // push ax
    0xb0, 0x20, 0xe6, 0xa0, 0xe6, 0x20, // mov al, 20h; out a0h, al; out 20h, al
    0x58, 0xcf,                         // pop ax; iret
};

static const uint8_t reset[] = {
    0xb0, 0x06,             // mov al, 6
    0xba, 0xf9, 0x0c, 0xee, // mov dx, cf9h; out dx, al
    0xf4, 0xeb, 0xfd,       // hlt, for ever
};

enum handler { PLAIN, SERVICE, TIMER, KEYBOARD, MASTER, CLOCK_ALARM, SLAVE, HANDLERS };

static const struct {
    const uint8_t *code;
    size_t size;
} handlers[HANDLERS] = {
    [PLAIN] = { plain, sizeof plain },    [SERVICE] = { service, sizeof service },
    [TIMER] = { timer, sizeof timer },    [KEYBOARD] = { keyboard, sizeof keyboard },
    [MASTER] = { master, sizeof master }, [CLOCK_ALARM] = { clock_alarm, sizeof clock_alarm },
    [SLAVE] = { slave, sizeof slave },
};

// --- Vectors ---------------------------------------------------------------------------------------------------------

static enum handler handler_of(unsigned vector)
{
    unsigned first = vector - PC_VECTOR_PIC1, second = vector - PC_VECTOR_PIC2;
    if (vector < PC_VECTOR_PIC1) // exceptions: the flags are those of the program that made one
        return PLAIN;
    if (first < 8)
        return first == PC_IRQ_TIMER ? TIMER : first == PC_IRQ_KEYBOARD ? KEYBOARD : MASTER;
    if (second < 8)
        return second == PC_IRQ_RTC - 8 ? CLOCK_ALARM : SLAVE;
    return SERVICE;
}

static int put_handlers(struct pc *pc, uint16_t offsets[HANDLERS])
{
    struct bus *memory = &pc->board.memory;
    uint64_t at = PC_BIOS_CODE;
    int result = 0;
    for (unsigned i = 0; i < HANDLERS && result == 0; i++) {
        offsets[i] = (uint16_t)(at - ROM_SEGMENT * 16);
        result = guest_put(memory, "BIOS", at, handlers[i].code, handlers[i].size, &pc->board.error);
        at += align_up(handlers[i].size, 16);
    }
    return result == 0 ? guest_put(memory, "BIOS", RESET_VECTOR, reset, sizeof reset, &pc->board.error) : result;
}

static int put_vectors(struct pc *pc, const uint16_t offsets[HANDLERS])
{
    uint8_t vectors[4 * VECTORS];
    for (unsigned i = 0; i < VECTORS; i++) {
        put16(vectors + 4 * i, offsets[handler_of(i)]);
        put16(vectors + 4 * i + 2, ROM_SEGMENT);
    }
    return guest_put(&pc->board.memory, "interrupt vectors", 0, vectors, sizeof vectors, &pc->board.error);
}

// --- Data areas ------------------------------------------------------------------------------------------------------

static uint32_t ticks_since_midnight(const struct pc *pc)
{
    uint64_t seconds = ((uint64_t)pc->board.config.rtc_date + pc->board.clock.now / NS_PER_SECOND) % 86400;
    return (uint32_t)(seconds * PIT_HZ / 65536);
}

static int put_data(struct pc *pc)
{
    static const uint8_t ebda[] = { (PC_LOW_END - PC_EBDA) >> 10 };
    uint8_t data[BDA_SIZE] = { 0 };
    bool com1 = pc->board.config.com1;
    unsigned serial_ports = com1;
    put16(data + BDA_COM1, com1 ? PC_PORT_COM1 : 0);
    for (unsigned i = 0; i < PC_COMS; i++)
        if (pc->coms[i].there)
            put16(data + BDA_COM1 + 2 * serial_ports++, pc_com_places[i].port);
    put16(data + BDA_EBDA, PC_EBDA >> 4);
    put16(data + BDA_EQUIPMENT, (uint16_t)(1 << 1 | serial_ports << 9));
    put16(data + BDA_MEMORY, PC_EBDA >> 10);
    put16(data + BDA_KEYS_HEAD, 0x1e);
    put16(data + BDA_KEYS_TAIL, 0x1e);
    put16(data + BDA_KEYS_START, 0x1e);
    put16(data + BDA_KEYS_END, 0x3e);
    put32(data + BDA_TICKS, ticks_since_midnight(pc));
    int result = guest_put(&pc->board.memory, "BIOS data area", BDA, data, sizeof data, &pc->board.error);
    return result == 0 ? guest_put(&pc->board.memory, "EBDA", PC_EBDA, ebda, sizeof ebda, &pc->board.error) : result;
}

int pc_bios(struct pc *pc)
{
    uint16_t offsets[HANDLERS];
    int result = put_handlers(pc, offsets);
    if (result == 0)
        result = put_vectors(pc, offsets);
    return result == 0 ? put_data(pc) : result;
}
