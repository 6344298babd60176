#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Debian's kernels for whole-machine runs: fetched from the package manager, with an initramfs of ours.

    tools/linux.py fetch ARCH                    fetch, unless it is cached, and print where kernel and initramfs are
    tools/linux.py boot ARCH INTACT [ARGS...]    boot it; `-append TEXT` adds to the kernel's command line

Everything lies below .cache/linux/ARCH. A second initramfs, for tests/system/virtio_test.py and network_test.py, has the
kernel's virtio drivers and an /init that uses them. The initramfs is busybox and an /init that prints a marker, what the kernel had
to warn about, and powers off; it is the same, byte for byte, wherever it is made from the same busybox.
"""
import contextlib
import fcntl
import gzip
import hashlib
import io
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("INTACT_CACHE", ROOT / ".cache")) / "linux"
MIRROR = os.environ.get("INTACT_MIRROR") # of Debian, where there is no apt to ask: "https://HOST/debian"
SUITE = "bookworm"

# What `./dev linux` calls it: Debian's architecture, the package, and the console that the kernel writes to.
ARCHES = {
    "cloud-amd64": {"debian": "amd64", "package": "linux-image-cloud-amd64", "console": "ttyS0"},
    "amd64": {"debian": "amd64", "package": "linux-image-amd64", "console": "ttyS0"},
    "cloud-arm64": {"debian": "arm64", "package": "linux-image-cloud-arm64", "console": "ttyAMA0"},
    "arm64": {"debian": "arm64", "package": "linux-image-arm64", "console": "ttyAMA0"},
}

# Options that describe the machine; QEMU takes the same.
MACHINES = {"amd64": [], "arm64": ["-machine", "virt,gic-version=3", "-cpu", "cortex-a57"]}

MARKER = "INTACT: init reached"

INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
echo "INTACT: init reached, $(/bin/busybox nproc) cpus online"
/bin/busybox --install -s /bin
for word in $(cat /proc/cmdline); do
    case $word in
    intact.interrupts) cat /proc/interrupts ;;
    intact.dmesg) dmesg -r ;;
    intact.shell) setsid cttyhack sh ;;
    acpi=off) acpi=off ;;
    esac
done
echo "INTACT: clocksource $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"
# Levels 0 to 4 are what the kernel calls a warning or worse.
if dmesg -r | grep '^<[0-4]>' | grep -iE 'apic|tsc|timer|clock|hpet|pit|8259|gicv|its@|irq|nmi|stall|lockup|watchdog' > /warnings; then
    sed 's/^/INTACT: warning: /' /warnings
else
    echo "INTACT: no warnings"
fi
if [ "$acpi" = off ]; then
    reboot -f
fi
poweroff -f
"""

# The kernel's drivers for virtio, as far as they are modules, in an order in which they can be loaded.
MODULES = ("failover", "net_failover", "virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev",
           "virtio_pci", "virtio_mmio", "rng-core", "virtio-rng", "virtio_console", "virtio_blk", "virtio_net")
MODULE = r"\./(usr/)?lib/modules/[^/]+/kernel/.*/(%s)\.ko(\.xz)?" % "|".join(MODULES)

# What it prints is for network_test.py, if the command line has an address (intact.fetch=), and for virtio_test.py:
# between "counts" lines, what /proc/interrupts says of virtio; then each device's
# work. The disk has a pattern in its first 8 MiB, and 4 KiB behind them are written.
INIT_VIRTIO = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
for module in %s; do
    for file in /modules/$module.ko*; do
        [ -f $file ] && insmod $file
    done
done
counts() {
    echo "INTACT: counts $1"
    grep -E 'virtio|ERR|MIS' /proc/interrupts
    echo "INTACT: end"
}
for word in $(cat /proc/cmdline); do
    case $word in
    acpi=off) acpi=off ;;
    intact.fetch=*) address=${word#*=} ;;
    intact.shell) shell=yes ;;
    esac
done
for device in /sys/bus/virtio/devices/*; do
    echo "INTACT: device $(basename $device) $(cat $device/device) $(cat $device/status)"
done
if [ -b /dev/vda ]; then
    echo "INTACT: disk $(cat /sys/block/vda/size) sectors, serial $(cat /sys/block/vda/serial)"
    counts before
    dd if=/dev/vda bs=4k count=2048 iflag=direct status=none > /data
    counts reads
    echo "INTACT: read $(md5sum < /data)"
    dd if=/data of=/dev/vda bs=4k count=16 seek=2048 oflag=direct conv=fsync status=none
    echo "INTACT: wrote $(dd if=/dev/vda bs=4k count=16 skip=2048 iflag=direct status=none | md5sum)"
    echo "INTACT: error $(dd if=/dev/vda of=/dev/null bs=512 skip=$(cat /sys/block/vda/size) count=1 2>&1 | head -1)"
    blkdiscard -o 0 -l 4096 /dev/vda && echo "INTACT: discarded"
fi
if [ -c /dev/hwrng ]; then
    echo "INTACT: rng $(cat /sys/class/misc/hw_random/rng_current) $(dd if=/dev/hwrng bs=64 count=4 status=none | md5sum)"
fi
if [ -c /dev/hvc0 ]; then
    exec 3<>/dev/hvc0
    echo "hvc0 is ready" >&3
    read line <&3
    echo "hvc0 heard: $line" >&3
fi
if [ -n "$address" ]; then
    cat > /lease << 'END'
#!/bin/busybox sh
[ "$1" = bound ] || exit 0
ip addr add $ip/$mask dev $interface
ip route add default via $router
echo "INTACT: lease $ip/$mask from $serverid, router $router"
END
    chmod 755 /lease
    ip link set eth0 up
    udhcpc -q -n -f -i eth0 -t 100 -T 3 -s /lease
    wget -q -O /file $address
    echo "INTACT: fetched $(md5sum < /file)"
    echo "INTACT: sent $(wget -q -O - --post-file /file $address)"
fi
[ -n "$shell" ] && setsid cttyhack sh
if [ -d /sys/class/net/eth1 ]; then
    unshare -n sleep 1000 &
    sleep 0.1
    ip link set eth1 netns $!
    nsenter -n -t $! ip addr add 10.0.0.2/24 dev eth1
    nsenter -n -t $! ip link set eth1 up
    ip addr add 10.0.0.1/24 dev eth0
    ip link set eth0 up
    ping -c 4 -i 0.2 -s 3000 10.0.0.2 | grep -E 'packets|bytes from' | sed 's/^/INTACT: ping: /'
fi
counts after
echo "INTACT: done"
dmesg -r | grep '^<[0-4]>' | grep -iE 'virtio|vring|vda|eth[01]|irq|I/O' | sed 's/^/INTACT: warning: /'
if [ "$acpi" = off ]; then
    reboot -f
fi
poweroff -f
""" % " ".join(MODULES)


class CannotGet(Exception):
    """A package is not to be had here; the text says why."""


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


class Apt:
    """The package manager, as any user. Packages of another architecture, or of a suite that the host does not use, have
    lists of their own below the cache, and the host's are not changed."""

    def __init__(self, debian, suite=None):
        self.folder = CACHE / "packages"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.foreign = suite is not None or run("dpkg", "--print-architecture").strip() != debian
        self.options = ["-o", "APT::Sandbox::User=root"]
        if self.foreign:
            self.keep_apart(CACHE / f"apt-{suite or debian}", debian)
        if suite:
            self.read_suite(CACHE / f"apt-{suite}" / "sources.list", suite)

    def set(self, *options):
        for option in options:
            self.options += ["-o", option]

    def keep_apart(self, state, debian):
        (state / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        (state / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        (state / "status").touch()
        self.set(f"APT::Architecture={debian}", f"APT::Architectures::={debian}", f"Dir::State={state}",
                 f"Dir::State::Lists={state}/lists", f"Dir::State::status={state}/status", f"Dir::Cache={state}")

    def read_suite(self, sources, suite):
        """From where the host has Debian's main packages."""
        found = re.search(r"^Debian main (\S+)$",
                          run("apt-get", "indextargets", "--format", "$(ORIGIN) $(COMPONENT) $(REPO_URI)"), re.M)
        if not found:
            raise CannotGet("apt has no lists of Debian's: apt-get update makes them")
        key = "/usr/share/keyrings/debian-archive-keyring.gpg"
        sources.write_text(f"deb [signed-by={key}] {found.group(1)} {suite} main\n")
        self.set(f"Dir::Etc::sourcelist={sources}", "Dir::Etc::sourceparts=-")

    def call(self, program, *command):
        return run(program, *self.options, *command, cwd=self.folder, stderr=subprocess.DEVNULL)

    def depends(self, package):
        """The versioned kernel package that a meta package depends on."""
        for line in self.call("apt-cache", "depends", "--important", package).splitlines():
            found = re.match(r"\s+Depends: (linux-image-[\w.+-]+)", line)
            if found:
                return found.group(1)
        raise CannotGet(f"{package}: depends on no kernel")

    def download(self, package):
        before = set(self.folder.glob("*.deb"))
        for old in self.folder.glob(f"{package}_*.deb"):
            old.unlink()
            before.discard(old)
        self.call("apt-get", "download", package)
        return (set(self.folder.glob("*.deb")) - before).pop()

    def refresh(self):
        if self.foreign or os.getuid() == 0:
            command = ["apt-get", *self.options, "update", "-qq"]
        elif shutil.which("sudo"):
            command = ["sudo", "-n", "apt-get", "update", "-qq"]
        else:
            return
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Mirror:
    """Where there is no apt (macOS): the mirror's own index."""

    def __init__(self, debian):
        if not MIRROR:
            raise CannotGet("no apt here to ask: set INTACT_MIRROR to the address of a Debian mirror")
        url = f"{MIRROR}/dists/{SUITE}/main/binary-{debian}/Packages.xz"
        text = lzma.decompress(urllib.request.urlopen(url, timeout=60).read()).decode()
        self.packages = {}
        for stanza in text.split("\n\n"):
            fields = dict(re.findall(r"^([\w-]+): (.*)$", stanza, re.M))
            if fields:
                self.packages[fields["Package"]] = fields

    def depends(self, package):
        found = re.search(r"linux-image-[\w.+-]+", self.packages[package]["Depends"])
        return found.group(0)

    def refresh(self):
        """The index was read just now."""

    def download(self, package):
        fields = self.packages[package]
        data = urllib.request.urlopen(f"{MIRROR}/{fields['Filename']}", timeout=600).read()
        if hashlib.sha256(data).hexdigest() != fields["SHA256"]:
            raise CannotGet(f"{package}: what the mirror sent has another checksum than its index says")
        path = CACHE / "packages" / pathlib.Path(fields["Filename"]).name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path


def source(debian):
    """The package manager, or the mirror."""
    if shutil.which("apt-get") and shutil.which("dpkg"):
        return Apt(debian)
    return Mirror(debian)


def deb_files(deb, pattern):
    """The files of a .deb (deb(5): an ar archive with data.tar.*) whose names match: name and contents."""
    data = deb.read_bytes()
    at = 8
    while at < len(data):
        name = data[at:at + 16].decode().strip().rstrip("/")
        size = int(data[at + 48:at + 58])
        if name.startswith("data.tar"):
            with tarfile.open(fileobj=io.BytesIO(data[at + 60:at + 60 + size])) as archive:
                for member in archive:
                    if member.isfile() and re.fullmatch(pattern, member.name):
                        yield member.name, archive.extractfile(member).read()
        at += 60 + size + size % 2


def deb_file(deb, pattern):
    for _, contents in deb_files(deb, pattern):
        return contents
    raise CannotGet(f"{deb.name}: holds no {pattern}")


# What an initramfs has besides files: name, mode, contents, major and minor number.
NODES = [("dev/console", 0o020600, b"", 5, 1), ("dev/null", 0o020666, b"", 1, 3)]


def cpio(entries):
    """A newc cpio archive (Linux, Documentation/driver-api/early-userspace/buffer-format.rst), compressed.

    Inode numbers count up, times are 0, the owner is root: nothing of the host gets in.
    """
    out = bytearray()
    for inode, (name, mode, data, major, minor) in enumerate([*entries, ("TRAILER!!!", 0, b"", 0, 0)], 1):
        fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name) + 1, 0)
        out += b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        out += b"\0" * (-len(out) % 4) + data
        out += b"\0" * (-len(out) % 4)
    return gzip.compress(bytes(out), mtime=0)


def initramfs(busybox, init, modules):
    """Busybox, /init, and modules, each with its name."""
    folders = ("bin", "dev", "modules", "proc", "sys") if modules else ("bin", "dev", "proc", "sys")
    entries = [(name, 0o040755, b"", 0, 0) for name in folders]
    entries += [(f"modules/{name}", 0o100644, data, 0, 0) for name, data in modules]
    return cpio([*entries, *NODES, ("bin/busybox", 0o100755, busybox, 0, 0), ("init", 0o100755, init.encode(), 0, 0)])


def fetch(arch):
    """Fills the cache."""
    what = ARCHES[arch]
    folder = CACHE / arch
    folder.mkdir(parents=True, exist_ok=True)
    try:
        packages = source(what["debian"])
        try:
            kernel = packages.depends(what["package"])
        except (CannotGet, subprocess.CalledProcessError):
            packages.refresh()
            kernel = packages.depends(what["package"])
        print(f"linux: fetching {kernel}", file=sys.stderr)
        try:
            deb = packages.download(kernel)
        except subprocess.CalledProcessError:
            packages.refresh() # the mirror has moved on since the lists were read
            kernel = packages.depends(what["package"])
            deb = packages.download(kernel)
        (folder / "vmlinuz").write_bytes(deb_file(deb, r"\./boot/vmlinuz-.*"))
        shutil.rmtree(folder / "modules", ignore_errors=True)
        shutil.rmtree(folder / "more", ignore_errors=True)
        (folder / "modules").mkdir()
        for name, contents in deb_files(deb, MODULE):
            (folder / "modules" / pathlib.PurePosixPath(name).name).write_bytes(contents)
        deb.unlink()
        deb = packages.download("busybox-static")
        (folder / "busybox").write_bytes(deb_file(deb, r"\./(usr/)?bin/busybox"))
        deb.unlink()
        (folder / "package").write_text(kernel + "\n")
    except (OSError, KeyError, subprocess.CalledProcessError) as error:
        raise CannotGet(f"{what['package']}: {error}") from error


@contextlib.contextmanager
def cache_lock():
    """One fetch at a time: downloads of several kernels meet in one folder."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare(arch, virtio=False):
    """(kernel, initramfs) of `arch`, from the cache or fetched. CannotGet when that is impossible."""
    folder = CACHE / arch
    with cache_lock():
        if not (folder / "package").exists() or not (folder / "modules").exists():
            fetch(arch)
    modules = [(path.name, path.read_bytes()) for path in sorted((folder / "modules").iterdir())] if virtio else []
    image = initramfs((folder / "busybox").read_bytes(), INIT_VIRTIO if virtio else INIT, modules)
    path = folder / ("virtio.gz" if virtio else "initramfs.gz")
    if not path.exists() or path.read_bytes() != image:
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(image)
        temporary.replace(path)
    return folder / "vmlinuz", path


def fetch_modules(arch, names, folder):
    """More modules of the kernel that is in the cache. One that is built in has an empty file."""
    package = (CACHE / arch / "package").read_text().strip()
    print(f"linux: fetching {package}", file=sys.stderr)
    try:
        packages = source(ARCHES[arch]["debian"])
        try:
            deb = packages.download(package)
        except subprocess.CalledProcessError:
            packages.refresh()
            deb = packages.download(package)
        found = {pathlib.PurePosixPath(name).name.partition(".")[0]: contents for name, contents in
                 deb_files(deb, r"\./(usr/)?lib/modules/[^/]+/kernel/.*/(%s)\.ko(\.xz)?" % "|".join(names))}
        deb.unlink()
    except (OSError, KeyError, subprocess.CalledProcessError) as error:
        raise CannotGet(f"{package}: {error}") from error
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(found.get(name, b""))


def modules(arch, names):
    """Modules of the kernel of `arch`, each with its file's name, in this order, but those that are built in. CannotGet."""
    prepare(arch)
    folder = CACHE / arch / "more"
    with cache_lock():
        missing = [name for name in names if not (folder / name).exists()]
        if missing:
            fetch_modules(arch, missing, folder)
    found = [(name, (folder / name).read_bytes()) for name in names]
    return [(f"{name}.ko" + (".xz" if data.startswith(b"\xfd7zXZ") else ""), data) for name, data in found if data]


def boot_options(arch, append="", memory="512M", virtio=False):
    """The command line after the emulator's name; QEMU takes the same."""
    kernel, initrd = prepare(arch, virtio)
    text = f"console={ARCHES[arch]['console']} panic=-1 {append}".strip()
    return [*MACHINES[ARCHES[arch]["debian"]], "-m", memory, "-display", "none", "-serial", "stdio", "-no-reboot", "-kernel", str(kernel), "-initrd",
            str(initrd), "-append", text]


def main(arguments):
    if len(arguments) < 2 or arguments[0] not in ("fetch", "boot") or arguments[1] not in ARCHES:
        sys.exit(__doc__)
    arch, rest = arguments[1], arguments[2:]
    try:
        if arguments[0] == "fetch":
            print(*prepare(arch))
            return
        intact, given, append = rest[0], rest[1:], []
        while "-append" in given:
            at = given.index("-append")
            append.append(given[at + 1])
            del given[at:at + 2]
        os.execv(intact, [intact, *boot_options(arch, " ".join(append)), *given])
    except CannotGet as error:
        sys.exit(f"linux: cannot get {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
