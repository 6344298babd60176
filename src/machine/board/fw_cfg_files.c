// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See fw_cfg_files.h.
#include "machine/board/fw_cfg_files.h"

#include <errno.h>

#include "base/bits.h"
#include "devices/display/ramfb.h"
#include "machine/board/board.h"

#define SIZE_LIMIT (UINT64_C(64) << 20)

static int add(struct board *board, struct fw_cfg *fw, const char *name, const void *data, size_t size)
{
    int result = fw_cfg_add_file(fw, name, data, size);
    if (result == -EEXIST)
        return error_set(&board->error, result, "-fw_cfg: '%.80s' is there already; give another name", name);
    if (result == -ENOSPC)
        return error_set(&board->error, result, "-fw_cfg: '%.80s': there are %d files already", name, FW_CFG_FILES);
    return result < 0 ? error_set(&board->error, result, "-fw_cfg: the name '%.80s' has not 1 to %d characters", name,
                                  FW_CFG_NAME - 1)
                      : 0;
}

static int add_one(struct board *board, struct fw_cfg *fw, unsigned index)
{
    const struct intact_fw_cfg_config *file = &board->config.fw_cfgs[index];
    struct image *image = &board->fw_cfg_files.images[index];
    if (!file->file)
        return add(board, fw, file->name, file->data, file->data_size);
    int result = image->data ? 0 : image_read(image, "-fw_cfg", file->file, SIZE_LIMIT, &board->error);
    return result < 0 ? result : add(board, fw, file->name, image->data, image->size);
}

static int add_ramfb(struct board *board, struct fw_cfg *fw)
{
    const struct fw_cfg_files *files = &board->fw_cfg_files;
    int result = fw_cfg_add_writable(fw, RAMFB_FILE, files->ramfb->config, sizeof files->ramfb->config);
    if (result > 0 && files->ramfb_rom.data)
        result = fw_cfg_add_file(fw, "vgaroms/ramfb.bin", files->ramfb_rom.data, files->ramfb_rom.size);
    return result < 0 ? error_set(&board->error, result, "-device ramfb: fw_cfg has no room for its files") : 0;
}

int fw_cfg_files_add(struct board *board, struct fw_cfg *fw)
{
    int result = board->fw_cfg_files.ramfb ? add_ramfb(board, fw) : 0;
    if (board->config.fw_cfg_count > INTACT_FW_CFG_MAX)
        return error_set(&board->error, -EINVAL, "-fw_cfg: more than %d", INTACT_FW_CFG_MAX);
    for (unsigned i = 0; i < board->config.fw_cfg_count && result == 0; i++)
        result = add_one(board, fw, i);
    return result < 0 ? result : boot_order_fill(board, fw);
}

void fw_cfg_files_free(struct fw_cfg_files *files)
{
    for (unsigned i = 0; i < countof(files->images); i++)
        image_release(&files->images[i]);
    image_release(&files->ramfb_rom);
}
