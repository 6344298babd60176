// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See aml_code.h. Spec: ACPI 6.5, 20.2.5 (term objects), 20.2.6.1 (argument objects), 19.6.142 (ToUUID).
#include "machine/tables/aml_code.h"

enum {
    ARG_OP = 0x68,
    OR_OP = 0x7d,
    NOTIFY_OP = 0x86,
    CREATE_DWORD_FIELD_OP = 0x8a,
    LNOT_OP = 0x92,
    LEQUAL_OP = 0x93,
    IF_OP = 0xa0,
    RETURN_OP = 0xa4,
};

void aml_if(struct aml *aml)
{
    blob8(aml->blob, IF_OP);
    aml_open(aml);
}

void aml_equal(struct aml *aml)
{
    blob8(aml->blob, LEQUAL_OP);
}

void aml_not(struct aml *aml)
{
    blob8(aml->blob, LNOT_OP);
}

void aml_or(struct aml *aml)
{
    blob8(aml->blob, OR_OP);
}

void aml_return(struct aml *aml)
{
    blob8(aml->blob, RETURN_OP);
}

void aml_notify(struct aml *aml)
{
    blob8(aml->blob, NOTIFY_OP);
}

void aml_dword_field(struct aml *aml)
{
    blob8(aml->blob, CREATE_DWORD_FIELD_OP);
}

void aml_argument(struct aml *aml, unsigned n)
{
    blob8(aml->blob, (uint8_t)(ARG_OP + n));
}

// The first three parts are little-endian numbers.
void aml_uuid(struct aml *aml, const char *id)
{
    static const uint8_t place[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
    uint8_t bytes[16];
    for (unsigned i = 0; i < 16; i++) {
        id += *id == '-';
        bytes[place[i]] = (uint8_t)(aml_hex_digit(id[0]) << 4 | aml_hex_digit(id[1]));
        id += 2;
    }
    aml_buffer(aml, bytes, sizeof bytes);
}
