// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// RAM in a file: batches of pages, each compressed by itself, so that several threads read a file.
//
//     pages (4 bytes) | stored length (4) | first page number (8) | last (8) || zstd frame with a checksum
//     the frame:  page numbers, rising (8 bytes each) || the pages (4,096 bytes each)
//
// A batch has 1 to 256 pages; 24 bytes of zeros end the list. Pages of zeros are left out.
#ifndef MACHINE_REPLAY_RAM_FILE_H
#define MACHINE_REPLAY_RAM_FILE_H

#include <stdint.h>
#include <stdio.h>

#include "base/page_set.h"

// `written` has all pages that may have other bytes than zeros; NULL: any may. 0, or a negative errno.
int ram_file_save(const uint8_t *ram, uint64_t size, const struct page_set *written, FILE *file);

// RAM of zeros becomes what was saved, and `written` gets its pages. 0; -EINVAL: the list is damaged; -ENOMEM. After an error
// RAM is undefined.
int ram_file_load(uint8_t *ram, uint64_t size, struct page_set *written, FILE *file);

#endif
