/* SPDX-License-Identifier: MIT */
/*
 * Builds are told apart by the build-id that the linker left in a note, else by
 * how the module is laid out in memory, which says less.
 */
#define _GNU_SOURCE /* dl_iterate_phdr */
#include "pool/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/error.h"
#include "util/hash.h"

#define NOTE_ALIGN 4

void adl_modules_finish(struct adl_modules *modules)
{
    for (size_t i = 0; i < modules->n; i++) {
        free(modules->items[i].path);
    }
    free(modules->items);
    *modules = (struct adl_modules){0};
}

static size_t align_note(size_t len)
{
    return (len + NOTE_ALIGN - 1) / NOTE_ALIGN * NOTE_ALIGN;
}

/* Look for the build-id among the notes of a segment. */
static bool read_notes(struct adl_module *module, const char *at, size_t left)
{
    ElfW(Nhdr) note;

    while (left >= sizeof(note)) {
        memcpy(&note, at, sizeof(note));
        size_t name_len = align_note(note.n_namesz);
        size_t desc_len = align_note(note.n_descsz);
        if (name_len > left - sizeof(note) ||
            desc_len > left - sizeof(note) - name_len) {
            return false;
        }
        const char *name = at + sizeof(note);
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            memcmp(name, "GNU", 4) == 0 && note.n_descsz > 0 &&
            note.n_descsz <= sizeof(module->id)) {
            memcpy(module->id, name + name_len, note.n_descsz);
            module->id_len = note.n_descsz;
            return true;
        }
        at += sizeof(note) + name_len + desc_len;
        left -= sizeof(note) + name_len + desc_len;
    }
    return false;
}

static void read_id(struct adl_module *module, const struct dl_phdr_info *info)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + part->p_vaddr;

        /* A number that the loader made of a place in memory. */
        if (part->p_type == PT_NOTE &&
            read_notes(module, (const char *)start, part->p_memsz)) {
            return;
        }
    }
    uint64_t hash = adl_hash_of(info->dlpi_phdr,
                                sizeof(*info->dlpi_phdr) * info->dlpi_phnum);
    memcpy(module->id, &hash, sizeof(hash));
    module->id_len = sizeof(hash);
}

/* Where its code is; false where it has none. */
static bool read_code(struct adl_module *module,
                      const struct dl_phdr_info *info)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + part->p_vaddr;

        if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0) {
            continue;
        }
        if (module->end == 0 || start < module->code) {
            module->code = start;
        }
        if (start + part->p_memsz > module->end) {
            module->end = start + part->p_memsz;
        }
    }
    return module->end != 0;
}

struct search {
    const char *path;   /* of this name, or */
    uintptr_t function; /* the one that has it */
    struct adl_module found;
    const char *name; /* the loader's */
};

static int look_at(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *search = data;
    struct adl_module module = {.base = info->dlpi_addr};

    (void)size;
    if (search->path != NULL && strcmp(search->path, info->dlpi_name) != 0) {
        return 0;
    }
    if (!read_code(&module, info) ||
        (search->path == NULL &&
         (search->function < module.code || search->function >= module.end))) {
        return 0;
    }
    read_id(&module, info);
    search->found = module;
    search->name = info->dlpi_name;
    return 1;
}

/* Room for one more. 0 or -ENOMEM. */
static int make_room(struct adl_modules *modules)
{
    if (modules->n < modules->cap) {
        return 0;
    }
    size_t cap = modules->cap == 0 ? 4 : 2 * modules->cap;
    struct adl_module *items = realloc(modules->items, cap * sizeof(*items));
    if (items == NULL) {
        return -ENOMEM;
    }
    modules->items = items;
    modules->cap = cap;
    return 0;
}

/* path is taken, on failure too. */
static int add(struct adl_modules *modules, const struct adl_module *module,
               char *path)
{
    int err = path != NULL ? make_room(modules) : -ENOMEM;

    if (err < 0) {
        free(path);
        return err;
    }
    modules->items[modules->n] = *module;
    modules->items[modules->n].path = path;
    modules->n++;
    return 0;
}

/* A helper may be in another folder some day. */
static char *make_absolute(const char *name)
{
    return name[0] == '\0' ? strdup("") : realpath(name, NULL);
}

/* 0, ASYNCDL_ENOFUNC or -ENOMEM; then the table ends with its module. */
static int add_module_of(struct adl_modules *modules, uintptr_t function)
{
    struct search search = {.function = function};

    if (dl_iterate_phdr(look_at, &search) == 0) {
        return ASYNCDL_ENOFUNC;
    }
    char *path = make_absolute(search.name);
    if (path == NULL && errno != ENOMEM) {
        return ASYNCDL_ENOFUNC; /* code without a file, such as the kernel's */
    }
    return add(modules, &search.found, path);
}

int adl_modules_name(struct adl_modules *modules, uintptr_t function,
                     int64_t *index, int64_t *offset)
{
    size_t i = 0;

    while (i < modules->n && (function < modules->items[i].code ||
                              function >= modules->items[i].end)) {
        i++;
    }
    if (i == modules->n) {
        int err = add_module_of(modules, function);

        if (err < 0) {
            return err;
        }
    }
    *index = (int64_t)i;
    *offset = (int64_t)(function - modules->items[i].base);
    return 0;
}

/* The one of that path, loaded by now, however its name came about. */
static bool search_loaded(struct search *search, void *handle)
{
    struct link_map *map = NULL;

    if (handle != NULL && dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0) {
        search->path = map->l_name;
    }
    return dl_iterate_phdr(look_at, search) != 0;
}

/* Of the same build; false where there is none. */
static bool find_or_load(struct search *search, const void *id, size_t id_len)
{
    if (!search_loaded(search, NULL)) {
        void *handle = dlopen(search->path, RTLD_NOW | RTLD_LOCAL);

        if (handle == NULL || !search_loaded(search, handle)) {
            return false;
        }
    }
    return search->found.id_len == id_len &&
           memcmp(search->found.id, id, id_len) == 0;
}

int adl_modules_load(struct adl_modules *modules, const char *path,
                     const void *id, size_t id_len)
{
    struct search search = {.path = path};
    bool is_found = find_or_load(&search, id, id_len);
    const struct adl_module none = {.id_len = 0};
    int err = add(modules, is_found ? &search.found : &none, strdup(path));

    return err < 0 || is_found ? err : ASYNCDL_ENOFUNC;
}

uintptr_t adl_modules_find(const struct adl_modules *modules, int64_t index,
                           int64_t offset)
{
    if (index < 0 || (uint64_t)index >= modules->n) {
        return 0;
    }
    const struct adl_module *module = &modules->items[index];
    uintptr_t address = module->base + (uintptr_t)offset;
    return address >= module->code && address < module->end ? address : 0;
}
