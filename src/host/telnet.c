// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// RFC 854 (commands), 855 (options), 856 (BINARY), 857 (ECHO), 858 (SUPPRESS GO AHEAD).
//
// Not modelled: answers to a client's own requests, breaks (IAC BRK and IP are dropped).
#include "host/telnet.h"

enum { IAC = 255, DO = 253, WILL = 251, DONT = 254, SB = 250, SE = 240 };
enum { BINARY = 0, ECHO = 1, SUPPRESS_GO_AHEAD = 3 };

const uint8_t telnet_greeting[12] = {
    IAC, WILL, ECHO, IAC, WILL, SUPPRESS_GO_AHEAD, IAC, WILL, BINARY, IAC, DO, BINARY
};

size_t telnet_take(struct telnet *telnet, uint8_t *data, size_t size)
{
    size_t kept = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = data[i];
        switch (telnet->at) {
        case TELNET_DATA:
            if (byte == IAC)
                telnet->at = TELNET_COMMAND;
            else
                data[kept++] = byte;
            break;
        case TELNET_COMMAND:
            telnet->at = byte >= WILL && byte <= DONT ? TELNET_OPTION : byte == SB ? TELNET_WITHIN : TELNET_DATA;
            if (byte == IAC)
                data[kept++] = byte;
            break;
        case TELNET_OPTION: telnet->at = TELNET_DATA; break;
        case TELNET_WITHIN:
            if (byte == IAC)
                telnet->at = TELNET_WITHIN_COMMAND;
            break;
        case TELNET_WITHIN_COMMAND: telnet->at = byte == SE ? TELNET_DATA : TELNET_WITHIN; break;
        }
    }
    return kept;
}

size_t telnet_lines(uint8_t *data, size_t size)
{
    size_t kept = 0;
    for (size_t i = 0; i < size; i++)
        if (data[i] != '\r' && data[i] != 0)
            data[kept++] = data[i];
        else if (data[i] == 0)
            data[kept++] = '\n';
    return kept;
}

size_t telnet_put(uint8_t byte, uint8_t out[2])
{
    out[0] = out[1] = byte;
    return byte == IAC ? 2 : 1;
}
