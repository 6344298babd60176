// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Text of any bytes within JSON and XML. Both are UTF-8: a byte that is not part of a valid sequence stands for the character
// with its number (Latin-1) in JSON, and becomes "?" in XML, as do control characters, which XML 1.0 does not have.
#ifndef OBSERVE_ESCAPE_H
#define OBSERVE_ESCAPE_H

#include <stdio.h>

// With its quotes (RFC 8259, section 7).
void escape_json(FILE *file, const char *text);
// As the content of an element, or of an attribute in double quotes.
void escape_xml(FILE *file, const char *text);

#endif
