/* SPDX-License-Identifier: MIT */
#include "fuzz/fuzz.h"

/* meson.build's list, as TARGET(name) TARGET(name)... */
#define TARGET(name) extern const struct fuzz_target fuzz_##name;
FUZZ_TARGETS
#undef TARGET

#define TARGET(name) &fuzz_##name,
const struct fuzz_target *const fuzz_targets[] = {FUZZ_TARGETS};
#undef TARGET

const size_t fuzz_n_targets = sizeof(fuzz_targets) / sizeof(fuzz_targets[0]);
