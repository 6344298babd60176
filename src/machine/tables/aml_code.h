// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The statements and expressions of AML methods. Each function writes one operator; its operands follow, by further calls:
//
//     aml_if(&aml);
//         aml_equal(&aml); aml_argument(&aml, 1); aml_integer(&aml, 2);    // the condition
//         aml_return(&aml); aml_argument(&aml, 0);
//     aml_end(&aml);
#ifndef MACHINE_TABLES_AML_CODE_H
#define MACHINE_TABLES_AML_CODE_H

#include "machine/tables/aml.h"

void aml_if(struct aml *aml);                   // condition, statements; aml_end closes it
void aml_equal(struct aml *aml);                // two operands
void aml_not(struct aml *aml);                  // one operand; of a condition
void aml_or(struct aml *aml);                   // two operands, and the object that gets the result
void aml_return(struct aml *aml);               // one operand
void aml_notify(struct aml *aml);               // a device, a value
void aml_dword_field(struct aml *aml);          // a buffer, an offset in bytes, the name of the 32 bits there
void aml_argument(struct aml *aml, unsigned n); // 0 to 6, of the method
void aml_uuid(struct aml *aml, const char *id); // a buffer: "33DB4D5B-1FF7-401C-9657-7441C03DD766"

#endif
