// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Self-hosted debug: breakpoints, watchpoints, and the registers of op0 = 2 (Arm ARM chapter D2, sections D2.5 to D2.12).
//
// Nothing here is on the path of a program that is not debugged. Where a breakpoint may match at the present level, blocks are
// translated in another mode, with a check before each instruction. Where a watchpoint is enabled, the TLB entries of its
// pages send every access to a64_watch.
//
//   DBGBVR<n>  DBGBCR<n>   an address, or with BT 2 and 3 the value of CONTEXTIDR_EL1 (the last A64_CONTEXT_BREAKPOINTS alone)
//   DBGWVR<n>  DBGWCR<n>   up to 8 bytes by BAS, or a power of two by MASK; loads, stores or both by LSC
//   PMC, PAC               at which of EL1 (bit 0) and EL0 (bit 1)
//   LBN                    with BT 1 or WT: only while this context breakpoint matches too
//
// Where the manual leaves a choice for reserved values (CONSTRAINED UNPREDICTABLE) the breakpoint or watchpoint is disabled:
// without EL2 and EL3 that is any HMC or SSC but 0.
//
// Not modelled: halting debug and everything an external debugger would use; a watchpoint has no priority over an external
// abort of the same access.
#include "vcpu/aarch64/system/debug.h"

#include "vcpu/aarch64/system/mmu.h"
#include "vcpu/aarch64/system/model.h"
#include "vcpu/aarch64/system/sysreg.h"
#include "vcpu/aarch64/system/sysreg_functions.h"
#include "vcpu/loop.h"

// Fields that DBGBCR<n>_EL1 and DBGWCR<n>_EL1 have in common.
enum {
    CONTROL_E = BIT32(0),
    CONTROL_RESERVED = BIT32(13) | BIT32(14) | BIT32(15), // HMC, SSC: both 0 without EL2 and EL3
};
#define CONTROL_PXC(control) ((unsigned)bits_get(control, 2, 1))
#define CONTROL_LBN(control) ((unsigned)bits_get(control, 19, 16))

#define BCR_BT(control) ((unsigned)bits_get(control, 23, 20))
enum { BT_ADDRESS, BT_ADDRESS_LINKED, BT_CONTEXT, BT_CONTEXT_LINKED };

#define WCR_LSC(control)  ((unsigned)bits_get(control, 4, 3)) // bit 0 loads, bit 1 stores
#define WCR_BAS(control)  ((unsigned)bits_get(control, 12, 5))
#define WCR_MASK(control) ((unsigned)bits_get(control, 28, 24))
#define WCR_WT            BIT32(20)

#define FSC_DEBUG 0x22 // IFSC, DFSC: a debug exception

// --- what is enabled --------------------------------------------------------------------------------------------------

bool a64_debug_enabled(const struct a64_cpu *cpu, unsigned el, uint64_t daif)
{
    if ((cpu->oslsr & A64_OSLSR_OSLK) || (cpu->osdlr & A64_OSDLR_DLK))
        return false;
    return el == 0 || ((cpu->mdscr & A64_MDSCR_KDE) && !(daif & A64_D));
}

bool a64_step_after(const struct a64_cpu *cpu, uint64_t spsr, unsigned el)
{
    return unlikely(cpu->mdscr & A64_MDSCR_SS) && !cpu->stepping && a64_debug_enabled(cpu, el, spsr) && (spsr & A64_SS);
}

static bool is_on(uint64_t control)
{
    return (control & CONTROL_E) && !(control & CONTROL_RESERVED) && CONTROL_PXC(control);
}

static bool has_context(unsigned n)
{
    return n >= A64_BREAKPOINTS - A64_CONTEXT_BREAKPOINTS && n < A64_BREAKPOINTS;
}

// A breakpoint that can match by itself, not only for one that is linked to it.
static bool breaks_alone(const struct a64_cpu *cpu, unsigned n)
{
    unsigned type = BCR_BT(cpu->dbgbcr[n]);
    return is_on(cpu->dbgbcr[n]) && (type <= BT_ADDRESS_LINKED || (type == BT_CONTEXT && has_context(n)));
}

void a64_debug_changed(struct a64_cpu *cpu)
{
    bool on = (cpu->mdscr & A64_MDSCR_MDE) && a64_debug_enabled(cpu, 0, 0);
    uint8_t outside = cpu->watchpoints & A64_WATCHED_OUTSIDE, before = cpu->watchpoints;
    cpu->breakpoints[0] = cpu->breakpoints[1] = 0;
    cpu->watchpoints = outside;
    for (unsigned n = 0; on && n < A64_BREAKPOINTS; n++)
        for (unsigned el = 0; el < 2; el++)
            if (breaks_alone(cpu, n) && (CONTROL_PXC(cpu->dbgbcr[n]) & (el ? 1 : 2)))
                cpu->breakpoints[el] |= (uint8_t)BIT32(n);
    for (unsigned n = 0; on && n < A64_WATCHPOINTS; n++)
        if (is_on(cpu->dbgwcr[n]) && WCR_LSC(cpu->dbgwcr[n]))
            cpu->watchpoints |= (uint8_t)BIT32(n);
    if ((before | cpu->watchpoints) & ~A64_WATCHED_OUTSIDE)
        a64_flush(cpu); // its entries say which pages are watched
    bool breakpoints = cpu->breakpoints[0] || cpu->breakpoints[1];
    cpu->debugging = breakpoints || (cpu->mdscr & A64_MDSCR_SS);
    if (!breakpoints && (cpu->debug_jumps[0] || cpu->debug_jumps[1])) {
        cpu->debug_jumps[0] = cpu->debug_jumps[1] = false;
        tlb_forget_jumps(&cpu->vcpu);
    }
    a64_debug_mask_changed(cpu);
}

void a64_debug_mask_changed(struct a64_cpu *cpu)
{
    uint32_t mode = cpu->mode;
    a64_update_mode(cpu);
    if (cpu->stepping || cpu->mode != mode)
        cpu->vcpu.kick |= KICK_LOOK;
}

void a64_debug_update_mode(struct a64_cpu *cpu)
{
    bool enabled = a64_debug_enabled(cpu, cpu->el, cpu->daif), breaks = enabled && cpu->breakpoints[cpu->el];
    cpu->stepping = enabled && (cpu->mdscr & A64_MDSCR_SS);
    if (breaks)
        cpu->mode |= A64_MODE_DEBUG;
    if (cpu->debug_jumps[cpu->el] != breaks) {
        cpu->debug_jumps[cpu->el] = breaks;
        tlb_forget_jumps(&cpu->vcpu);
    }
}

// --- what matches -----------------------------------------------------------------------------------------------------

// The breakpoint that another or a watchpoint is linked to: it must be an enabled one for a linked context.
static bool link_matches(const struct a64_cpu *cpu, uint64_t control)
{
    unsigned n = CONTROL_LBN(control);
    return has_context(n) && (cpu->dbgbcr[n] & CONTROL_E) && BCR_BT(cpu->dbgbcr[n]) == BT_CONTEXT_LINKED &&
           (uint32_t)cpu->dbgbvr[n] == (uint32_t)cpu->contextidr;
}

static bool breakpoint_matches(const struct a64_cpu *cpu, unsigned n, uint64_t pc)
{
    uint64_t control = cpu->dbgbcr[n], value = cpu->dbgbvr[n];
    switch (BCR_BT(control)) {
    case BT_ADDRESS: return a64_branch_address(cpu, value & ~UINT64_C(3)) == pc;
    case BT_ADDRESS_LINKED: return a64_branch_address(cpu, value & ~UINT64_C(3)) == pc && link_matches(cpu, control);
    default: return (uint32_t)value == (uint32_t)cpu->contextidr;
    }
}

bool a64_breaks(struct a64_cpu *cpu, uint64_t pc)
{
    for (unsigned set = cpu->breakpoints[cpu->el]; set; set &= set - 1)
        if (breakpoint_matches(cpu, bits_lowest(set), pc)) {
            a64_fault(cpu, cpu->el == 0 ? A64_EC_BREAK_LOWER : A64_EC_BREAK, FSC_DEBUG);
            return true;
        }
    return false;
}

// The bytes that a watchpoint looks at lie in [first, first + size); `bytes`: which of them, where they are at most 8.
struct watched {
    uint64_t first, size;
    unsigned bytes;
};

static struct watched watched_by(const struct a64_cpu *cpu, unsigned n)
{
    uint64_t control = cpu->dbgwcr[n], address = a64_branch_address(cpu, cpu->dbgwvr[n] & ~UINT64_C(3));
    unsigned mask = WCR_MASK(control), bytes = WCR_BAS(control);
    if (mask >= 3) // 1 and 2 are reserved: no mask; BAS and the masked bits of the address are taken as they must be
        return (struct watched){ address & ~bits_low(mask), UINT64_C(1) << mask, 0xff };
    if (address & 4)
        bytes &= 0xf;
    return (struct watched){ address, address & 4 ? 4 : 8, bytes };
}

// The first watched byte of [address, address + size), as its distance from `address`; `size`: there is none.
static uint64_t first_watched(const struct watched *watched, uint64_t address, unsigned size)
{
    for (uint64_t at = 0; at < size; at++) {
        uint64_t byte = address + at - watched->first;
        if (byte < watched->size && (watched->size > 8 || watched->bytes >> byte & 1))
            return at;
    }
    return size;
}

bool a64_page_watched(const struct a64_cpu *cpu, uint64_t address)
{
    uint64_t page = a64_branch_address(cpu, address) & PAGE_MASK;
    if ((cpu->watchpoints & A64_WATCHED_OUTSIDE) && stops_watch_page(&cpu->vcpu.loop->stops, page))
        return true;
    for (unsigned set = cpu->watchpoints & ~A64_WATCHED_OUTSIDE; set; set &= set - 1) {
        struct watched watched = watched_by(cpu, bits_lowest(set));
        if (watched.first - page < PAGE_SIZE || page - watched.first < watched.size)
            return true;
    }
    return false;
}

static bool page_watched(struct vcpu *vcpu, uint64_t page)
{
    return a64_page_watched(a64_of(vcpu), page);
}

void a64_watch_changed(struct vcpu *vcpu)
{
    struct a64_cpu *cpu = a64_of(vcpu);
    uint8_t own = cpu->watchpoints & (uint8_t)~A64_WATCHED_OUTSIDE;
    cpu->watchpoints = vcpu->loop->stops.watchpoints ? own | A64_WATCHED_OUTSIDE : own;
    tlb_mark_watched(vcpu, page_watched);
}

// A debugger outside the guest stops before the access. No exception is recorded: stops.undone says so.
static bool stopped_outside(struct a64_cpu *cpu, uint64_t address, unsigned size, enum access access)
{
    const struct vcpu *vcpu = &cpu->vcpu;
    uint64_t pc = cpu->r[A64_PC] + (vcpu->at ? block_offsets(vcpu->block)[vcpu->at->n] : 0u);
    return (cpu->watchpoints & A64_WATCHED_OUTSIDE) && stops_access(&cpu->vcpu, pc, address, size, access);
}

bool a64_watch(struct vcpu *vcpu, uint64_t address, unsigned size, enum access access, bool user)
{
    struct a64_cpu *cpu = a64_of(vcpu);
    uint64_t plain = a64_branch_address(cpu, address);
    if (cpu->unwatched)
        return true;
    if (stopped_outside(cpu, plain, size, access))
        return false;
    if (!a64_debug_enabled(cpu, cpu->el, cpu->daif))
        return true;
    bool write = access == ACCESS_WRITE;
    for (unsigned set = cpu->watchpoints & ~A64_WATCHED_OUTSIDE; set; set &= set - 1) {
        unsigned n = bits_lowest(set);
        uint64_t control = cpu->dbgwcr[n];
        if (!(CONTROL_PXC(control) & (user ? 2 : 1)) || !(WCR_LSC(control) & (write ? 2 : 1)))
            continue;
        struct watched watched = watched_by(cpu, n);
        uint64_t at = first_watched(&watched, plain, size);
        if (at < size && (!(control & WCR_WT) || link_matches(cpu, control)))
            return a64_fault_at(cpu, cpu->el == 0 ? A64_EC_WATCH_LOWER : A64_EC_WATCH,
                                FSC_DEBUG | (write ? BIT32(6) : 0u), address + at);
    }
    return true;
}

// --- registers --------------------------------------------------------------------------------------------------------

// BAS is RES1 where AArch32 is not implemented.
#define BCR_RES1     UINT64_C(0x1e0)
#define BCR_WRITABLE UINT64_C(0xffe007)
#define WCR_WRITABLE UINT64_C(0x1f1fffff)

bool a64_write_breakpoint(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    unsigned n = encoding >> 3 & 15;
    switch (encoding & 7) {
    case 4: cpu->dbgbvr[n] = has_context(n) ? value : value & ~UINT64_C(3); break;
    case 5: cpu->dbgbcr[n] = (value & BCR_WRITABLE) | BCR_RES1; break;
    case 6: cpu->dbgwvr[n] = value & ~UINT64_C(3); break;
    default: cpu->dbgwcr[n] = value & WCR_WRITABLE; break;
    }
    a64_debug_changed(cpu);
    return true;
}

bool a64_write_oslar(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    (void)encoding;
    cpu->oslsr = bits_merge(cpu->oslsr, (value & 1) << 1, A64_OSLSR_OSLK);
    a64_debug_changed(cpu);
    return true;
}

bool a64_write_osdlr(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    (void)encoding;
    cpu->osdlr = value & A64_OSDLR_DLK;
    a64_debug_changed(cpu);
    return true;
}

// MDE, KDE, TDCC, SS. What belongs to an external debugger (RXfull, TXfull, RXO, TXU, INTdis, TDA, HDE, ERR) is for the OS to save
// and restore, and can be written while the OS lock is locked.
#define MDSCR_WRITABLE UINT64_C(0xb001)
#define MDSCR_EXTERNAL UINT64_C(0x6ce04040)

bool a64_write_mdscr(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    (void)encoding;
    bool locked = cpu->oslsr & A64_OSLSR_OSLK;
    cpu->mdscr = bits_merge(cpu->mdscr, value, MDSCR_WRITABLE | (locked ? MDSCR_EXTERNAL : 0));
    a64_debug_changed(cpu);
    return true;
}

bool a64_write_claim(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    if (encoding == A64_SYSREG(2, 0, 7, 8, 6))
        cpu->dbgclaim |= value & 0xff;
    else
        cpu->dbgclaim &= ~(value & 0xff);
    return true;
}

bool a64_read_claim(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    *value = encoding == A64_SYSREG(2, 0, 7, 8, 6) ? 0xff : cpu->dbgclaim;
    return true;
}

// The debug communications channel, without an external debugger: always empty, and what is written is lost. MDSCR_EL1.TDCC traps
// EL0.
bool a64_read_dcc(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    *value = 0;
    return cpu->el || !(cpu->mdscr & A64_MDSCR_TDCC) || a64_trap(cpu, encoding, true);
}

bool a64_write_dcc(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    (void)value;
    return cpu->el || !(cpu->mdscr & A64_MDSCR_TDCC) || a64_trap(cpu, encoding, false);
}
