// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 5.1: receiveq 0, transmitq 1, controlq 2 (5.1.6.5: receive filters and the address).
//
//     struct virtio_net_hdr: flags, gso_type, hdr_len, gso_size, csum_start, csum_offset, num_buffers
//     12 bytes; 10 for a legacy driver without MRG_RXBUF (5.1.6.1)
//
// A frame without a buffer is dropped and counted, as in a card without memory of its own.
//
// Not modelled: checksum and segmentation offloads, several pairs of queues, RSS, VLAN filters, announcements.
//
// Path: a backend (include/intact/backend.h) / virtio.c
#include "devices/virtio/virtio_net.h"

#include <string.h>

#include "base/bits.h"

enum {
    F_MAC = 5,
    F_MRG_RXBUF = 15,
    F_STATUS = 16,
    F_CTRL_VQ = 17,
    F_CTRL_RX = 18,
    F_CTRL_RX_EXTRA = 20,
    F_CTRL_MAC_ADDR = 23,
};
enum { MAC = 0, STATUS = 6, MAX_PAIRS = 8, CONFIG_SIZE = 10, LINK_UP = 1 };
enum { RECEIVE = 0, TRANSMIT = 1, CONTROL = 2, CONTROL_SIZE = 64 };
enum { HEADER_LONG = 12, HEADER_SHORT = 10, NUM_BUFFERS = 10 };
enum { CLASS_RX = 0, CLASS_MAC = 1, MAC_TABLE_SET = 0, MAC_ADDR_SET = 1 };
enum { CONTROL_OK = 0, CONTROL_ERR = 1 };
enum { MOST_PARTS = 1024 }; // buffers of one received frame

static unsigned header_size(const struct virtio_net *net)
{
    bool is_long = virtio_has(&net->virtio, VIRTIO_F_VERSION_1) || virtio_has(&net->virtio, F_MRG_RXBUF);
    return is_long ? HEADER_LONG : HEADER_SHORT;
}

// --- Transmit -------------------------------------------------------------------------------------------------------

bool virtio_net_link(const struct virtio_net *net)
{
    return net->virtio.config[STATUS] & LINK_UP;
}

// A chain shorter than its header, or longer than any frame, is no frame: it is returned and nothing is sent.
static void transmit(struct virtio_net *net, const struct virtqueue_chain *chain, uint64_t now)
{
    uint8_t frame[INTACT_NET_FRAME];
    unsigned header = header_size(net);
    if (chain->readable_size <= header || chain->readable_size - header > sizeof frame)
        return;
    size_t size = (size_t)(chain->readable_size - header);
    if (!virtio_read(&net->virtio, TRANSMIT, chain, header, frame, size))
        return;
    net->sent++;
    if (net->config.net && virtio_net_link(net))
        net->config.net->send(net->config.net->owner, frame, size, now);
}

// virtio_drain is not used: a frame may lead to a received one at once, which needs `now`.
static void transmit_all(struct virtio_net *net, uint64_t now)
{
    struct virtqueue_chain chain;
    for (unsigned round = VIRTQUEUE_SIZE_MAX; round && virtio_take(&net->virtio, TRANSMIT, &chain); round--) {
        transmit(net, &chain, now);
        virtio_give(&net->virtio, TRANSMIT, &chain, 0);
    }
    virtio_tell(&net->virtio, TRANSMIT);
}

// --- Receive --------------------------------------------------------------------------------------------------------

static bool in_table(const struct virtio_net *net, unsigned table, const uint8_t *address)
{
    if (net->table_overflow[table])
        return true;
    for (unsigned i = 0; i < net->table_rows[table]; i++)
        if (memcmp(net->table[table][i], address, VIRTIO_NET_MAC) == 0)
            return true;
    return false;
}

// 5.1.6.5.1, 5.1.6.5.2. Without the control queue all frames are accepted.
static bool wanted(const struct virtio_net *net, const uint8_t *address)
{
    static const uint8_t broadcast[VIRTIO_NET_MAC] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    const uint8_t *filter = net->filter;
    if (filter[VIRTIO_NET_PROMISC] || !virtio_has(&net->virtio, F_CTRL_RX))
        return true;
    if (memcmp(address, broadcast, VIRTIO_NET_MAC) == 0)
        return !filter[VIRTIO_NET_NOBCAST];
    if (address[0] & 1)
        return !filter[VIRTIO_NET_NOMULTI] && (filter[VIRTIO_NET_ALLMULTI] || in_table(net, 1, address));
    if (filter[VIRTIO_NET_NOUNI])
        return false;
    return filter[VIRTIO_NET_ALLUNI] || memcmp(address, net->virtio.config + MAC, VIRTIO_NET_MAC) == 0 ||
           in_table(net, 0, address);
}

// A frame that is being copied into buffers.
struct arrival {
    const uint8_t *frame;
    size_t size, done; // of header and frame
    unsigned header;
    unsigned parts; // buffers used
};

// Bytes [done, done + size) of header and frame, into a buffer from its start on. num_buffers is set later.
static bool put_part(struct virtio_net *net, const struct virtqueue_chain *chain, const struct arrival *arrival,
                     size_t size)
{
    static const uint8_t header[HEADER_LONG];
    size_t at = 0;
    if (arrival->done == 0) {
        if (!virtio_write(&net->virtio, RECEIVE, chain, 0, header, arrival->header))
            return false;
        at = arrival->header;
    }
    return virtio_write(&net->virtio, RECEIVE, chain, at, arrival->frame + arrival->done + at - arrival->header,
                        size - at);
}

// 5.1.6.4: with MRG_RXBUF a frame may continue in the next buffers; without, it must fit into one.
static bool fits(const struct virtio_net *net, const struct virtqueue_chain *chain, const struct arrival *arrival)
{
    if (arrival->done == 0 && chain->writable_size < arrival->header)
        return false;
    return virtio_has(&net->virtio, F_MRG_RXBUF) || chain->writable_size >= arrival->size;
}

static void set_count(struct virtio_net *net, const struct virtqueue_chain *first, const struct arrival *arrival)
{
    uint8_t count[2];
    bytes_put(count, sizeof count, arrival->parts);
    if (arrival->header == HEADER_LONG)
        virtio_write(&net->virtio, RECEIVE, first, NUM_BUFFERS, count, sizeof count);
}

// Takes buffers until the frame is in them. False: there are not enough; those taken wait for the next frame.
static bool spread(struct virtio_net *net, struct arrival *arrival, struct virtqueue_chain *first)
{
    struct virtqueue_chain next, *chain = first;
    while (arrival->done < arrival->size && arrival->parts < MOST_PARTS) {
        if (!virtio_take(&net->virtio, RECEIVE, chain))
            return false;
        arrival->parts++;
        if (!fits(net, chain, arrival))
            return false;
        size_t left = arrival->size - arrival->done;
        size_t size = chain->writable_size < left ? (size_t)chain->writable_size : left;
        if (!put_part(net, chain, arrival, size))
            return false;
        virtio_give_part(&net->virtio, RECEIVE, arrival->parts - 1, chain, (uint32_t)size);
        arrival->done += size;
        chain = &next;
    }
    return arrival->done == arrival->size;
}

bool virtio_net_receive(struct virtio_net *net, const void *frame, size_t size)
{
    struct arrival arrival = { .frame = frame, .header = header_size(net) };
    struct virtqueue_chain first;
    arrival.size = arrival.header + size;
    if (size < 14 || size > INTACT_NET_FRAME || !virtio_net_link(net) || !virtio_running(&net->virtio, RECEIVE))
        return false;
    if (!wanted(net, frame)) {
        net->filtered++;
        return false;
    }
    if (!spread(net, &arrival, &first)) {
        virtio_untake(&net->virtio, RECEIVE, arrival.parts);
        net->dropped++;
        return false;
    }
    set_count(net, &first, &arrival);
    virtio_give_end(&net->virtio, RECEIVE, arrival.parts);
    virtio_tell(&net->virtio, RECEIVE);
    net->received++;
    return true;
}

// --- Control --------------------------------------------------------------------------------------------------------

// One table of 5.1.6.5.2 at `offset` of the command: a count in 32 bits, then addresses. Returns where the next begins,
// 0: it is incomplete.
static uint64_t set_table(struct virtio_net *net, const struct virtqueue_chain *chain, unsigned table, uint64_t offset)
{
    uint8_t bytes[4];
    if (chain->readable_size < offset + sizeof bytes ||
        !virtio_read(&net->virtio, CONTROL, chain, offset, bytes, sizeof bytes))
        return 0;
    uint64_t rows = bytes_get(bytes, 4), end = offset + sizeof bytes + rows * VIRTIO_NET_MAC;
    if (end > chain->readable_size)
        return 0;
    net->table_overflow[table] = rows > VIRTIO_NET_MAC_ROWS;
    net->table_rows[table] = rows > VIRTIO_NET_MAC_ROWS ? 0 : (uint8_t)rows;
    size_t size = (size_t)net->table_rows[table] * VIRTIO_NET_MAC;
    return virtio_read(&net->virtio, CONTROL, chain, offset + sizeof bytes, net->table[table], size) ? end : 0;
}

static bool control_mac(struct virtio_net *net, const struct virtqueue_chain *chain, uint8_t command)
{
    if (command == MAC_ADDR_SET && chain->readable_size == 2 + VIRTIO_NET_MAC)
        return virtio_read(&net->virtio, CONTROL, chain, 2, net->virtio.config + MAC, VIRTIO_NET_MAC);
    if (command != MAC_TABLE_SET)
        return false;
    uint64_t next = set_table(net, chain, 0, 2);
    return next && set_table(net, chain, 1, next);
}

static bool control(struct virtio_net *net, const struct virtqueue_chain *chain)
{
    uint8_t command[3];
    if (chain->readable_size < sizeof command || !virtio_read(&net->virtio, CONTROL, chain, 0, command, sizeof command))
        return false;
    if (command[0] == CLASS_MAC)
        return control_mac(net, chain, command[1]);
    if (command[0] != CLASS_RX || command[1] >= VIRTIO_NET_FILTERS)
        return false;
    net->filter[command[1]] = command[2] != 0;
    return true;
}

static uint32_t handle_control(void *owner, unsigned queue, const struct virtqueue_chain *chain)
{
    struct virtio_net *net = owner;
    if (chain->readable_size < 2 || chain->writable_size < 1) {
        virtio_bad_request(&net->virtio);
        return 0;
    }
    uint8_t ack = control(net, chain) ? CONTROL_OK : CONTROL_ERR;
    if (virtio_running(&net->virtio, queue))
        virtio_write(&net->virtio, queue, chain, 0, &ack, 1);
    return 1;
}

static void notified(void *owner, unsigned queue, uint64_t now)
{
    struct virtio_net *net = owner;
    if (queue == TRANSMIT)
        transmit_all(net, now);
    else if (queue == CONTROL)
        virtio_drain(&net->virtio, CONTROL, handle_control);
}

// --- Life -----------------------------------------------------------------------------------------------------------

void virtio_net_set_link(struct virtio_net *net, bool up)
{
    virtio_config_change(&net->virtio, STATUS, 2, up ? LINK_UP : 0);
}

// 5.1.4: the address is the configured one again, and all filters have their defaults.
static void reset(void *owner)
{
    struct virtio_net *net = owner;
    memcpy(net->virtio.config + MAC, net->config.mac, VIRTIO_NET_MAC);
    memset(net->filter, 0, sizeof net->filter);
    memset(net->table, 0, sizeof net->table);
    memset(net->table_rows, 0, sizeof net->table_rows);
    memset(net->table_overflow, 0, sizeof net->table_overflow);
    net->filter[VIRTIO_NET_PROMISC] = 1; // 5.1.6.5.1: until the driver says otherwise
}

static const struct virtio_type type = { .name = "virtio-net", .id = 1, .notified = notified, .reset = reset };

void virtio_net_init(struct virtio_net *net, const struct virtio_net_config *config)
{
    uint64_t features = BIT64(F_MAC) | BIT64(F_MRG_RXBUF) | BIT64(F_STATUS) | BIT64(F_CTRL_VQ) | BIT64(F_CTRL_RX) |
                        BIT64(F_CTRL_RX_EXTRA) | BIT64(F_CTRL_MAC_ADDR);
    memset(net, 0, sizeof *net);
    net->config = *config;
    virtio_init(&net->virtio, &type, net, features, CONFIG_SIZE);
    virtio_config_set(&net->virtio, STATUS, 2, config->net ? LINK_UP : 0);
    virtio_config_set(&net->virtio, MAX_PAIRS, 2, 1);
    virtio_add_queue(&net->virtio, config->queue_size);
    virtio_add_queue(&net->virtio, config->queue_size);
    virtio_add_queue(&net->virtio, CONTROL_SIZE);
    reset(net);
}

void virtio_net_visit(struct virtio_net *net, struct visit *v)
{
    virtio_visit(&net->virtio, v);
    VISIT_ARRAY(v, net->filter);
    VISIT_MEMORY(v, &net->table[0][0][0], sizeof net->table);
    for (unsigned i = 0; i < VIRTIO_NET_MAC_TABLES; i++)
        VISIT_BELOW(v, net->table_rows[i], VIRTIO_NET_MAC_ROWS + 1);
    VISIT_ARRAY(v, net->table_overflow);
    VISIT(v, net->sent);
    VISIT(v, net->received);
    VISIT(v, net->dropped);
    VISIT(v, net->filtered);
}
