// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of an x86-64 processor for a debugger (gdb manual, G.5.7 "i386 Features"; Intel SDM vol. 1 chapter 3).
//
// A write changes what instructions of the guest could change without a side effect; what decides how code is executed
// (control registers, selectors) can only be read.
//
// Not modelled: writes of the x87's control words, of selectors and of system registers other than CR2.
#include "debug/registers.h"

#include "base/bits.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/float/x87.h"

enum kind {
    FIELD,    // a member of the CPU, zero-extended
    FLAGS,    // RFLAGS
    SELECTOR, // of segment number `field`
    STACK,    // ST(index)
    TAGS,     // the x87's tag word
    VECTOR,   // XMM
};

#define ALL     UINT64_MAX
#define INT(m)  offsetof(struct x86_cpu, m)
#define SLOT(s) offsetof(struct x86_cpu, r[s])

// What POPF may change at CPL 0.
#define FLAGS_WRITABLE (X86_ARITHMETIC | X86_TF | X86_IF | X86_DF | X86_IOPL | X86_NT | X86_AC | X86_ID)

static const char core_types[] =
    "<flags id=\"i386_eflags\" size=\"4\">"
    "<field name=\"CF\" start=\"0\" end=\"0\"/><field name=\"\" start=\"1\" end=\"1\"/>"
    "<field name=\"PF\" start=\"2\" end=\"2\"/><field name=\"AF\" start=\"4\" end=\"4\"/>"
    "<field name=\"ZF\" start=\"6\" end=\"6\"/><field name=\"SF\" start=\"7\" end=\"7\"/>"
    "<field name=\"TF\" start=\"8\" end=\"8\"/><field name=\"IF\" start=\"9\" end=\"9\"/>"
    "<field name=\"DF\" start=\"10\" end=\"10\"/><field name=\"OF\" start=\"11\" end=\"11\"/>"
    "<field name=\"NT\" start=\"14\" end=\"14\"/><field name=\"RF\" start=\"16\" end=\"16\"/>"
    "<field name=\"VM\" start=\"17\" end=\"17\"/><field name=\"AC\" start=\"18\" end=\"18\"/>"
    "<field name=\"VIF\" start=\"19\" end=\"19\"/>"
    "<field name=\"VIP\" start=\"20\" end=\"20\"/><field name=\"ID\" start=\"21\" end=\"21\"/>"
    "</flags>\n";

static const struct debug_register core[] = {
    { "rax", "int64", 8, .field = SLOT(X86_RAX), .mask = ALL },
    { "rbx", "int64", 8, .field = SLOT(X86_RBX), .mask = ALL },
    { "rcx", "int64", 8, .field = SLOT(X86_RCX), .mask = ALL },
    { "rdx", "int64", 8, .field = SLOT(X86_RDX), .mask = ALL },
    { "rsi", "int64", 8, .field = SLOT(X86_RSI), .mask = ALL },
    { "rdi", "int64", 8, .field = SLOT(X86_RDI), .mask = ALL },
    { "rbp", "data_ptr", 8, .field = SLOT(X86_RBP), .mask = ALL },
    { "rsp", "data_ptr", 8, .field = SLOT(X86_RSP), .mask = ALL },
    { "r8", "int64", 8, .field = SLOT(X86_R8), .mask = ALL },
    { "r9", "int64", 8, .field = SLOT(X86_R9), .mask = ALL },
    { "r10", "int64", 8, .field = SLOT(X86_R10), .mask = ALL },
    { "r11", "int64", 8, .field = SLOT(X86_R11), .mask = ALL },
    { "r12", "int64", 8, .field = SLOT(X86_R12), .mask = ALL },
    { "r13", "int64", 8, .field = SLOT(X86_R13), .mask = ALL },
    { "r14", "int64", 8, .field = SLOT(X86_R14), .mask = ALL },
    { "r15", "int64", 8, .field = SLOT(X86_R15), .mask = ALL },
    { "rip", "code_ptr", 8, .field = SLOT(X86_RIP), .mask = ALL },
    { "eflags", "i386_eflags", 4, .kind = FLAGS, .mask = FLAGS_WRITABLE },
    { "cs", "int32", 4, .kind = SELECTOR, .field = X86_CS },
    { "ss", "int32", 4, .kind = SELECTOR, .field = X86_SS },
    { "ds", "int32", 4, .kind = SELECTOR, .field = X86_DS },
    { "es", "int32", 4, .kind = SELECTOR, .field = X86_ES },
    { "fs", "int32", 4, .kind = SELECTOR, .field = X86_FS },
    { "gs", "int32", 4, .kind = SELECTOR, .field = X86_GS },
    { "st", "i387_ext", 10, 8, .kind = STACK, .mask = ALL },
    { "fctrl", "int", 4, 0, FIELD, INT(x87.control) },
    { "fstat", "int", 4, 0, FIELD, INT(x87.status) },
    { "ftag", "int", 4, 0, TAGS },
    { "fiseg", "int", 4, 0, FIELD, INT(x87.cs) },
    { "fioff", "int", 4, 0, FIELD, INT(x87.ip) },
    { "foseg", "int", 4, 0, FIELD, INT(x87.ds) },
    { "fooff", "int", 4, 0, FIELD, INT(x87.dp) },
    { "fop", "int", 4, 0, FIELD, INT(x87.opcode) },
};

static const char sse_types[] = "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
                                "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
                                "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>"
                                "<vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"
                                "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>"
                                "<vector id=\"v2i64\" type=\"int64\" count=\"2\"/>"
                                "<union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/>"
                                "<field name=\"v2_double\" type=\"v2d\"/><field name=\"v16_int8\" type=\"v16i8\"/>"
                                "<field name=\"v8_int16\" type=\"v8i16\"/><field name=\"v4_int32\" type=\"v4i32\"/>"
                                "<field name=\"v2_int64\" type=\"v2i64\"/><field name=\"uint128\" type=\"uint128\"/>"
                                "</union>\n";

static const struct debug_register sse[] = {
    { "xmm", "vec128", 16, 16, .kind = VECTOR, .mask = ALL },
    { "mxcsr", "int", 4, 0, FIELD, INT(mxcsr), 0xffff },
};

static const struct debug_register segments[] = {
    { "fs_base", "int64", 8, 0, FIELD, SLOT(X86_BASE + X86_FS), ALL },
    { "gs_base", "int64", 8, 0, FIELD, SLOT(X86_BASE + X86_GS), ALL },
};

static const struct debug_register system_rows[] = {
    { "cr0", "int64", 8, 0, FIELD, INT(cr0) },
    { "cr2", "int64", 8, 0, FIELD, INT(cr2), ALL },
    { "cr3", "int64", 8, 0, FIELD, INT(cr3) },
    { "cr4", "int64", 8, 0, FIELD, INT(cr4) },
    { "efer", "int64", 8, 0, FIELD, INT(efer) },
    { "cpl", "int8", 1, 0, FIELD, INT(cpl) },
    { "cs_base", "int64", 8, 0, FIELD, SLOT(X86_BASE + X86_CS) },
    { "ss_base", "int64", 8, 0, FIELD, SLOT(X86_BASE + X86_SS) },
    { "ds_base", "int64", 8, 0, FIELD, SLOT(X86_BASE + X86_DS) },
    { "es_base", "int64", 8, 0, FIELD, SLOT(X86_BASE + X86_ES) },
    { "ldtr", "int32", 4, 0, SELECTOR, X86_LDTR },
    { "ldtr_base", "int64", 8, 0, FIELD, SLOT(X86_BASE + X86_LDTR) },
    { "tr", "int32", 4, 0, SELECTOR, X86_TR },
    { "tr_base", "int64", 8, 0, FIELD, SLOT(X86_BASE + X86_TR) },
    { "gdtr_base", "int64", 8, 0, FIELD, INT(gdt_base) },
    { "gdtr_limit", "int16", 2, 0, FIELD, INT(gdt_limit) },
    { "idtr_base", "int64", 8, 0, FIELD, INT(idt_base) },
    { "idtr_limit", "int16", 2, 0, FIELD, INT(idt_limit) },
    { "dr0", "int64", 8, 0, FIELD, INT(dr[0]) },
    { "dr1", "int64", 8, 0, FIELD, INT(dr[1]) },
    { "dr2", "int64", 8, 0, FIELD, INT(dr[2]) },
    { "dr3", "int64", 8, 0, FIELD, INT(dr[3]) },
    { "dr6", "int64", 8, 0, FIELD, INT(dr[6]) },
    { "dr7", "int64", 8, 0, FIELD, INT(dr[7]) },
    { "star", "int64", 8, 0, FIELD, INT(star) },
    { "lstar", "int64", 8, 0, FIELD, INT(lstar) },
    { "cstar", "int64", 8, 0, FIELD, INT(cstar) },
    { "sfmask", "int64", 8, 0, FIELD, INT(sfmask) },
    { "kernel_gs_base", "int64", 8, 0, FIELD, INT(kernel_gs_base) },
    { "sysenter_cs", "int64", 8, 0, FIELD, INT(sysenter_cs) },
    { "sysenter_esp", "int64", 8, 0, FIELD, INT(sysenter_esp) },
    { "sysenter_eip", "int64", 8, 0, FIELD, INT(sysenter_eip) },
    { "tsc_aux", "int64", 8, 0, FIELD, INT(tsc_aux) },
    { "pat", "int64", 8, 0, FIELD, INT(pat) },
};

// A member may be narrower than its row: the x87's, of 16 bits.
static uint64_t get_field(const struct x86_cpu *cpu, const struct debug_register *row)
{
    const char *at = (const char *)cpu + row->field;
    bool is_short = row->size == 4 && row->field >= INT(x87.control) && row->field <= INT(x87.ds);
    return bytes_get(at, is_short ? 2 : row->size);
}

static void x86_64_read(const struct vcpu *vcpu, const struct debug_register *row, unsigned index, uint8_t *value)
{
    const struct x86_cpu *cpu = (const struct x86_cpu *)(const void *)vcpu;
    unsigned st = (x86_x87_top(cpu) + index) & 7;
    switch ((enum kind)row->kind) {
    case FIELD: bytes_put(value, row->size, get_field(cpu, row)); break;
    case FLAGS: bytes_put(value, 4, x86_flags(cpu)); break;
    case SELECTOR: bytes_put(value, 4, cpu->segment[row->field].selector); break;
    case STACK:
        bytes_put(value, 8, cpu->x87.mantissa[st]);
        bytes_put(value + 8, 2, cpu->x87.exponent[st]);
        break;
    case TAGS: bytes_put(value, 4, x86_x87_tags(cpu)); break;
    case VECTOR:
        bytes_put(value, 8, cpu->xmm[index].q[0]);
        bytes_put(value + 8, 8, cpu->xmm[index].q[1]);
        break;
    }
}

static void x86_64_write(struct vcpu *vcpu, const struct debug_register *row, unsigned index, const uint8_t *value)
{
    struct x86_cpu *cpu = x86_of(vcpu);
    unsigned st = (x86_x87_top(cpu) + index) & 7;
    switch ((enum kind)row->kind) {
    case FIELD:
        bytes_put((char *)cpu + row->field, row->size,
                  bits_merge(get_field(cpu, row), bytes_get(value, row->size), row->mask));
        break;
    case FLAGS: x86_set_flags(cpu, bits_merge(x86_flags(cpu), bytes_get(value, 4), row->mask)); break;
    case STACK:
        cpu->x87.mantissa[st] = bytes_get(value, 8);
        cpu->x87.exponent[st] = (uint16_t)bytes_get(value + 8, 2);
        break;
    case VECTOR:
        cpu->xmm[index].q[0] = bytes_get(value, 8);
        cpu->xmm[index].q[1] = bytes_get(value + 8, 8);
        break;
    case SELECTOR:
    case TAGS: break; // they can only be read
    }
}

const struct debug_family debug_x86_64 = {
    .architecture = "i386:x86-64",
    .features = {
        { "org.gnu.gdb.i386.core", core_types, core, countof(core) },
        { "org.gnu.gdb.i386.sse", sse_types, sse, countof(sse) },
        { "org.gnu.gdb.i386.segments", "", segments, countof(segments) },
        { "org.intact.x86_64.system", "", system_rows, countof(system_rows) },
    },
    .feature_count = 4,
    .common_features = 3,
    .pc = 16,
    .in_short = { { 0, 24 }, { 3, 6 } }, // rax to gs, cr0 to cpl
    .read = x86_64_read,
    .write = x86_64_write,
};
