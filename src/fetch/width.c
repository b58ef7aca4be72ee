/* SPDX-License-Identifier: MIT */
#include "fetch/width.h"

void adl_width_init(struct adl_width *width, uint32_t most)
{
    *width = (struct adl_width){.most = most, .now = most};
}

void adl_width_shrink(struct adl_width *width, uint32_t n_active)
{
    width->n_well = 0;
    if (n_active < width->now) {
        width->now = n_active > 0 ? n_active : 1;
    }
}

bool adl_width_grow(struct adl_width *width)
{
    if (width->now >= width->most || ++width->n_well < width->now) {
        return false;
    }
    width->n_well = 0;
    width->now++;
    return true;
}
