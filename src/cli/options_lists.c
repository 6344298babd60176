// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What `-OPTION help` lists. -cpu and -device list what the chosen machine has, so they wait until all options are read:
// -machine may come after them.
#include "cli/options_lists.h"

#include <stdio.h>
#include <string.h>

#include "cli/text.h"

static const char *const machine_list[] = {
    "pc     x86-64: an 8259A pair, one IOAPIC, a local APIC per processor; 440FX and PIIX",
    "q35    the same with a Q35 and an ICH9; pc-q35-N.N is q35, pc-i440fx-N.N pc",
    "virt   AArch64: a GIC, version 2 or 3, and a generic timer per processor", NULL
};
static const char *const accel_list[] = { "tcg    processors and interrupts in software; the only one", NULL };
static const char *const stream_list[] = { "stdio        standard input and output",
                                           "mon:stdio    the same, with Ctrl-a x to quit and Ctrl-a c for the monitor",
                                           "file:PATH    written to a file",
                                           "chardev:ID   the -chardev with that id",
                                           "pty          a pseudo-terminal, whose name is printed",
                                           "pipe:PATH    the named pipes PATH.in and PATH.out",
                                           "tcp:[HOST]:PORT[,server=on][,wait=off][,reconnect=N]   a socket",
                                           "telnet:[HOST]:PORT,server=on[,wait=off]                one for telnet",
                                           "unix:PATH[,server=on][,wait=off][,reconnect=N]         a Unix socket",
                                           "null         output is dropped",
                                           "none         no port",
                                           NULL };
static const char *const chardev_list[] = {
    "stdio,id=ID[,mux=on][,signal=off]   standard input and output; with mux=on "
    "or signal=off Ctrl-a x quits",
    "file,id=ID,path=PATH[,append=on]     written to a file",
    "null,id=ID                          output is dropped",
    "socket,id=ID,path=PATH[,server=on][,wait=off][,reconnect=N]             a Unix socket",
    "socket,id=ID,host=HOST,port=PORT[,server=on][,wait=off][,telnet=on]     a port of TCP",
    "socket,id=ID,fd=N                    a socket that is connected already",
    "pty,id=ID                            a pseudo-terminal, whose name is printed",
    "pipe,id=ID,path=PATH                 the named pipes PATH.in and PATH.out, or PATH for both",
    "testdev,id=ID                        ends the run when the guest says Nq",
    "   each with mux=on, logfile=FILE, logappend=on",
    NULL
};
static const char *const netdev_list[] = {
    "user,id=ID[,hostfwd=tcp|udp:[ADDRESS]:PORT-[ADDRESS]:PORT][,restrict=on]   a network behind the host's sockets",
    "   and net=, host=, dns=, dhcpstart=, hostname=, domainname=, dnssearch=, tftp=FOLDER, bootfile=, ipv4=off, "
    "ipv6=off,",
    "   guestfwd=tcp:ADDRESS:PORT-cmd:COMMAND",
    "socket,id=ID,listen=|connect=[HOST]:PORT   frames in a stream; mcast=ADDRESS:PORT, "
    "udp=HOST:PORT,localaddr=HOST:PORT: in datagrams",
    "stream,id=ID,[server=on,]addr.type=inet|unix,addr.host=,addr.port=,addr.path=[,reconnect=N]   the same stream",
    "dgram,id=ID,local.type=inet|unix,local.host=,local.port=,local.path=,remote.type=...   the same datagrams",
    "hubport,id=ID,hubid=N   receives what all others with that number send",
    "file,id=ID,path=PATH    writes what the card sends to a pcap file",
    NULL
};
static const char *const drive_list[] = {
    "file=FILE,if=none,id=ID[,format=raw][,readonly=on][,snapshot=on]   a disk, for a -device to use",
    "file=FILE,if=virtio[,...]   a virtio-blk-pci with its drive",
    "file=FILE,if=pflash[,unit=0|1][,format=raw][,readonly=on][,snapshot=on]   a flash bank", NULL
};
static const char *const monitor_list[] = {
    "stdio               standard input and output; at a terminal lines are edited",
    "tcp:[HOST]:PORT     a port; without HOST for this host alone",
    "unix:PATH           a Unix socket; ,server=on,wait=off may follow, as with tcp; ,wait=on waits for a client",
    "telnet:, pty, pipe:PATH, and tcp and unix with ,server=off: as with -serial",
    "none                no monitor, neither one behind Ctrl-a c",
    NULL,
};
static const char *const lint_list[] = {
    "on      says at the end what the guest did wrong",
    "error   the same, and the exit status is 74 if there was anything",
    "off     says nothing, which is the default",
    NULL,
};
static const char *const nic_list[] = {
    "user[,model=virtio-net-pci][,mac=MAC][,PROPERTY=VALUE]   with the properties of -netdev user",
    "hubport,hubid=N   likewise of -netdev hubport",
    "file,path=PATH    likewise of -netdev file",
    "none              no card, which is so without -nic",
    NULL,
};
static const char *const net_list[] = {
    "nic[,model=virtio-net-pci][,macaddr=MAC]   a card at the network of -net user",
    "user[,PROPERTY=VALUE]                      with the properties of -netdev user",
    "none                                       neither",
    NULL,
};
static const char *const none_list[] = { "none", NULL };
static const char *const vga_list[] = {
    "std    -device VGA",
    "none   no card, as without the option",
    NULL,
};
static const char *const display_list[] = {
    "none",
    "sdl     a window, where it is built in: the guest's screen; without one the inside, font=NAME, font-size=N",
    "curses  the guest's text screen on the terminal",
    NULL,
};

static const struct {
    const char *option;
    const char *const *lines;
} lists[] = {
    { "machine", machine_list }, { "M", machine_list },       { "accel", accel_list }, { "serial", stream_list },
    { "debugcon", stream_list }, { "netdev", netdev_list },   { "drive", drive_list }, { "display", display_list },
    { "chardev", chardev_list }, { "monitor", monitor_list }, { "qmp", monitor_list }, { "vga", vga_list },
    { "net", net_list },         { "parallel", none_list },   { "nic", nic_list },     { "lint", lint_list },
};

bool list_is_asked(const char *value)
{
    return value && (strcmp(value, "help") == 0 || strcmp(value, "?") == 0);
}

int list_show(struct settings *settings, const char *const *lines)
{
    settings->action = SHOW_LIST;
    settings->list = lines;
    return 0;
}

// --- Generated lists ----------------------------------------------------------------------------------------------

void list_begin(struct settings *settings)
{
    memset(settings->lines, 0, sizeof settings->lines);
    list_show(settings, settings->lines);
}

int list_add(struct settings *settings, const char *format, const char *name, const char *about)
{
    char line[400];
    unsigned count = 0;
    while (settings->lines[count])
        count++;
    if (count == LINE_LIMIT)
        return refuse(settings, "help: too long a list");
    snprintf(line, sizeof line, format, name, about);
    settings->lines[count] = settings_copy(settings, line);
    return settings->lines[count] ? 0 : -1;
}

static int list_cpus(struct settings *settings)
{
    const char *name, *about;
    int result = 0;
    list_begin(settings);
    for (unsigned i = 0; result == 0 && (name = intact_machine_cpu(settings->config.type, i, &about)); i++)
        result = list_add(settings, "%-12s %s", name, about);
    return result;
}

bool list_find(struct settings *settings, const struct option *option)
{
    for (unsigned i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (strcmp(lists[i].option, option->name) == 0) {
            list_show(settings, lists[i].lines);
            return true;
        }
    return false;
}

int list_usage(struct settings *settings, const struct option *option)
{
    list_begin(settings);
    return list_add(settings, "%s   %s", option->argument, option->help);
}

int resolve_lists(struct settings *settings)
{
    switch (settings->action) {
    case SHOW_CPUS: return list_cpus(settings);
    case SHOW_DEVICES: return list_devices(settings);
    default: return 0;
    }
}
