// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The files that the module reads, and the rest of what WASI (wasi_snapshot_preview1) makes of a host: a tree of files in memory that
// nothing can write to, and a clock that stands still, so that nothing of this host can reach a guest.

const SUCCESS = 0, BADF = 8, INVAL = 28, NOENT = 44, NOSYS = 52, ROFS = 69;
const ROOT_FD = 3, DIRECTORY = 3, REGULAR = 4, CHARACTERS = 2; // numbers of WASI

// A file that gzip or a server has packed, as bytes.
export async function unpack(bytes) {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// The files of a tar archive: a Map from path to bytes.
export function readTar(bytes) {
  const files = new Map();
  const text = (at, size) => new TextDecoder().decode(bytes.subarray(at, at + size)).replace(/\0.*/s, "");
  for (let at = 0; at + 512 <= bytes.length && bytes[at]; ) {
    const size = parseInt(text(at + 124, 12), 8);
    files.set(text(at, 100), bytes.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

// The folders of the tree: a Map from path to the names in it. "" is the root.
function foldersOf(files) {
  const folders = new Map([["", []]]);
  const add = (path) => {
    const slash = path.lastIndexOf("/"), folder = slash < 0 ? "" : path.slice(0, slash);
    if (!folders.has(folder)) {
      folders.set(folder, []);
      add(folder);
    }
    folders.get(folder).push(path.slice(slash + 1));
  };
  for (const path of files.keys()) add(path);
  return folders;
}

// The functions of WASI that the module imports. `memory()` is the module's memory, which moves when it grows; `print` gets what it
// writes to standard output and error.
export function makeHost(files, memory, print) {
  const folders = foldersOf(files);
  const open = new Map([[ROOT_FD, { path: "", at: 0 }]]); // by number; at: in the file
  const view = () => new DataView(memory().buffer);
  const bytesAt = (at, size) => new Uint8Array(memory().buffer, at, size);
  const textAt = (at, size) => new TextDecoder().decode(bytesAt(at, size));

  const clean = (path) => path.split("/").filter((part) => part && part !== ".").join("/");
  const within = (fd, path) => clean(open.get(fd).path + "/" + path);
  const typeOf = (path) => (files.has(path) ? REGULAR : folders.has(path) ? DIRECTORY : 0);

  function stat(path, out) {
    bytesAt(out, 64).fill(0);
    view().setUint8(out + 16, typeOf(path));
    view().setBigUint64(out + 24, 1n, true); // links
    view().setBigUint64(out + 32, BigInt(files.get(path)?.length ?? 0), true);
    return SUCCESS;
  }

  // The parts of memory that an array of struct iovec names.
  function* parts(array, count) {
    for (let i = 0; i < count; i++)
      yield bytesAt(view().getUint32(array + 8 * i, true), view().getUint32(array + 8 * i + 4, true));
  }

  function readAt(path, at, array, count) {
    const file = files.get(path);
    let done = 0;
    for (const part of parts(array, count)) {
      const some = file.subarray(at + done, Math.min(at + done + part.length, file.length));
      part.set(some);
      done += some.length;
    }
    return done;
  }

  const known = (fd, act) => (open.has(fd) ? act(open.get(fd)) : BADF);
  const file = (fd, act) => known(fd, (handle) => (files.has(handle.path) ? act(handle) : BADF));

  const host = {
    fd_prestat_get(fd, out) {
      if (fd !== ROOT_FD) return BADF;
      view().setUint32(out, 0, true); // a folder
      view().setUint32(out + 4, 1, true); // whose name has one character
      return SUCCESS;
    },
    fd_prestat_dir_name(fd, name, size) {
      if (fd !== ROOT_FD || size < 1) return INVAL;
      bytesAt(name, 1)[0] = "/".charCodeAt(0);
      return SUCCESS;
    },
    fd_fdstat_get(fd, out) {
      if (fd >= ROOT_FD && !open.has(fd)) return BADF;
      bytesAt(out, 24).fill(0);
      view().setUint8(out, fd < ROOT_FD ? CHARACTERS : typeOf(open.get(fd).path));
      view().setBigUint64(out + 8, ~0n, true); // rights
      view().setBigUint64(out + 16, ~0n, true);
      return SUCCESS;
    },
    fd_filestat_get: (fd, out) => known(fd, (handle) => stat(handle.path, out)),
    path_filestat_get(fd, flags, name, size, out) {
      return known(fd, () => {
        const path = within(fd, textAt(name, size));
        return typeOf(path) ? stat(path, out) : NOENT;
      });
    },
    path_open(fd, flags, name, size, create, rights, inherited, fdflags, out) {
      return known(fd, () => {
        const path = within(fd, textAt(name, size));
        if (!typeOf(path)) return create & 1 ? ROFS : NOENT;
        let next = ROOT_FD + 1;
        while (open.has(next)) next++;
        open.set(next, { path, at: 0 });
        view().setUint32(out, next, true);
        return SUCCESS;
      });
    },
    path_readlink: (fd, name, size) => known(fd, () => (typeOf(within(fd, textAt(name, size))) ? INVAL : NOENT)),
    fd_close: (fd) => (open.delete(fd) ? SUCCESS : BADF),
    fd_read(fd, array, count, out) {
      return file(fd, (handle) => {
        const done = readAt(handle.path, handle.at, array, count);
        handle.at += done;
        view().setUint32(out, done, true);
        return SUCCESS;
      });
    },
    fd_pread(fd, array, count, at, out) {
      return file(fd, (handle) => {
        view().setUint32(out, readAt(handle.path, Number(at), array, count), true);
        return SUCCESS;
      });
    },
    fd_seek(fd, distance, whence, out) {
      return file(fd, (handle) => {
        const from = [0, handle.at, files.get(handle.path).length][whence];
        if (from === undefined || from + Number(distance) < 0) return INVAL;
        handle.at = from + Number(distance);
        view().setBigUint64(out, BigInt(handle.at), true);
        return SUCCESS;
      });
    },
    // Entries of 24 bytes with a name behind each; a cookie is the index of the next one.
    fd_readdir(fd, buffer, size, cookie, out) {
      return known(fd, ({ path }) => {
        if (!folders.has(path)) return BADF;
        let used = 0;
        for (const [index, name] of folders.get(path).entries()) {
          if (index < Number(cookie)) continue;
          const bytes = new TextEncoder().encode(name), entry = new Uint8Array(24 + bytes.length), head = new DataView(entry.buffer);
          head.setBigUint64(0, BigInt(index + 1), true);
          head.setUint32(16, bytes.length, true);
          head.setUint8(20, typeOf(clean(path + "/" + name)));
          entry.set(bytes, 24);
          const some = entry.subarray(0, size - used);
          bytesAt(buffer + used, some.length).set(some);
          used += some.length;
          if (used === size) break;
        }
        view().setUint32(out, used, true);
        return SUCCESS;
      });
    },
    fd_write(fd, array, count, out) {
      if (fd !== 1 && fd !== 2) return BADF;
      let done = 0;
      for (const part of parts(array, count)) {
        print(new TextDecoder().decode(part));
        done += part.length;
      }
      view().setUint32(out, done, true);
      return SUCCESS;
    },
    clock_time_get(clock, precision, out) {
      view().setBigUint64(out, 0n, true);
      return SUCCESS;
    },
    sched_yield: () => SUCCESS,
    proc_exit(status) {
      throw new Error(`the machine has ended with status ${status}`);
    },
  };
  // Addresses come as signed numbers. What else a C library refers to needs a host that can be written to.
  const unsigned = (value) => (typeof value === "number" ? value >>> 0 : value);
  return new Proxy(host, {
    get: (target, name) => (name in target ? (...values) => target[name](...values.map(unsigned)) : () => NOSYS),
  });
}
