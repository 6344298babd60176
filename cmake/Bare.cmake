# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
# A bare host: it has memory, a C library and files to read, but no threads, signals, sockets, pipes, processes, mappings or code that
# can be made at run time. A WebAssembly module is one. Where a room needs one of these, its file X_bare.c takes the place of X.c; of
# the rooms here, only these files are built (`*` is what it is to file(GLOB)). What remains is a machine with a session for a user (src/web).
set(BARE_host block_file disk_image host_file host_lock qcow2_bare socket_place_text net_capture net_hub net_ingress net_socket_bare
    net_user)
set(BARE_vcpu_jit jit)
set(BARE_vcpu_x86_64_jit templates_bare)
set(BARE_vcpu_aarch64_jit templates_bare)
set(BARE_cli lesson_expect lesson_find lesson_json lesson_match lesson_run lesson_words options* properties screendump sendkeys settings text
    watch_open)
