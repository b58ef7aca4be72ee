/* SPDX-License-Identifier: MIT */
#include "support/tmpdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "site/pattern.h"

#define BLOCK_BYTES 65536

struct tmpdir_path {
    struct tmpdir_path *next;
    char text[];
};

/* What is done with each entry of a folder: name is relative to the top. */
typedef int (*visit_cb)(int dir_fd, const char *entry, const char *name,
                        const struct stat *st, void *data);

int tmpdir_init(struct tmpdir *dir)
{
    *dir = (struct tmpdir){.path = "/tmp/asyncdl-test-XXXXXX"};
    return mkdtemp(dir->path) != NULL ? 0 : -errno;
}

static int walk(int dir_fd, const char *name, visit_cb visit, void *data);

static int visit_entry(int dir_fd, const char *entry, const char *above,
                       visit_cb visit, void *data)
{
    struct adl_buf name = {0};
    struct stat st;
    int err =
        adl_buf_addf(&name, "%s%s%s", above, *above != '\0' ? "/" : "", entry);

    if (err == 0 && fstatat(dir_fd, entry, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        err = -errno;
    }
    if (err == 0 && S_ISDIR(st.st_mode)) {
        int fd = openat(dir_fd, entry, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        err = fd >= 0 ? walk(fd, adl_buf_str(&name), visit, data) : -errno;
    }
    if (err == 0) {
        err = visit(dir_fd, entry, adl_buf_str(&name), &st, data);
    }
    adl_buf_finish(&name);
    return err;
}

/* Visit all below dir_fd, which is taken: what is in a folder comes first. */
static int walk(int dir_fd, const char *name, visit_cb visit, void *data)
{
    DIR *stream = fdopendir(dir_fd);
    struct dirent *entry;
    int err = 0;

    if (stream == NULL) {
        err = -errno;
        (void)close(dir_fd);
        return err;
    }
    while (err == 0 && (entry = readdir(stream)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0) {
            err = visit_entry(dirfd(stream), entry->d_name, name, visit, data);
        }
    }
    (void)closedir(stream);
    return err;
}

static int walk_path(const char *path, visit_cb visit, void *data)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 ? walk(fd, "", visit, data) : -errno;
}

static int on_remove(int dir_fd, const char *entry, const char *name,
                     const struct stat *st, void *data)
{
    (void)name;
    (void)data;
    return unlinkat(dir_fd, entry, S_ISDIR(st->st_mode) ? AT_REMOVEDIR : 0) == 0
               ? 0
               : -errno;
}

void tmpdir_finish(struct tmpdir *dir)
{
    if (dir->path[0] != '\0') {
        (void)walk_path(dir->path, on_remove, NULL); /* rmdir tells */
        if (rmdir(dir->path) < 0) {
            perror(dir->path);
        }
    }
    while (dir->paths != NULL) {
        struct tmpdir_path *next = dir->paths->next;

        free(dir->paths);
        dir->paths = next;
    }
    dir->path[0] = '\0';
}

const char *tmpdir_get_path(struct tmpdir *dir, const char *format, ...)
{
    char name[1024];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(name, sizeof(name), format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof(name)) {
        return NULL;
    }
    size_t cap = strlen(dir->path) + 1 + (size_t)len + 1;
    struct tmpdir_path *path = malloc(sizeof(*path) + cap);

    if (path == NULL) {
        return NULL;
    }
    (void)snprintf(path->text, cap, "%s/%s", dir->path, name);
    path->next = dir->paths;
    dir->paths = path;
    return path->text;
}

static FILE *open_file(struct tmpdir *dir, const char *name, const char *mode)
{
    const char *path = tmpdir_get_path(dir, "%s", name);

    if (path == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    return fopen(path, mode);
}

int tmpdir_write(struct tmpdir *dir, const char *name, const void *bytes,
                 size_t len)
{
    FILE *file = open_file(dir, name, "wb");

    if (file == NULL) {
        return -errno;
    }
    bool is_short = fwrite(bytes, 1, len, file) != len;

    return fclose(file) != 0 || is_short ? -EIO : 0;
}

/* Called for each piece of a file and its place; false ends the reading. */
typedef bool (*piece_cb)(const uint8_t *bytes, size_t len, uint64_t offset,
                         void *data);

/* 0, -errno, or -ECANCELED when the callback did not want more. */
static int read_pieces(struct tmpdir *dir, const char *name, piece_cb on_piece,
                       void *data)
{
    uint8_t bytes[BLOCK_BYTES];
    uint64_t offset = 0;
    size_t n;
    int err = 0;
    FILE *file = open_file(dir, name, "rb");

    if (file == NULL) {
        return -errno;
    }
    while (err == 0 && (n = fread(bytes, 1, sizeof(bytes), file)) > 0) {
        err = on_piece(bytes, n, offset, data) ? 0 : -ECANCELED;
        offset += n;
    }
    if (err == 0 && ferror(file)) {
        err = -EIO;
    }
    (void)fclose(file); /* it was only read */
    return err;
}

static bool on_read_piece(const uint8_t *bytes, size_t len, uint64_t offset,
                          void *data)
{
    (void)offset;
    return adl_buf_add(data, bytes, len) == 0;
}

int tmpdir_read(struct adl_buf *out, struct tmpdir *dir, const char *name)
{
    return read_pieces(dir, name, on_read_piece, out);
}

static bool on_hash_piece(const uint8_t *bytes, size_t len, uint64_t offset,
                          void *data)
{
    (void)offset;
    return EVP_DigestUpdate(data, bytes, len) == 1;
}

int tmpdir_hash(char hex[65], struct tmpdir *dir, const char *name)
{
    uint8_t hash[32];
    int err = -ENOMEM;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1) {
        err = read_pieces(dir, name, on_hash_piece, ctx);
    }
    if (err == 0 && EVP_DigestFinal_ex(ctx, hash, NULL) != 1) {
        err = -EIO;
    }
    for (size_t i = 0; err == 0 && i < sizeof(hash); i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    }
    EVP_MD_CTX_free(ctx);
    return err;
}

struct comparison {
    uint64_t seed;
    uint64_t size;
};

static bool on_compare_piece(const uint8_t *bytes, size_t len, uint64_t offset,
                             void *data)
{
    struct comparison *c = data;
    uint8_t expected[BLOCK_BYTES];

    adl_pattern_fill(expected, len, c->seed, offset);
    c->size += len;
    return memcmp(bytes, expected, len) == 0;
}

bool tmpdir_is_pattern(struct tmpdir *dir, const char *name, uint64_t size,
                       uint64_t seed)
{
    struct comparison c = {.seed = seed};

    return read_pieces(dir, name, on_compare_piece, &c) == 0 && c.size == size;
}

static int on_list(int dir_fd, const char *entry, const char *name,
                   const struct stat *st, void *data)
{
    struct tmpdir_files *list = data;

    (void)dir_fd;
    (void)entry;
    if (!S_ISREG(st->st_mode) || strstr(name, ".asyncdl/journal.") != NULL) {
        return 0;
    }
    struct tmpdir_file *files =
        realloc(list->files, (list->n + 1) * sizeof(*files));

    if (files == NULL) {
        return -ENOMEM;
    }
    list->files = files;
    files[list->n] = (struct tmpdir_file){strdup(name), (uint64_t)st->st_size};
    return files[list->n].name != NULL ? (list->n++, 0) : -ENOMEM;
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct tmpdir_file *)a)->name,
                  ((const struct tmpdir_file *)b)->name);
}

int tmpdir_list(struct tmpdir_files *out, struct tmpdir *dir, const char *under)
{
    struct tmpdir_files list = {0};
    const char *path = tmpdir_get_path(dir, "%s", under);
    int err = path != NULL ? walk_path(path, on_list, &list) : -ENOMEM;

    if (err < 0) {
        tmpdir_files_finish(&list);
        return err;
    }
    if (list.n > 0) {
        qsort(list.files, list.n, sizeof(*list.files), compare_files);
    }
    *out = list;
    return 0;
}

void tmpdir_files_finish(struct tmpdir_files *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->files[i].name);
    }
    free(list->files);
    *list = (struct tmpdir_files){0};
}
