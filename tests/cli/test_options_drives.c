// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -drive, -blockdev, -hda to -hdd, -cdrom, -snapshot.
#include <stdio.h>

#include "cli/options_rig.h"

TestSuite(options_drives, .fini = finish);

Test(options_drives, drives_are_kept_in_their_order)
{
    TAKES("-drive", "file=a,,b.img,if=none,format=raw,id=disk0", "-drive", "if=pflash,file=vars,unit=1,readonly=on",
          "-drive", "file=code,if=pflash,snapshot=on");
    const struct intact_drive_config *drives = settings.config.drives;
    cr_assert_eq(settings.config.drive_count, 3);
    cr_assert_eq(drives[0].interface, INTACT_DRIVE_NONE);
    cr_assert_str_eq(drives[0].file, "a,b.img");
    cr_assert_str_eq(drives[0].id, "disk0");
    cr_assert_not(drives[0].readonly || drives[0].snapshot);
    cr_assert_eq(drives[1].interface, INTACT_DRIVE_PFLASH);
    cr_assert_eq(drives[1].unit, 1);
    cr_assert(drives[1].readonly);
    cr_assert_eq(drives[2].unit, 0, "the first free bank");
    cr_assert(drives[2].snapshot);
    TAKES("-pflash", "code", "-pflash", "vars");
    cr_assert_eq(drives[1].unit, 1);
    cr_assert_str_eq(drives[1].file, "vars");
}

Test(options_drives, ide_disks_have_their_place_on_two_channels)
{
    TAKES("-hdb", "b", "-drive", "if=ide,file=a", "-drive", "if=ide,bus=1,unit=1,file=d,media=disk", "-hdc", "c");
    const struct intact_drive_config *drives = settings.config.drives;
    static const unsigned units[] = { 1, 0, 3, 2 };
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(drives[i].interface, INTACT_DRIVE_IDE);
        cr_assert_eq(drives[i].unit, units[i]);
    }
    cr_assert_str_eq(drives[0].file, "b");
    REFUSES("two drives are IDE disk 0", "-hda", "a", "-drive", "if=ide,index=0,file=b");
    REFUSES("more than 4 drives with if=ide", "-hda", "a", "-hdb", "a", "-hdc", "a", "-hdd", "a", "-drive",
            "if=ide,file=a");
    REFUSES("index is an IDE disk, 0 to 3, not '4'", "-drive", "if=ide,index=4,file=a");
    TAKES("-machine", "q35", "-hdd", "d", "-drive", "if=ide,index=4,file=e", "-drive", "if=ide,bus=5,unit=0,file=f");
    cr_assert_eq(settings.drives[0].unit, 3);
    cr_assert_eq(settings.drives[2].unit, 5);
    REFUSES("more than 6 drives with if=ide", "-M", "q35", "-hda", "a", "-hdb", "a", "-hdc", "a", "-hdd", "a", "-drive",
            "if=ide,file=a", "-drive", "if=ide,file=a", "-drive", "if=ide,file=a");
    REFUSES("unit is a disk of an IDE channel, 0 to 0", "-M", "q35", "-drive", "if=ide,bus=1,unit=1,file=a");
    REFUSES("give index, or bus and unit", "-drive", "if=ide,index=1,unit=0,file=a");
    REFUSES("bus is an IDE channel", "-drive", "if=ide,bus=2,file=a");
    REFUSES("unit is a disk of an IDE channel", "-drive", "if=ide,unit=2,file=a");
    REFUSES("media is disk or cdrom, not 'tape'", "-drive", "if=ide,media=tape,file=a");
    REFUSES("only if=ide has index", "-drive", "if=none,id=a,index=0,file=a");
}

Test(options_drives, a_disk_on_pci_in_one_word)
{
    TAKES("-drive", "file=a,if=virtio,cache=none,aio=native,index=0", "-drive", "file=b,if=virtio,id=own,media=disk");
    const struct intact_drive_config *drives = settings.config.drives;
    cr_assert_eq(settings.config.drive_count, 2);
    cr_assert_eq(drives[0].interface, INTACT_DRIVE_NONE);
    cr_assert_str_eq(drives[0].id, "virtio0");
    cr_assert_str_eq(settings.config.devices[0].driver, "virtio-blk-pci");
    cr_assert_str_eq(settings.config.devices[0].properties[0].value, "virtio0");
    cr_assert_str_eq(settings.config.devices[1].properties[0].value, "own");
}

Test(options_drives, a_drive_is_what_the_machine_has)
{
    TAKES("-drive", "file=a,format=raw", "-snapshot");
    cr_assert_eq(settings.config.drives[0].interface, INTACT_DRIVE_IDE);
    cr_assert(settings.config.drives[0].snapshot);
    TAKES("-drive", "file=a", "-drive", "file=b,if=pflash", "-machine", "virt");
    cr_assert_eq(settings.config.drive_count, 2);
    cr_assert_str_eq(settings.config.drives[1].file, "a");
    cr_assert_str_eq(settings.config.devices[0].driver, "virtio-blk-pci");
}

Test(options_drives, snapshot_is_for_every_drive_that_does_not_say_otherwise)
{
    TAKES("-drive", "file=a,if=none,id=a", "-snapshot", "-drive", "file=b,if=none,id=b,snapshot=off", "-pflash", "c");
    cr_assert(settings.config.drives[0].snapshot);
    cr_assert_not(settings.config.drives[1].snapshot);
    cr_assert(settings.config.drives[2].snapshot);
}

Test(options_drives, nodes_of_block_devices_become_drives)
{
    TAKES("-blockdev", "driver=file,node-name=f,filename=a.img,locking=off", "-blockdev",
          "driver=qcow2,node-name=d,file=f,read-only=on,discard=unmap", "-blockdev",
          "driver=raw,node-name=e,file.driver=file,file.filename=b,,c.img", "-blockdev",
          "{\"driver\":\"qcow2\",\"node-name\":\"g\",\"read-only\":true,\"file\":{\"driver\":\"file\",\"filename\":"
          "\"c\"}}",
          "-blockdev", "driver=null-co,node-name=n,size=1048576");
    cr_assert_eq(settings.config.drive_count, 4);
    const struct intact_drive_config *drive = settings.drives;
    cr_assert_str_eq(drive[0].id, "d");
    cr_assert_str_eq(drive[0].file, "a.img");
    cr_assert(drive[0].readonly && drive[0].discard && drive[0].unlocked);
    cr_assert_eq(drive[0].format, INTACT_DRIVE_QCOW2);
    cr_assert_str_eq(drive[1].file, "b,c.img");
    cr_assert_eq(drive[1].format, INTACT_DRIVE_RAW);
    cr_assert_str_eq(drive[2].file, "c");
    cr_assert(drive[2].readonly && !drive[2].unlocked);
    cr_assert_eq(drive[3].format, INTACT_DRIVE_NULL);
    cr_assert_eq(drive[3].size, 1048576);
}

Test(options_drives, a_wrong_node_is_refused_by_what_is_wrong)
{
    REFUSES("needs driver=", "-blockdev", "node-name=a");
    REFUSES("no driver 'vmdk'; there is file, host_device, qcow2, raw, null-co", "-blockdev",
            "driver=vmdk,node-name=a");
    REFUSES("needs node-name=NAME", "-blockdev", "driver=file,filename=a");
    REFUSES("needs filename=FILE", "-blockdev", "driver=file,node-name=a");
    REFUSES("'a' needs file=NODE", "-blockdev", "driver=qcow2,node-name=a");
    REFUSES("no node 'b' before its use", "-blockdev", "driver=qcow2,node-name=a,file=b");
    REFUSES("file= is a node with driver=file", "-blockdev", "driver=null-co,node-name=a", "-blockdev",
            "driver=raw,node-name=b,file=a");
    REFUSES("in use by another node", "-blockdev", "driver=file,node-name=a,filename=f", "-blockdev",
            "driver=raw,node-name=b,file=a", "-blockdev", "driver=raw,node-name=c,file=a");
    REFUSES("two nodes 'a'", "-blockdev", "driver=null-co,node-name=a", "-blockdev", "driver=null-co,node-name=a");
    REFUSES("'a' is the id of a -drive", "-drive", "if=none,id=a,file=f", "-blockdev", "driver=null-co,node-name=a");
    REFUSES("no property 'nodename'", "-blockdev", "driver=null-co,node-name=a,nodename=b");
    REFUSES("a multiple of 512, not '1000'", "-blockdev", "driver=null-co,node-name=a,size=1000");
    REFUSES("detect-zeroes=unmap is not possible", "-blockdev", "driver=null-co,node-name=a,detect-zeroes=unmap");
    REFUSES("is no JSON", "-blockdev", "{\"driver\":");
    REFUSES("wrong kind", "-blockdev", "{\"driver\":[]}");
    REFUSES("begins with driver=", "-blockdev", "qcow2");
}

Test(options_drives, a_wrong_drive_is_refused_by_what_is_wrong)
{
    REFUSES("no interface 'scsi'; there is none, pflash, ide, virtio", "-drive", "file=a,if=scsi");
    REFUSES("cache=writethrough is not possible here; none is", "-drive", "file=a,cache=writethrough");
    REFUSES("werror=enospc is not possible here; report is", "-drive", "file=a,werror=enospc");
    REFUSES("index=1: disks with if=virtio come in the order", "-drive", "file=a,if=virtio,index=1");
    REFUSES("no media 'cdrom'", "-drive", "file=a,if=virtio,media=cdrom");
    REFUSES("needs file=FILE", "-drive", "if=none,id=a");
    REFUSES("needs file=FILE", "-drive", "if=none,id=a,file=");
    REFUSES("needs id=ID", "-drive", "if=none,file=a");
    REFUSES("cannot be empty", "-drive", "if=none,file=a,id=");
    REFUSES("two with the id 'a'", "-drive", "if=none,file=a,id=a", "-drive", "if=none,file=b,id=a");
    REFUSES("no format 'vmdk'; there is raw, qcow2", "-drive", "if=none,file=a,id=a,format=vmdk");
    REFUSES("a flash bank is raw, not 'qcow2'", "-drive", "if=pflash,file=a,format=qcow2");
    REFUSES("only if=pflash and if=ide have a unit", "-drive", "if=none,file=a,id=a,unit=0");
    REFUSES("0 to 1, not '2'", "-drive", "if=pflash,file=a,unit=2");
    REFUSES("two drives are flash bank 1", "-drive", "if=pflash,file=a,unit=1", "-drive", "if=pflash,file=b,unit=1");
    REFUSES("more than 2 drives with if=pflash", "-pflash", "a", "-pflash", "b", "-pflash", "c");
    REFUSES("readonly is on or off", "-drive", "if=pflash,file=a,readonly=maybe");
    REFUSES("no property 'cash'", "-drive", "if=pflash,file=a,cash=none");
    REFUSES("given with file=FILE", "-drive", "disk.img");
    const char *words[2 * INTACT_DRIVES_MAX + 3];
    char text[INTACT_DRIVES_MAX + 1][40];
    for (unsigned i = 0; i <= INTACT_DRIVES_MAX; i++) {
        snprintf(text[i], sizeof text[i], "if=none,file=f,id=d%u", i);
        words[2 * i] = "-drive";
        words[2 * i + 1] = text[i];
    }
    words[2 * INTACT_DRIVES_MAX + 2] = NULL;
    cr_assert_lt(parse(words), 0);
    cr_assert_str_eq(settings.why, "-drive: more than 32");
}
