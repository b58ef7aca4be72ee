/* SPDX-License-Identifier: MIT */
/*
 * Fetch into memory, then hash beside the loop, then save beside the loop under
 * the hash's name: one chain of futures for each URL, any number side by side.
 *
 *     chain DIR URL...
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <asyncdl/asyncdl.h>
#include <uv.h>

struct program {
    struct asyncdl_client *client;
    struct asyncdl_pool *pool;
    const char *dir;
    int n_left;
    int n_failed;
};

/* One URL on its way. */
struct chain {
    struct program *program;
    const char *url;
    struct asyncdl_future *fetched;
    struct asyncdl_future *hashed;
    struct asyncdl_future *saved;
    char path[4096];
};

/* FNV-1a: short enough for an example. */
static int hash(struct asyncdl_task *task, const void *arg, size_t len)
{
    const unsigned char *bytes = arg;
    uint64_t sum = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < len; i++) {
        sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return asyncdl_task_reply(task, &sum, sizeof(sum));
}

/* The chain is lent to it, and its first future is ready: nobody writes to
 * either before this is over. */
static int save(struct asyncdl_task *task, const void *arg, size_t len)
{
    const struct chain *chain = arg;
    const void *out = NULL;

    (void)len;
    asyncdl_future_result(chain->fetched, &out);
    const struct asyncdl_result *fetched = out;
    FILE *file = fopen(chain->path, "wb");
    if (file == NULL) {
        char text[200];
        int err = -errno;

        (void)snprintf(text, sizeof(text), "%.150s: %s", chain->path,
                       asyncdl_strerror(err));
        asyncdl_task_explain(task, text);
        return err;
    }
    size_t n = fwrite(fetched->body, 1, fetched->bytes, file);
    return fclose(file) == 0 && n == fetched->bytes ? 0 : -EIO;
}

static void leave(struct program *program)
{
    if (--program->n_left > 0) {
        return;
    }
    asyncdl_client_close(program->client, NULL, NULL);
    asyncdl_pool_close(program->pool);
    asyncdl_pool_join(program->pool, NULL, NULL);
}

/* The last link: everything of the chain goes. */
static void end(struct chain *chain, const char *error)
{
    struct program *program = chain->program;

    if (error == NULL) {
        printf("%s: saved as %s\n", chain->url, chain->path);
    } else {
        fprintf(stderr, "%s: %s\n", chain->url, error);
        program->n_failed++;
    }
    asyncdl_future_release(chain->fetched);
    asyncdl_future_release(chain->hashed);
    asyncdl_future_release(chain->saved);
    free(chain);
    leave(program);
}

static void on_saved(struct asyncdl_future *future, void *data)
{
    const void *result;

    asyncdl_future_result(future, &result);
    end(data, ((const struct asyncdl_task_result *)result)->error);
}

/* Have the pool work on what the chain keeps until it ends. */
static int farm_out(struct asyncdl_future **out, struct chain *chain,
                    asyncdl_task_fn fn, struct asyncdl_bytes arg,
                    asyncdl_future_cb then)
{
    struct asyncdl_task_options options = ASYNCDL_TASK_OPTIONS_INIT;

    options.fn = fn;
    options.arg = arg.data;
    options.len = arg.len;
    options.flags = ASYNCDL_TASK_BORROW;
    int err = asyncdl_pool_submit(out, chain->program->pool, &options);
    return err < 0 ? err : asyncdl_future_then(*out, then, chain);
}

static void on_hashed(struct asyncdl_future *future, void *data)
{
    struct chain *chain = data;
    const void *out;
    int err = asyncdl_future_result(future, &out);
    const struct asyncdl_task_result *result = out;

    if (err < 0) {
        end(chain, result->error);
        return;
    }
    (void)snprintf(chain->path, sizeof(chain->path), "%s/%016llx",
                   chain->program->dir,
                   (unsigned long long)*(const uint64_t *)result->data);
    struct asyncdl_bytes arg = {.data = chain, .len = sizeof(*chain)};
    err = farm_out(&chain->saved, chain, save, arg, on_saved);
    if (err < 0) {
        end(chain, asyncdl_strerror(err));
    }
}

static void on_fetched(struct asyncdl_future *future, void *data)
{
    struct chain *chain = data;
    const void *out;
    int err = asyncdl_future_result(future, &out);
    const struct asyncdl_result *result = out;

    if (err < 0) {
        end(chain, result->error);
        return;
    }
    struct asyncdl_bytes arg = {.data = result->body, .len = result->bytes};
    err = farm_out(&chain->hashed, chain, hash, arg, on_hashed);
    if (err < 0) {
        end(chain, asyncdl_strerror(err));
    }
}

static int start(struct program *program, const char *url)
{
    struct asyncdl_request request = ASYNCDL_REQUEST_INIT;
    struct chain *chain = calloc(1, sizeof(*chain));

    if (chain == NULL) {
        return -ENOMEM;
    }
    chain->program = program;
    chain->url = url;
    request.url = url;
    request.body = ASYNCDL_BODY_MEMORY;
    int err = asyncdl_fetch_future(&chain->fetched, program->client, &request);
    if (err == 0) {
        err = asyncdl_future_then(chain->fetched, on_fetched, chain);
    }
    if (err < 0) {
        asyncdl_future_release(chain->fetched);
        free(chain);
    }
    return err;
}

int main(int argc, char **argv)
{
    uv_loop_t *loop = uv_default_loop();
    struct program program = {.n_left = 1};

    if (argc < 3) {
        fprintf(stderr, "usage: chain DIR URL...\n");
        return 2;
    }
    program.dir = argv[1];
    int err = asyncdl_client_open(&program.client, loop, NULL);
    if (err == 0) {
        err = asyncdl_pool_open(&program.pool, loop, NULL);
    }
    if (err < 0) {
        fprintf(stderr, "chain: %s\n", asyncdl_strerror(err));
        return 1;
    }
    for (int i = 2; i < argc; i++) {
        err = start(&program, argv[i]);
        if (err < 0) {
            fprintf(stderr, "%s: %s\n", argv[i], asyncdl_strerror(err));
            program.n_failed++;
        } else {
            program.n_left++;
        }
    }
    leave(&program); /* the one that stood for this loop over the arguments */
    uv_run(loop, UV_RUN_DEFAULT);
    return uv_loop_close(loop) == 0 && program.n_failed == 0 ? 0 : 1;
}
