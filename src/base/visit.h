// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The state of a chip, device or CPU is listed once, in its `x_visit(struct x *, struct visit *)`, which names each
// field. The same list saves, loads, digests, dumps, and finds the first difference; the visitor decides which.
//
//     void pit_visit(struct pit *pit, struct visit *v)
//     {
//         VISIT(v, pit->control);
//         VISIT_ARRAY(v, pit->count);
//     }
//
// A visited field is a plain integer or an array of them: no pointer, no padding. Pointers and configuration that the
// machine sets up again are left out, and the unit test of the list says how many bytes that is (`visit_uncovered`).
//
// Some fields are an index, a count, a mode: VISIT_BELOW says of them below which limit every value is that a machine can
// reach, and a bool is 0 or 1. Only a load from a file looks at that: nothing else than a file has another value.
//
// A list only names fields. What has to be derived from them after a load is done by x_loaded, when everything is loaded.
// Names, sizes and order depend on the configuration alone, so that they can be compared before anything is loaded: they
// are the schema of a saved state (base/state.h).
#ifndef BASE_VISIT_H
#define BASE_VISIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct storage;

struct visit {
    // Called for every field in list order: `count` elements of `size` bytes (1, 2, 4 or 8) at `data`.
    void (*field)(struct visit *v, const char *name, void *data, size_t size, size_t count);
    // Called around a nested list; may be NULL.
    void (*enter)(struct visit *v, const char *name);
    void (*leave)(struct visit *v);
    bool variable;    // the count of this field is itself state, so it is not part of the schema
    bool no_storage;  // what disks and flash hold is left out: it may be large, and a digest or a replay need it not
    bool no_requests; // what other threads have asked for is left out: only the machine's half is the same in a replay
    // Called for contents (base/storage.h), in the place of a field with them; NULL: they are a field.
    void (*storage)(struct visit *v, struct storage *storage);
    // Called for a value of the configuration, which is part of the schema and of no state; may be NULL.
    void (*constant)(struct visit *v, const char *name, uint64_t value);
    // Called after a field whose values are below `limit`, with the one that it has; may be NULL.
    void (*below)(struct visit *v, const char *name, uint64_t value, uint64_t limit);
};

// Names come as the expression in the list, `pit->control`; `visit_name` returns the short name, `control`.
const char *visit_name(const char *expression);

// What is neither 0 nor 1 becomes 1, since a bool may not even be read otherwise.
static inline void visit_bools(struct visit *v, const char *name, void *data, size_t count, bool are_bools)
{
    uint8_t *bytes = (uint8_t *)data;
    for (size_t i = 0; are_bools && v->below && i < count; i++) {
        v->below(v, name, bytes[i], 2);
        bytes[i] = bytes[i] != 0;
    }
}

static inline void visit_below(struct visit *v, const char *name, uint64_t value, uint64_t limit)
{
    if (v->below)
        v->below(v, name, value, limit);
}

#define VISIT_IS_BOOL(lvalue) _Generic((lvalue), bool : true, default : false)

#define VISIT(v, lvalue)                                                                                               \
    ((v)->field((v), #lvalue, &(lvalue), sizeof(lvalue), 1),                                                           \
     visit_bools((v), #lvalue, &(lvalue), 1, VISIT_IS_BOOL(lvalue)))
#define VISIT_ARRAY(v, lvalue)                                                                                         \
    ((v)->field((v), #lvalue, (lvalue), sizeof((lvalue)[0]), sizeof(lvalue) / sizeof((lvalue)[0])),                    \
     visit_bools((v), #lvalue, (lvalue), sizeof(lvalue) / sizeof((lvalue)[0]), VISIT_IS_BOOL((lvalue)[0])))
// An integer whose values are below `limit`.
#define VISIT_BELOW(v, lvalue, limit) (VISIT(v, lvalue), visit_below((v), #lvalue, (uint64_t)(lvalue), (limit)))
// A field of which `valid`, an expression with fields that come before it, holds.
#define VISIT_VALID(v, lvalue, valid)                                                                                  \
    (VISIT(v, lvalue), (v)->below && !(valid) ? (v)->below((v), #lvalue, (uint64_t)(lvalue), 0) : (void)0)
// `count` elements behind a pointer: RAM, a table whose size is fixed by the configuration.
#define VISIT_MEMORY(v, pointer, elements) ((v)->field((v), #pointer, (pointer), sizeof(*(pointer)), (elements)))

// The same where a field earlier in the list holds the count. When it was loaded, `pointer` must have the room for it.
#define VISIT_VARIABLE(v, pointer, elements)                                                                           \
    do {                                                                                                               \
        (v)->variable = true;                                                                                          \
        VISIT_MEMORY((v), pointer, (elements));                                                                        \
        (v)->variable = false;                                                                                         \
    } while (0)

static inline void visit_constant(struct visit *v, const char *name, uint64_t value)
{
    if (v->constant)
        v->constant(v, name, value);
}

// A value of the configuration on which the meaning of the fields depends: a state of another one is refused.
#define VISIT_CONSTANT(v, value) visit_constant((v), #value, (uint64_t)(value))

static inline void visit_enter(struct visit *v, const char *name)
{
    if (v->enter)
        v->enter(v, name);
}

// The same with the name "cpu7".
void visit_enter_numbered(struct visit *v, const char *name, unsigned number);

static inline void visit_leave(struct visit *v)
{
    if (v->leave)
        v->leave(v);
}

// One list inside another: `call` goes through it.
#define VISIT_NESTED(v, name, call)                                                                                    \
    do {                                                                                                               \
        visit_enter((v), (name));                                                                                      \
        call;                                                                                                          \
        visit_leave(v);                                                                                                \
    } while (0)

// --- Visitors that need only libc -------------------------------------------------------------------------------

// Appends every field to `data`, which grows as needed (release it with free).
struct visit_save {
    struct visit visit;
    uint8_t *data;
    size_t size, capacity;
    bool failed; // out of memory
};
void visit_save_init(struct visit_save *save);

// Reads the fields back from `data`, in the same order. `failed` is set when the data ends too early; the rest is zeroed, but
// for fields whose count is state.
struct visit_load {
    struct visit visit;
    const uint8_t *data;
    size_t size, position;
    bool failed;
};
void visit_load_init(struct visit_load *load, const void *data, size_t size);

// Where a visit is: the names of the lists around it, each with a slash. Names that do not fit are left out.
struct visit_path {
    char text[200]; // "lapic0/timer/"
    size_t length;
    unsigned hidden; // names that are left out
};
void visit_path_enter(struct visit_path *path, const char *name);
void visit_path_leave(struct visit_path *path);

// Compares the fields with saved data and keeps the name of the first one that differs.
struct visit_differ {
    struct visit visit;
    const uint8_t *data;
    size_t size, position;
    bool differs;
    char path[280]; // "lapic0/timer/initial_count[0]"
    struct visit_path lists;
};
void visit_differ_init(struct visit_differ *differ, const void *data, size_t size);
// The same struct keeps the first field with a value that it cannot have, "lapic0/timer/mode is 7", and has no `field`: it goes
// along with a load.
void visit_beyond_init(struct visit_differ *differ);

// Describes the fields: one line for each, "name size" or "name size count" (variable: "name size *"), "name = value" for a
// constant, and "name/" and "/" around a nested list. No field is read or written. Release `text` with free.
struct visit_schema {
    struct visit visit;
    char *text; // not terminated
    size_t length, capacity;
    uint64_t hash;
    uint64_t bytes; // that the fields of the schema take up, variable ones left out
    bool variable;  // there are some
    bool failed;    // out of memory
};
void visit_schema_init(struct visit_schema *schema);

// For tests: how many bytes of the `size` bytes at `object` no field of the list covers (padding, pointers, configuration).
size_t visit_uncovered(void *object, size_t size, void (*list)(void *object, struct visit *v));

#endif
