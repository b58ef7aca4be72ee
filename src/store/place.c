/* SPDX-License-Identifier: MIT */
#include "store/place.h"

#include <stddef.h>
#include <string.h>

#include <unistd.h>

int adl_place_lend(int *out_root_fd, int *out_aside_fd, struct adl_dir *dir,
                   const char *path, struct adl_sink_error *error)
{
    int err = adl_dir_lend(dir, out_root_fd, out_aside_fd);

    return err == 0 ? 0
                    : adl_sink_error_report(
                          error, err, "open the directory or its .asyncdl/ for",
                          path);
}

int adl_place_open(struct adl_place *out, struct adl_dir *dir, int root_fd,
                   const char *path, struct adl_sink_error *error)
{
    if (strchr(path, '/') == NULL) {
        *out = (struct adl_place){.folder_fd = root_fd, .name = path};
        return 0;
    }
    struct adl_place place = {.is_owned = true};
    int err = adl_dir_open_parent(dir, path, &place.folder_fd, &place.name);
    if (err < 0) {
        return adl_sink_error_report(error, err, "open the folder of", path);
    }
    *out = place;
    return 0;
}

void adl_place_close(const struct adl_place *place)
{
    if (place->is_owned) {
        (void)close(place->folder_fd); /* a folder: nothing could be lost */
    }
}
