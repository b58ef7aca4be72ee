/* SPDX-License-Identifier: MIT */
#include "support/baddisk.h"

#include <errno.h>
#include <stddef.h>

#include "support/server.h"

void baddisk_arm(struct cmd *cmd, const struct baddisk *disk)
{
    if (disk->call != NULL) {
        cmd_set_env(cmd, cmd_text(cmd, "BADDISK_CALL=%s", disk->call));
        cmd_set_env(cmd, cmd_text(cmd, "BADDISK_NTH=%lu", disk->nth));
        cmd_set_env(cmd, cmd_text(cmd, "BADDISK_ERRNO=%d", disk->err));
    }
    if (disk->room != NULL) {
        cmd_set_env(cmd, cmd_text(cmd, "BADDISK_ROOM=%s", disk->room));
    }
    cmd_set_env(cmd,
                cmd_text(cmd, "LD_PRELOAD=%s", server_get_program("BADDISK")));
    /* it comes before the sanitizers' own library, and replaces none of it */
    cmd_set_env(cmd, "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0");
}

void baddisk_disarm(struct cmd *cmd)
{
    cmd_set_env(cmd, "LD_PRELOAD=");
}

const char *baddisk_get_text(int err)
{
    switch (err) {
    case EIO:
        return "i/o error";
    case ENOSPC:
        return "no space left on device";
    case EDQUOT:
        return "disk quota exceeded";
    default:
        return "?";
    }
}
