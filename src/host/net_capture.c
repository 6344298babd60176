// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Format: PCAP Capture File Format (draft-ietf-opsawg-pcap), with nanoseconds and link type Ethernet, little-endian.
//
//     file:   magic 32, major 16, minor 16, 0, 0, longest 32, link type 32
//     frame:  seconds 32, nanoseconds 32, bytes here 32, bytes there were 32, bytes
//
// Path: devices/virtio/virtio_net.c / the host
#include "host/net_capture.h"

#include <errno.h>
#include <string.h>

#include "base/bits.h"

enum { HEADER = 24, RECORD = 16, ETHERNET = 1 };
#define MAGIC_NS UINT32_C(0xa1b23c4d)
#define SECOND   UINT64_C(1000000000)

static void send(void *owner, const void *frame, size_t size, uint64_t now)
{
    struct net_capture *capture = owner;
    uint8_t record[RECORD];
    bytes_put(record, 4, now / SECOND);
    bytes_put(record + 4, 4, now % SECOND);
    bytes_put(record + 8, 4, size);
    bytes_put(record + 12, 4, size);
    fwrite(record, sizeof record, 1, capture->file);
    fwrite(frame, size, 1, capture->file);
}

int net_capture_open(struct net_capture *capture, const char *path, struct error *error)
{
    uint8_t header[HEADER] = { 0 };
    capture->file = fopen(path, "wb");
    if (!capture->file)
        return error_set(error, -errno, "cannot write '%.200s': %s", path, strerror(errno));
    bytes_put(header, 4, MAGIC_NS);
    bytes_put(header + 4, 2, 2);
    bytes_put(header + 6, 2, 4);
    bytes_put(header + 16, 4, INTACT_NET_FRAME);
    bytes_put(header + 20, 4, ETHERNET);
    fwrite(header, sizeof header, 1, capture->file);
    capture->net = (struct intact_net){ .send = send, .owner = capture };
    return 0;
}

void net_capture_close(struct net_capture *capture)
{
    if (capture->file)
        fclose(capture->file);
    *capture = (struct net_capture){ 0 };
}
