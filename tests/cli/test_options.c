// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The command line: options in QEMU's form are accepted, and wrong ones are refused by name.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/options_rig.h"

TestSuite(options, .fini = finish);

Test(options, a_linux_command_line_as_for_qemu_is_taken)
{
    TAKES("-machine", "pc,accel=tcg", "-cpu", intact_machine_cpu(INTACT_PC, 0, NULL), "-smp", "4", "-m", "512M",
          "-kernel", "vmlinuz", "-initrd", "initrd.gz", "-append", "console=ttyS0 a,b", "-nographic", "-no-reboot",
          "-nodefaults", "-monitor", "none", "-display", "none", "-icount", "shift=2,sleep=off", "-rtc",
          "base=2020-02-03T04:05:06,clock=vm", "-net", "none");
    cr_assert_eq(settings.config.cpus, 4);
    cr_assert_eq(settings.config.memory, UINT64_C(512) << 20);
    cr_assert_str_eq(settings.config.kernel, "vmlinuz");
    cr_assert_str_eq(settings.config.initrd, "initrd.gz");
    cr_assert_str_eq(settings.config.append, "console=ttyS0 a,b");
    cr_assert_not(settings.config.reboot);
    cr_assert_eq(settings.config.shift, 2);
    cr_assert_eq(settings.sleep, CHOICE_OFF);
    cr_assert_eq(settings.config.rtc_date, 1580702706);
    cr_assert_eq(settings.serial.kind, STREAM_STDIO);
}

Test(options, the_arm_machine_has_properties_of_its_own)
{
    TAKES("-M", "virt,gic-version=2", "-cpu", "cortex-a57", "-kernel", "Image");
    cr_assert_eq(settings.config.type, INTACT_VIRT);
    cr_assert_eq(settings.config.gic_version, 2);
    TAKES("-machine", "virt");
    cr_assert_eq(settings.config.gic_version, 3);
    TAKES("-machine", "virt", "-machine", "gic-version=max,accel=tcg");
    cr_assert_eq(settings.config.gic_version, 3);
    TAKES("-machine", "virt,its=off");
    cr_assert_not(settings.config.its);
    REFUSES("its=on needs gic-version=3", "-machine", "virt,gic-version=2,its=on");
    TAKES("-machine", "virt", "-machine", "pc");
    cr_assert_eq(settings.config.type, INTACT_PC);
    REFUSES("gic-version is 2 or 3, not '4'", "-machine", "virt,gic-version=4");
    REFUSES("hpet", "-machine", "virt,hpet=off");
    REFUSES("gic-version", "-machine", "pc,gic-version=3");
    REFUSES("the nearest is 'virt'", "-machine", "vurt");
}

Test(options, a_bare_metal_test_command_line_is_taken)
{
    TAKES("-nodefaults", "-device", "pc-testdev", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4", "-vga", "none",
          "-serial", "stdio", "-device", "isa-debugcon,chardev=d", "-chardev", "file,id=d,path=/tmp/x", "-machine",
          "accel=kvm:tcg", "-smp", "2", "-kernel", "x.flat");
    cr_assert(settings.config.testdev);
    cr_assert_eq(settings.config.debug_exit_port, 0xf4);
    cr_assert_eq(settings.config.debug_exit_size, 4);
    cr_assert_eq(settings.config.debugcon_port, 0xe9);
    cr_assert_eq(settings.debugcon.kind, STREAM_FILE);
    cr_assert_str_eq(settings.debugcon.path, "/tmp/x");
    cr_assert_str_eq(settings.skipped_accel, "kvm");
}

Test(options, what_a_machine_has_can_be_said)
{
    TAKES("-machine", "pc,usb=off,vmport=off,smm=off,kernel_irqchip=split,graphics=off,dump-guest-core=off");
    TAKES("-machine", "virt,acpi=off,dtb-randomness=on", "-seed", "0x12");
    cr_assert(settings.config.tree_seeds && !settings.config.acpi);
    cr_assert_eq(settings.config.seed, 0x12);
    REFUSES("-seed: 'x' is not a number", "-seed", "x");
    TAKES("-machine", "virt,virtualization=off,secure=off,mte=off,highmem=on,acpi=off,iommu=none");
    REFUSES("-machine: usb=on: only off is here", "-machine", "pc,usb=on");
    REFUSES("-machine: virtualization=on: only off is here", "-machine", "virt,virtualization=on");
    REFUSES("no property 'mte'", "-machine", "pc,mte=off");
}

Test(options, objects_are_what_is_there)
{
    TAKES("-device", "virtio-rng-pci,rng=r,seed=1", "-object", "rng-random,id=r,filename=/dev/urandom");
    cr_assert_eq(settings.config.devices[0].property_count, 1);
    cr_assert_str_eq(settings.config.devices[0].properties[0].name, "seed");
    TAKES("-m", "256M", "-object", "memory-backend-ram,id=m,size=256M", "-machine", "pc,memory-backend=m");
    TAKES("-object", "iothread,id=t", "-object", "rng-builtin,id=t");
    REFUSES("'m' has not the size of -m", "-m", "128M", "-object", "memory-backend-ram,id=m,size=256M", "-machine",
            "memory-backend=m");
    REFUSES("there is no -object memory-backend-ram with id=x", "-machine", "memory-backend=x");
    REFUSES("there is no such -object with id=r", "-device", "virtio-rng-pci,rng=r");
    REFUSES("needs size=N", "-object", "memory-backend-ram,id=m");
    REFUSES("needs id=ID", "-object", "rng-random");
    REFUSES("two with the id 'a'", "-object", "iothread,id=a", "-object", "iothread,id=a");
    REFUSES("no kind 'secret'", "-object", "secret,id=s");
    REFUSES("no property 'rng'", "-device", "edu,rng=r");
}

Test(options, a_card_and_its_network_in_one)
{
    TAKES("-nic", "none", "-net", "none");
    cr_assert_eq(settings.config.device_count + settings.config.netdev_count, 0);
    TAKES("-nic", "user,model=virtio,mac=52:54:00:12:34:56,hostfwd=tcp::2222-:22");
    cr_assert_eq(settings.config.netdev_count, 1);
    cr_assert_str_eq(settings.config.netdevs[0].id, "nic0");
    cr_assert_eq(settings.config.netdevs[0].forward_count, 1);
    cr_assert_str_eq(settings.config.devices[0].driver, "virtio-net-pci");
    cr_assert_str_eq(settings.config.devices[0].properties[0].value, "nic0");
    cr_assert_str_eq(settings.config.devices[0].properties[1].value, "52:54:00:12:34:56");
    TAKES("-nic", "hubport,hubid=1,id=a", "-nic", "file,path=/tmp/x,model=virtio-net-device");
    cr_assert_str_eq(settings.config.netdevs[0].id, "a");
    cr_assert_str_eq(settings.config.netdevs[1].id, "nic1");
    cr_assert_str_eq(settings.config.devices[1].driver, "virtio-net-device");
    REFUSES("there is no card 'e1000' here; virtio-net-pci is one", "-nic", "user,model=e1000");
    REFUSES("does not begin with a network", "-nic", "model=virtio");
    REFUSES("-netdev: no kind 'tap'", "-nic", "tap");
}

Test(options, a_card_and_its_network_in_two)
{
    TAKES("-net", "nic,macaddr=52:54:00:00:00:01", "-net", "user,restrict=on");
    cr_assert_eq(settings.config.netdev_count, 1);
    cr_assert(settings.config.netdevs[0].restricted);
    cr_assert_str_eq(settings.config.devices[0].properties[0].value, settings.config.netdevs[0].id);
    TAKES("-net", "nic", "-net", "nic,model=virtio-net-pci");
    cr_assert_eq(settings.config.netdevs[0].kind, INTACT_NETDEV_HUB);
    cr_assert_eq(settings.config.netdev_count, 2);
    TAKES("-netdev", "user,id=n", "-net", "nic,netdev=n");
    cr_assert_str_eq(settings.config.devices[0].properties[0].value, "n");
    REFUSES("-net user: given twice", "-net", "user", "-net", "user");
    REFUSES("-net: user has one card", "-net", "user", "-net", "nic", "-net", "nic");
    REFUSES("-net: there is no 'tap' here", "-net", "tap");
}

Test(options, short_names_of_devices_are_those_on_pci)
{
    TAKES("-device", "virtio-rng", "-device", "virtio-net,netdev=n", "-netdev", "hubport,id=n,hubid=0");
    cr_assert_str_eq(settings.config.devices[0].driver, "virtio-rng-pci");
    cr_assert_str_eq(settings.config.devices[1].driver, "virtio-net-pci");
}

Test(options, what_scripts_give_and_what_changes_nothing_is_taken)
{
    TAKES("-name", "guest,process=x", "-no-user-config", "-overcommit", "mem-lock=off", "-mem-prealloc",
          "-no-fd-bootchk", "-watchdog-action", "reset", "-sandbox", "off", "-vnc", "none", "-audio", "none",
          "-audiodev", "none,id=a", "-action", "shutdown=poweroff,panic=none", "-kernel", "k");
    cr_assert(settings.config.reboot);
    TAKES("-action", "reboot=shutdown");
    cr_assert_not(settings.config.reboot);
    TAKES("-echr", "0x14", "-pidfile", "p");
    cr_assert_eq(settings.escape, 0x14);
    cr_assert_str_eq(settings.pid_file, "p");
    REFUSES("-echr: '0' is not a character's number, 1 to 127", "-echr", "0");
    TAKES("-action", "shutdown=pause");
    cr_assert(settings.config.stay_off);
    TAKES("-no-shutdown", "-action", "shutdown=poweroff");
    cr_assert_not(settings.config.stay_off);
    REFUSES("-action: panic=pause is not possible here", "-action", "panic=pause");
    REFUSES("-action: 'reset' needs a value", "-action", "reset");
    REFUSES("-sandbox: there is no system call filter here", "-sandbox", "on");
    REFUSES("-audiodev: there is no 'pa,id=a' here; only 'none'", "-audiodev", "pa,id=a");
}

Test(options, what_is_not_here_is_refused_with_the_reason)
{
    REFUSES("-usb: not here: there is no USB controller", "-usb");
    for (unsigned i = 0; i < refused_option_count; i++) {
        char word[40];
        snprintf(word, sizeof word, "-%s", refused_options[i].name);
        cr_assert_null(option_find(word), "%s", word);
        cr_assert(*refused_options[i].reason);
        REFUSES(refused_options[i].reason, word, "x");
    }
}

Test(options, a_firmware_is_also_looked_for_in_the_folder_of_l)
{
    char folder[] = "/tmp/intact-options-XXXXXX", path[64];
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/own-bios.bin", folder);
    FILE *file = fopen(path, "w");
    cr_assert(file && fclose(file) == 0);
    TAKES("-L", folder, "-bios", "own-bios.bin");
    cr_assert_str_eq(settings.config.bios, path);
    TAKES("-bios", "other.bin", "-L", folder);
    cr_assert_str_eq(settings.config.bios, "other.bin");
    TAKES("-bios", "own-bios.bin");
    cr_assert_str_eq(settings.config.bios, "own-bios.bin");
    unlink(path);
    rmdir(folder);
}

Test(options, two_dashes_do_as_well_as_one)
{
    TAKES("--kernel", "k", "--no-reboot");
    cr_assert_str_eq(settings.config.kernel, "k");
}

Test(options, an_unknown_option_is_refused_with_the_nearest)
{
    REFUSES("unknown option '-kernal'; the nearest is '-kernel'", "-kernal", "x");
    REFUSES("the nearest is '-no-reboot'", "-no-rebot");
    REFUSES("unknown option '-qqqqqq'; -help lists all", "-qqqqqq", "x");
    REFUSES("'disk.img' is no option", "disk.img");
    REFUSES("'-' is no option", "-");
}

Test(options, every_option_that_takes_something_says_so_when_it_is_missing)
{
    for (unsigned i = 0; i < option_count; i++) {
        char word[64] = "-";
        strcat(word, options[i].name);
        if (options[i].argument) {
            REFUSES("needs", word);
            cr_assert_not_null(strstr(settings.why, word));
        } else {
            TAKES(word);
        }
    }
}

Test(options, every_row_is_complete_and_no_name_comes_twice)
{
    for (unsigned i = 0; i < option_count; i++) {
        cr_assert_gt(strlen(options[i].help), 6, "-%s", options[i].name);
        cr_assert_eq(options[i].help[strlen(options[i].help) - 1], '.', "-%s", options[i].name);
        cr_assert_lt(options[i].group, OPTION_GROUPS);
        for (unsigned j = 0; j < i; j++)
            cr_assert_str_neq(options[i].name, options[j].name);
    }
}

Test(options, machines_and_their_properties)
{
    TAKES("-machine", "pc,acpi=off,hpet=off");
    cr_assert_not(settings.config.acpi);
    cr_assert_not(settings.config.hpet);
    TAKES("-M", "type=pc", "-no-acpi", "-no-hpet");
    cr_assert_not(settings.config.acpi);
    TAKES("-machine", "q35,hpet=off");
    cr_assert_eq(settings.config.type, INTACT_PC);
    cr_assert_eq(settings.config.chipset, INTACT_Q35);
    TAKES("-machine", "q35", "-M", "pc-i440fx-7.2");
    cr_assert_eq(settings.config.chipset, INTACT_I440FX);
    TAKES("-M", "pc-q35-7.2");
    cr_assert_eq(settings.config.chipset, INTACT_Q35);
    REFUSES("no type 'pc-q35-'", "-machine", "pc-q35-");
    REFUSES("no type 'microvm'; there is pc, q35, virt", "-machine", "microvm");
    REFUSES("no property 'hept'; the nearest is 'hpet'", "-machine", "pc,hept=on");
    REFUSES("on or off", "-machine", "pc,hpet=maybe");
    REFUSES("a property without a name", "-machine", "pc,=on");
}

Test(options, memory_sizes)
{
    TAKES("-m", "1G");
    cr_assert_eq(settings.config.memory, UINT64_C(1) << 30);
    TAKES("-m", "size=64");
    cr_assert_eq(settings.config.memory, UINT64_C(64) << 20);
    REFUSES("-m: '0' is not between", "-m", "0");
    REFUSES("-m:", "-m", "-5");
    REFUSES("-m:", "-m", "999999999999999999999G");
    REFUSES("-m: '1024G' is not between", "-m", "1024G");
    REFUSES("-m: 'lots' is not a size", "-m", "lots");
    REFUSES("no property 'slots'", "-m", "64,slots=2");
}

Test(options, processors_and_their_topology)
{
    TAKES("-smp", "8,sockets=2,cores=2,threads=2");
    cr_assert_eq(settings.config.cpus, 8);
    TAKES("-smp", "cores=3,threads=2");
    cr_assert_eq(settings.config.cpus, 6);
    TAKES("-smp", "cpus=8,cores=2,maxcpus=8");
    REFUSES("positive", "-smp", "0");
    REFUSES("positive", "-smp", "many");
    REFUSES("more than the 512", "-smp", "513");
    REFUSES("more than the 512", "-smp", "18446744073709551615");
    REFUSES("does not multiply", "-smp", "8,cores=3");
    REFUSES("does not multiply", "-smp", "8,sockets=1,cores=2,threads=2");
    REFUSES("more than the 512", "-smp", "sockets=4294967296,cores=4294967296");
    REFUSES("maxcpus must be 2", "-smp", "2,maxcpus=4");
}

Test(options, accelerators_are_skipped_or_refused)
{
    TAKES("-accel", "kvm", "-accel", "tcg,thread=single", "-enable-kvm");
    TAKES("-accel", "tcg,jit=check,tb-size=64K,jit-threshold=1");
    cr_assert_eq(settings.config.jit, INTACT_JIT_CHECK);
    cr_assert_eq(settings.config.jit_size, 65536);
    cr_assert_eq(settings.config.jit_threshold, 1);
    TAKES("-accel", "tcg,jit=off");
    cr_assert_eq(settings.config.jit, INTACT_JIT_OFF);
    REFUSES("is not on, off or check", "-accel", "tcg,jit=maybe");
    REFUSES("no accelerator 'tgc'; the nearest is 'tcg'", "-accel", "tgc");
    REFUSES("one thread", "-accel", "tcg,thread=multi");
}

Test(options, processor_models)
{
    TAKES("-cpu", intact_machine_cpu(INTACT_PC, 0, NULL));
    REFUSES("no model 'qemu46'", "-cpu", "qemu46");
    TAKES("-cpu", "qemu64,+x2apic,-nx,smep=off");
    cr_assert_str_eq(settings.config.cpu, "qemu64,+x2apic,-nx,smep=off");
    TAKES("-cpu", "host,-x2apic");
    cr_assert_str_eq(settings.config.cpu, "max,-x2apic");
    TAKES("-cpu", "host", "-machine", "virt");
    cr_assert_str_eq(settings.config.cpu, "max");
}

Test(options, devices_and_their_properties)
{
    TAKES("-device", "isa-debug-exit");
    cr_assert_eq(settings.config.debug_exit_port, 0x501);
    REFUSES("no device 'isa-debug-exot'; the nearest is 'isa-debug-exit'", "-device", "isa-debug-exot");
    REFUSES("no property 'iobas'; the nearest is 'iobase'", "-device", "isa-debug-exit,iobas=1");
    REFUSES("is not a port", "-device", "isa-debug-exit,iobase=0x10000");
    REFUSES("is not a port", "-device", "isa-debug-exit,iobase=");
    REFUSES("iosize is 1 to 4", "-device", "isa-debug-exit,iosize=8");
    REFUSES("nor any other", "-device", "pc-testdev,x=1");
    REFUSES("does not begin with", "-device", "iobase=1");
    REFUSES("needs chardev=ID", "-device", "isa-debugcon");
}

Test(options, devices_of_the_machine_go_into_its_configuration_in_their_order)
{
    TAKES("-device", "edu,addr=3,bus=pci.0,id=a,,b", "-device", "pci-testdev", "-device", "edu,dma_mask=0xffffffff");
    cr_assert_eq(settings.config.device_count, 3);
    const struct intact_device_config *devices = settings.config.devices;
    cr_assert_str_eq(devices[0].driver, "edu");
    cr_assert_eq(devices[0].property_count, 3);
    cr_assert_str_eq(devices[0].properties[0].name, "addr");
    cr_assert_str_eq(devices[0].properties[0].value, "3");
    cr_assert_str_eq(devices[0].properties[2].value, "a,b");
    cr_assert_str_eq(devices[1].driver, "pci-testdev");
    cr_assert_eq(devices[1].property_count, 0);
    cr_assert_str_eq(devices[2].properties[0].value, "0xffffffff");
    REFUSES("no device 'edi'; the nearest is 'edu'", "-device", "edi");
    REFUSES("-device edu: no property 'adr'; the nearest is 'addr'", "-device", "edu,adr=3");
}

Test(options, completions_know_every_device)
{
    const char *driver;
    for (unsigned i = 0; (driver = intact_device_driver(i, NULL)); i++) {
        unsigned at = 0;
        while (device_names()[at] && strcmp(device_names()[at], driver) != 0)
            at++;
        cr_assert_not_null(device_names()[at], "%s", driver);
        TAKES("-device", driver);
    }
}

Test(options, every_device_lists_its_properties)
{
    for (unsigned i = 0; device_names()[i]; i++) {
        char value[64];
        snprintf(value, sizeof value, "%s,help", device_names()[i]);
        TAKES("-device", value);
        cr_assert_eq(settings.action, SHOW_LIST);
        cr_assert_eq(settings.config.device_count, 0);
    }
    TAKES("-device", "edu,help");
    cr_assert_not_null(strstr(settings.list[0], "dma_mask="));
}

Test(options, places_for_characters)
{
    TAKES("-serial", "file:/tmp/log");
    cr_assert_eq(settings.serial.kind, STREAM_FILE);
    cr_assert_str_eq(settings.serial.path, "/tmp/log");
    TAKES("-serial", "none");
    cr_assert_not(settings.config.com1);
    TAKES("-nodefaults");
    cr_assert_not(settings.config.com1);
    TAKES("-kernel", "x");
    cr_assert(settings.serial.escape);
    TAKES("-serial", "stdio");
    cr_assert_not(settings.serial.escape);
    TAKES("-serial", "chardev:a", "-chardev", "null,id=a");
    cr_assert_eq(settings.serial.kind, STREAM_NULL);
    TAKES("-debugcon", "stdio");
    cr_assert_eq(settings.config.debugcon_port, 0xe9);
    TAKES("-serial", "stdio", "-serial", "none");
    TAKES("-serial", "stdio", "-serial", "none", "-serial", "null", "-serial", "chardev:a", "-chardev", "pty,id=a");
    cr_assert_null(settings.config.com_chardevs[0]);
    cr_assert_str_eq(settings.config.com_chardevs[1], "serial2");
    cr_assert_str_eq(settings.config.com_chardevs[2], "a");
    REFUSES("more than four", "-serial", "null", "-serial", "null", "-serial", "null", "-serial", "null", "-serial",
            "null");
    REFUSES("one serial port on virt", "-machine", "virt", "-serial", "stdio", "-serial", "null");
    REFUSES("no place 'stdoi'; the nearest is 'stdio'", "-serial", "stdoi");
    REFUSES("no id 'b'; there is a", "-serial", "chardev:b", "-chardev", "null,id=a");
    REFUSES("nor any other", "-serial", "chardev:b");
    REFUSES("two with the id", "-chardev", "null,id=a", "-chardev", "null,id=a");
    REFUSES("needs id", "-chardev", "null");
    REFUSES("needs path", "-chardev", "file,id=a");
    REFUSES("pipe needs path", "-chardev", "pipe,id=a");
    REFUSES("no kind 'pie'; the nearest is 'pipe'", "-chardev", "pie,id=a");
    REFUSES("-chardev file: no property 'server'", "-chardev", "file,id=a,path=x,server=on");
    REFUSES("there is no 'ringbuf' here", "-chardev", "ringbuf,id=a");
    REFUSES("logappend needs logfile", "-chardev", "null,id=a,logappend=on");
}

Test(options, time)
{
    TAKES("-icount", "3");
    cr_assert_eq(settings.config.shift, 3);
    TAKES("-icount", "shift=0,sleep=on,align=off");
    cr_assert_eq(settings.sleep, CHOICE_ON);
    REFUSES("from 0 to 10", "-icount", "shift=11");
    REFUSES("from 0 to 10", "-icount", "shift=auto");
    REFUSES("align is off", "-icount", "align=on");
    TAKES("-rtc", "base=utc");
    cr_assert_gt(settings.config.rtc_date, 1700000000);
    REFUSES("no clock 'host'; there is vm", "-rtc", "clock=host");
    REFUSES("is not utc, localtime or a date", "-rtc", "base=yesterday");
    REFUSES("not a number of instructions", "-limit", "0");
}

Test(options, what_there_is_not_is_refused)
{
    REFUSES("-display: there is no 'gtk'", "-display", "gtk");
    REFUSES("-vga: no card 'cirrus'; there is std, none", "-vga", "cirrus");
    REFUSES("-screendump-at: '12' is not N:FILE", "-screendump-at", "12");
    REFUSES("-screendump-at: ':f' is not N:FILE", "-screendump-at", ":f");
    REFUSES("-parallel: there is no 'stdio'", "-parallel", "stdio");
}

Test(options, log_items)
{
    TAKES("-d", "exit,int", "-D", "/tmp/log");
    cr_assert(settings.log_exit);
    cr_assert_str_eq(settings.log_items, "int");
    cr_assert_str_eq(settings.log_path, "/tmp/log");
    TAKES("-d", "exec,nochain,trace:p*", "-d", "cpu,exit");
    cr_assert(settings.log_exit);
    cr_assert_str_eq(settings.log_items, "exec,nochain,trace:p*,cpu");
    TAKES("-d", "op,out_asm,jit", "-perfmap");
    cr_assert(settings.config.perf_map);
    TAKES("-d", "guest_errors,unimp");
    cr_assert(!settings.config.perf_map);
    cr_assert(!settings.log_exit);
    TAKES("-d", "exit");
    cr_assert_null(settings.log_items);
    REFUSES("-d: no item 'exti'; the nearest is 'exit'", "-d", "exti");
    REFUSES("-d: no item 'in_asn'; the nearest is 'in_asm'", "-d", "int,in_asn");
    REFUSES("-d: no item 'out'; there is exit, in_asm, op, out_asm, exec,", "-d", "out");
    REFUSES("-d: no item ''", "-d", "int,,exec");
    REFUSES("-d trace:x* matches no event; there are line, trigger", "-d", "trace:x*");
}

Test(options, log_ranges)
{
    TAKES("-d", "exec", "-dfilter", "0x1000..0x1fff,0x1000+0x100", "-dfilter", "0x1000-0x100");
    cr_assert_str_eq(settings.log_ranges, "0x1000..0x1fff,0x1000+0x100,0x1000-0x100");
    REFUSES("-dfilter: '0x1000' is no range of addresses; 0x1000..0x1fff, 0x1000+0x100 and 0x1fff-0x100 are",
            "-dfilter", "0x1000");
    REFUSES("-dfilter: no range; 0x1000..0x1fff is one", "-dfilter", "");
}

Test(options, a_debugger)
{
    TAKES("-S", "-s");
    cr_assert_str_eq(settings.gdb, "tcp::1234");
    cr_assert(settings.stopped);
    TAKES("-gdb", "unix:/tmp/x,server=on,wait=off");
    cr_assert_str_eq(settings.gdb, "unix:/tmp/x,server=on,wait=off");
    cr_assert_not(settings.stopped);
    TAKES("-s", "-gdb", "none");
    cr_assert_null(settings.gdb);
}

Test(options, a_lint)
{
    TAKES("-smp", "1");
    cr_assert_eq(settings.lint, LINT_OFF);
    TAKES("-lint", "on");
    cr_assert_eq(settings.lint, LINT_ON);
    TAKES("-lint", "error");
    cr_assert_eq(settings.lint, LINT_ERROR);
    TAKES("-lint", "on", "-lint", "off");
    cr_assert_eq(settings.lint, LINT_OFF);
    TAKES("-lint", "help");
    cr_assert_eq(settings.action, SHOW_LIST);
    REFUSES("-lint: 'yes' is none of on, error and off", "-lint", "yes");
    REFUSES("-lint: needs on|error|off", "-lint");
}

Test(options, monitors_for_programs)
{
    static const char socket_at_path[] = "socket,id=c,path=/tmp/x,server=on,wait=off";
    TAKES("-qmp", "unix:/tmp/x,server=on,wait=off", "-monitor", "tcp::4444", "-qmp", "tcp::0", "-s");
    cr_assert_eq(settings.monitor_count, 3);
    cr_assert(settings.monitors[0].qmp);
    cr_assert_not(settings.monitors[1].qmp);
    cr_assert_str_eq(settings.monitors[2].where, "tcp::0");
    TAKES("-qmp", "tcp::0", "-monitor", "tcp::1", "-qmp", "none");
    cr_assert_eq(settings.monitor_count, 1);
    cr_assert_str_eq(settings.monitors[0].where, "tcp::1");
    TAKES("-qmp", "stdio");
    cr_assert_eq(settings.serial.kind, STREAM_NULL);
    TAKES("-mon", "c,mode=control", "-chardev", socket_at_path);
    cr_assert(settings.monitors[0].qmp);
    cr_assert_str_eq(settings.monitors[0].where, "unix:/tmp/x");
    TAKES("-chardev", "socket,id=c,host=localhost,port=0,server=on,wait=off", "-mon",
          "chardev=c,mode=readline,pretty=off");
    cr_assert_not(settings.monitors[0].qmp);
    cr_assert_str_eq(settings.monitors[0].where, "tcp:localhost:0");
    TAKES("-chardev", "socket,id=c,port=1,server,wait=off", "-mon", "c");
    cr_assert_str_eq(settings.monitors[0].where, "tcp::1");
    TAKES("-chardev", "stdio,id=c", "-mon", "c,mode=control");
    cr_assert_str_eq(settings.monitors[0].where, "stdio");
    cr_assert_eq(settings.serial.kind, STREAM_NULL);
    TAKES("-chardev", "stdio,mux=on,id=c", "-serial", "chardev:c", "-mon", "c"); // behind Ctrl-a c
    cr_assert_eq(settings.monitor_count, 0);
    cr_assert(settings.serial.escape);
    REFUSES("-mon: stdio is taken by -serial", "-chardev", "stdio,id=c", "-serial", "chardev:c", "-mon", "c");
    REFUSES("-mon: stdio is taken by -serial", "-chardev", "stdio,mux=on,id=c", "-serial", "chardev:c", "-mon",
            "c,mode=control");
    REFUSES("-mon: needs chardev=ID, of a -chardev", "-mon", "mode=control");
    REFUSES("-mon: no id 'd'; there is c", "-mon", "d", "-chardev", socket_at_path);
    REFUSES("-mon: no mode 'contol'; the nearest is 'control'", "-chardev", socket_at_path, "-mon", "c,mode=contol");
    REFUSES("-mon: no property 'mod'; the nearest is 'mode'", "-chardev", socket_at_path, "-mon", "c,mod=control");
    REFUSES("-mon: pretty can only be off; each message is one line", "-chardev", socket_at_path, "-mon",
            "c,pretty=on");
    REFUSES("-mon: the chardev 'c' cannot be read; a socket can, a pty, a pipe, and stdio", "-chardev", "null,id=c",
            "-mon", "c");
    REFUSES("-mon: 'unix:/tmp/x' has a monitor already", "-chardev", socket_at_path, "-mon", "c", "-mon", "c");
    REFUSES("-qmp: 'stdio' has a monitor already", "-monitor", "stdio", "-qmp", "stdio");
    REFUSES("-qmp: stdio is taken by -serial", "-serial", "stdio", "-qmp", "stdio");
    REFUSES("-chardev: a socket has path=PATH, or host=HOST,port=PORT", "-chardev", "socket,id=c,server=on");
    REFUSES("-chardev: a socket has path=PATH, or host=HOST,port=PORT", "-chardev",
            "socket,id=c,path=/tmp/x,port=1,server=on");
    REFUSES("-chardev: wait is on or off", "-chardev", "socket,id=c,path=/tmp/x,server=on,wait=maybe");
}

Test(options, there_is_a_limit_of_monitors)
{
    char *words[2 * MONITOR_LIMIT + 2], where[MONITOR_LIMIT + 1][16];
    for (unsigned i = 0; i <= MONITOR_LIMIT; i++) {
        snprintf(where[i], sizeof where[i], "tcp::%u", 1000 + i);
        words[2 * i] = "-qmp";
        words[2 * i + 1] = where[i];
    }
    settings_init(&settings);
    cr_assert_eq(options_parse(&settings, 2 * MONITOR_LIMIT, words), 0, "%s", settings.why);
    settings_free(&settings);
    settings_init(&settings);
    cr_assert_eq(options_parse(&settings, 2 * MONITOR_LIMIT + 2, words), -1);
    cr_assert_str_eq(settings.why, "-qmp: more than 16 monitors");
    settings_free(&settings);
}

Test(options, a_monitor)
{
    TAKES("-monitor", "unix:/tmp/x,server=on,wait=off");
    cr_assert_str_eq(settings.monitors[0].where, "unix:/tmp/x,server=on,wait=off");
    cr_assert_eq(settings.serial.kind, STREAM_STDIO);
    TAKES("-monitor", "stdio", "-monitor", "none");
    cr_assert_eq(settings.monitor_count, 0);
    TAKES("-monitor", "stdio", "-S");
    cr_assert_str_eq(settings.monitors[0].where, "stdio");
    cr_assert_eq(settings.serial.kind, STREAM_NULL); // the guest has the port nevertheless
    cr_assert(settings.config.com1);
    TAKES("-monitor", "stdio", "-nodefaults");
    cr_assert_eq(settings.serial.kind, STREAM_NONE);
    TAKES("-monitor", "stdio", "-serial", "file:/tmp/log");
    cr_assert_eq(settings.serial.kind, STREAM_FILE);
    REFUSES("-monitor: stdio is taken by -serial; give the monitor unix:PATH, or the other one file:PATH", "-monitor",
            "stdio", "-serial", "stdio");
    REFUSES("taken by -serial", "-serial", "mon:stdio", "-monitor", "stdio");
    REFUSES("taken by -nographic", "-monitor", "stdio", "-nographic");
    REFUSES("taken by -debugcon", "-monitor", "stdio", "-debugcon", "stdio");
    REFUSES("taken by -chardev", "-monitor", "stdio", "-chardev", "stdio,id=c");
    // A replay reads its journal alone.
    TAKES("-monitor", "stdio", "-serial", "stdio", "-icount", "rr=replay,rrfile=x");
    TAKES("-monitor", "stdio", "-icount", "rr=replay,rrfile=x");
    cr_assert_eq(settings.serial.kind, STREAM_STDIO);
}

static bool lists(const char *text)
{
    for (const char *const *line = settings.list; settings.action == SHOW_LIST && *line; line++)
        if (strstr(*line, text))
            return true;
    return false;
}

Test(options, models_and_devices_are_listed_of_the_machine_that_is_chosen)
{
    TAKES("-cpu", "help");
    cr_assert(lists("qemu64") && !lists("cortex-a57"));
    TAKES("-cpu", "help", "-machine", "virt");
    cr_assert(lists("cortex-a57") && !lists("qemu64"));
    TAKES("-device", "help");
    cr_assert(lists("name \"pc-testdev\", bus ISA") && lists("name \"edu\", bus PCI"));
    TAKES("-M", "virt", "-device", "help");
    cr_assert(!lists("isa-") && !lists("pc-testdev") && lists("edu"));
    REFUSES("'cortex-a57' is a model of -machine virt", "-cpu", "cortex-a57");
    REFUSES("'qemu64' is a model of -machine pc", "-cpu", "qemu64", "-machine", "virt");
    REFUSES("the nearest is 'cortex-a57'", "-cpu", "cortex-a75", "-machine", "virt");
}

Test(options, every_option_with_words_of_its_own_lists_them)
{
    static const struct {
        const char *option, *word;
    } rows[] = { { "-serial",
                   "the -chardev with that id" }, // words of the list, which the usage of the option does not have
                 { "-debugcon", "output is dropped" },
                 { "-netdev", "what all others with that number send" },
                 { "-chardev", "output is dropped" },
                 { "-accel", "the only one" },
                 { "-machine", "a generic timer per processor" },
                 { "-M", "a generic timer per processor" },
                 { "-drive", "a flash bank" },
                 { "-d", "a last line with" },
                 { "-display", "none" }, // and usages, of options without a list
                 { "-icount", "shift=" },
                 { "-rtc", "base=" },
                 { "-smp", "sockets=" },
                 { "-m", "size=" },
                 { "-global", "DRIVER." } };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TAKES(rows[i].option, "help");
        cr_assert(lists(rows[i].word), "%s help", rows[i].option);
        TAKES(rows[i].option, "?");
        cr_assert(lists(rows[i].word), "%s ?", rows[i].option);
    }
    TAKES("-kernel", "help");
    cr_assert_eq(settings.action, RUN);
    cr_assert_str_eq(settings.config.kernel, "help", "it is a file's name");
}

Test(options, a_global_property_is_for_every_device_that_does_not_say_otherwise)
{
    TAKES("-device", "virtio-rng-device,seed=1", "-global", "virtio-mmio.force-legacy=on", "-device",
          "virtio-rng-device,force-legacy=off", "-device", "virtio-rng-pci", "-global", "virtio-rng-pci.seed=7");
    const struct intact_device_config *devices = settings.config.devices;
    cr_assert_eq(devices[0].property_count, 2);
    cr_assert_str_eq(devices[0].properties[0].name, "force-legacy");
    cr_assert_str_eq(devices[0].properties[0].value, "on");
    cr_assert_str_eq(devices[0].properties[1].name, "seed");
    cr_assert_eq(devices[1].property_count, 2);
    cr_assert_str_eq(devices[1].properties[1].value, "off", "the last of a name counts");
    cr_assert_eq(devices[2].property_count, 1);
    cr_assert_str_eq(devices[2].properties[0].value, "7");
    REFUSES("is not DRIVER.PROPERTY=VALUE", "-global", "virtio-mmio");
    REFUSES("no property 'force-legaci'; the nearest is 'force-legacy'", "-global", "virtio-mmio.force-legaci=on");
    REFUSES("no device 'virtio-mmioo'; the nearest is 'virtio-mmio'", "-global", "virtio-mmioo.force-legacy=on");
}

Test(options, lists_are_shown_on_request)
{
    TAKES("-device", "help");
    cr_assert_eq(settings.action, SHOW_LIST);
    TAKES("-cpu", "help");
    cr_assert_eq(settings.action, SHOW_LIST);
    TAKES("-machine", "help");
    TAKES("-d", "help");
    cr_assert_eq(settings.action, SHOW_LIST);
    TAKES("-d", "trace:help");
    cr_assert_eq(settings.action, SHOW_LIST);
    TAKES("-help");
    cr_assert_eq(settings.action, SHOW_HELP);
    TAKES("-version");
    cr_assert_eq(settings.action, SHOW_VERSION);
}

Test(options, random_words_crash_nothing_and_are_told_in_one_line)
{
    static const char *const pieces[] = { "-m",      "-smp",     "-device", "-serial",        ",",      "=",
                                          "on",      "file:",    "1",       "-rtc",           "base=",  "-cpu",
                                          "help",    "-chardev", "id=",     "isa-debug-exit", "0x",     "99999",
                                          "-icount", "shift=",   "-d",      "exit",           "cores=", "",
                                          "-machine" };
    srand(1);
    for (unsigned round = 0; round < 20000; round++) {
        char text[6][200] = { { 0 } };
        const char *words[7] = { 0 };
        unsigned count = 1 + (unsigned)rand() % 6;
        for (unsigned i = 0; i < count; i++) {
            for (unsigned j = (unsigned)rand() % 4 + 1; j; j--)
                strcat(text[i], pieces[(unsigned)rand() % (sizeof pieces / sizeof pieces[0])]);
            words[i] = text[i];
        }
        if (parse(words) < 0) {
            cr_assert_neq(settings.why[0], 0);
            cr_assert_null(strchr(settings.why, '\n'));
        }
    }
}

Test(options, an_error_stays_one_line_whatever_a_word_holds)
{
    REFUSES("-vga: no card 'a?b?[2J'", "-vga", "a\nb\x1b[2J");
}

Test(options, network_ends_are_kept_in_their_order)
{
    TAKES("-netdev", "hubport,id=n0,hubid=3", "-netdev", "file,id=n1,path=out.pcap");
    const struct intact_netdev_config *netdevs = settings.config.netdevs;
    cr_assert_eq(settings.config.netdev_count, 2);
    cr_assert_str_eq(netdevs[0].id, "n0");
    cr_assert_eq(netdevs[0].hub, 3);
    cr_assert_null(netdevs[0].file);
    cr_assert_str_eq(netdevs[1].file, "out.pcap");
    REFUSES("no kind 'hubprot'; the nearest is 'hubport'", "-netdev", "hubprot,id=n0,hubid=0");
    REFUSES("-netdev hubport: needs hubid=N", "-netdev", "hubport,id=n0");
    REFUSES("a number, not x", "-netdev", "hubport,id=n0,hubid=x");
    REFUSES("-netdev file: needs path=PATH", "-netdev", "file,id=n0");
    REFUSES("-netdev hubport: no property 'path'", "-netdev", "hubport,id=n0,path=x,hubid=1");
    REFUSES("-netdev file: no property 'hubid'", "-netdev", "file,id=n0,path=x,hubid=1");
    REFUSES("needs id=ID", "-netdev", "hubport,hubid=0");
    REFUSES("two with the id 'a'", "-netdev", "hubport,id=a,hubid=0", "-netdev", "hubport,id=a,hubid=1");
}

Test(options, a_user_network_has_its_forwards_and_keeps_to_the_hosts_time)
{
    TAKES("-netdev", "user,id=a,hostfwd=tcp::1-:2,hostfwd=udp::3-:4,restrict=on", "-netdev", "user,id=b");
    const struct intact_netdev_config *netdevs = settings.config.netdevs;
    cr_assert_eq(netdevs[0].kind, INTACT_NETDEV_USER);
    cr_assert(netdevs[0].restricted);
    cr_assert_str_eq(netdevs[0].forwards[0], "tcp::1-:2");
    cr_assert_str_eq(netdevs[0].forwards[1], "udp::3-:4");
    cr_assert_eq(netdevs[0].forward_count, 2);
    cr_assert_eq(netdevs[1].forward_count, 0);
    cr_assert_not(netdevs[1].restricted);
    cr_assert_eq(settings.sleep, CHOICE_ON);
    TAKES("-icount", "sleep=off", "-netdev", "user,id=a");
    cr_assert_eq(settings.sleep, CHOICE_OFF);
    REFUSES("restrict is on or off", "-netdev", "user,id=a,restrict=perhaps");
}

Test(options, a_cd_and_the_order_of_a_boot)
{
    TAKES("-cdrom", "cd.iso", "-drive", "if=ide,media=cdrom,file=b", "-boot", "order=dc,menu=on");
    const struct intact_drive_config *drives = settings.config.drives;
    cr_assert(drives[0].cd && drives[0].readonly && drives[1].cd && drives[1].readonly);
    cr_assert_eq(drives[0].unit, 2);
    cr_assert_str_eq(settings.config.boot_order, "dc");
    cr_assert(settings.config.boot_menu);
    TAKES("-boot", "d");
    cr_assert_str_eq(settings.config.boot_order, "d");
    REFUSES("menu is on or off", "-boot", "menu=2");
    TAKES("-boot", "once=d,strict=on");
    cr_assert_str_eq(settings.config.boot_once, "d");
    cr_assert(settings.config.boot_strict);
    REFUSES("strict is on or off", "-boot", "strict=2");
    REFUSES("splash", "-boot", "splash=d");
}
