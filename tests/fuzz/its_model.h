// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A simple ITS: the mappings in arrays, and the commands of IHI 0069 5.3. For commands over tables that only it writes.
#ifndef TESTS_FUZZ_ITS_MODEL_H
#define TESTS_FUZZ_ITS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "its_input.h"

enum { MODEL_DEVICES = 8, MODEL_EVENTS = 256, MODEL_COLLECTIONS = 8, MODEL_LPIS = 64, MODEL_CPUS = 4 };

struct its_model {
    uint32_t cpus, collections; // how many; how many entries the collection table has
    struct {
        bool valid;
        unsigned bits; // of an EventID
    } device[MODEL_DEVICES];
    struct {
        bool valid;
        uint32_t intid, collection;
    } event[MODEL_DEVICES][MODEL_EVENTS];
    struct {
        bool valid;
        uint32_t cpu;
    } collection[MODEL_COLLECTIONS];
    uint64_t pending[MODEL_CPUS]; // LPIs 8192 and up
};

// Executes a command. 0, or its errors, as a mask of BIT64(ee) of 01ccee: of several any may be reported.
uint64_t its_model_execute(struct its_model *model, const struct its_input_command *command);
// Where an event leads; false: nowhere.
bool its_model_translate(const struct its_model *model, uint32_t device, uint32_t event, uint32_t *intid,
                         uint32_t *cpu);

#endif
