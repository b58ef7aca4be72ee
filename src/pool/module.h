/* SPDX-License-Identifier: MIT */
/*
 * Functions by name: the program and its libraries lie elsewhere in a helper's
 * memory, so that a function is told as the module that it is in and how far
 * behind the module's start. Both have a table of modules; their indices are
 * the same, since the program tells a helper of each before it names one.
 */
#ifndef ADL_POOL_MODULE_H
#define ADL_POOL_MODULE_H

#include <stddef.h>
#include <stdint.h>

#define ADL_MODULE_MAX_ID 32

struct adl_module {
    char *path;                          /* "" is the program */
    unsigned char id[ADL_MODULE_MAX_ID]; /* the same for the same build only */
    size_t id_len;
    uintptr_t base;
    uintptr_t code; /* from here */
    uintptr_t end;  /* to here */
};

struct adl_modules {
    struct adl_module *items; /* zero is an empty table */
    size_t n;
    size_t cap;
};

void adl_modules_finish(struct adl_modules *modules);

/* Name a function of this process; its module is added where it is new. 0,
 * ASYNCDL_ENOFUNC where no module has it, -ENOMEM. */
int adl_modules_name(struct adl_modules *modules, uintptr_t function,
                     int64_t *index, int64_t *offset);

/* Add the module of that path, which is loaded where it is not. Copied. 0,
 * ASYNCDL_ENOFUNC where there is none of the same build: then one without code
 * has its index; -ENOMEM. */
int adl_modules_load(struct adl_modules *modules, const char *path,
                     const void *id, size_t id_len);

/* The address of what was named so, or 0 where there is no code. */
uintptr_t adl_modules_find(const struct adl_modules *modules, int64_t index,
                           int64_t offset);

#endif
