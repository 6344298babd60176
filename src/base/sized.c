// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Structures of the public API that grow; described in sized.h.
#include "base/sized.h"

#include <string.h>

void sized_give(void *structure, size_t size, const void *defaults, size_t full)
{
    memset(structure, 0, size);
    memcpy(structure, defaults, size < full ? size : full);
    memcpy(structure, &size, sizeof size);
}

bool sized_take(void *out, size_t full, const void *structure)
{
    size_t size;
    memcpy(&size, structure, sizeof size);
    if (size < sizeof size || size > full || size % sizeof size)
        return false;
    memcpy(out, structure, size);
    memcpy(out, &full, sizeof full);
    return true;
}

bool sized_list(void *out, size_t full, const void *list, size_t size, size_t count)
{
    if (count && (size == 0 || size > full))
        return false;
    memset(out, 0, full * count);
    for (size_t i = 0; i < count; i++)
        memcpy((char *)out + i * full, (const char *)list + i * size, size);
    return true;
}
