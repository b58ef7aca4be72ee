/* SPDX-License-Identifier: MIT */
/*
 * Handing over a job costs some microseconds, which a chunk shares among its
 * tasks; but a worker that has the last chunk alone lets the others stand idle.
 * With 16 chunks for each worker that is one sixteenth of its share at most,
 * and beyond 256 tasks to a chunk there is nothing left to be saved.
 */
#include "pool/chunking.h"

#define CHUNKS_PER_WORKER 16
#define CHUNK_MAX         256

size_t adl_chunking_choose(size_t n, uint32_t n_workers)
{
    size_t chunk = n / ((size_t)n_workers * CHUNKS_PER_WORKER);

    if (chunk > CHUNK_MAX) {
        return CHUNK_MAX;
    }
    return chunk > 0 ? chunk : 1;
}
