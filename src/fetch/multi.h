/* SPDX-License-Identifier: MIT */
/*
 * libcurl's multi_socket interface on a uv loop.
 *
 * All sockets of a multi are watched by an epoll instance of its own, and the
 * loop watches that one descriptor. So a kept-alive connection stays watched
 * between requests without a system call, and what epoll says of a descriptor
 * that libcurl closed behind our back is ours to judge: libuv would abort.
 *
 * libcurl's callbacks only record here. It is entered from two places, the
 * poll and the alarm of the multi; after each, on_activity tells the owner that
 * attempts may have ended, which it then reaps outside of all callbacks.
 */
#ifndef ADL_FETCH_MULTI_H
#define ADL_FETCH_MULTI_H

#include <stdbool.h>

#include <curl/curl.h>
#include <uv.h>

struct adl_multi;

typedef void (*adl_multi_activity_cb)(void *data);
typedef void (*adl_multi_close_cb)(void *data);

/* max_connects: connections under way and idle ones kept, in all. 0 or -errno.
 */
int adl_multi_open(struct adl_multi **out, uv_loop_t *loop, long max_connects,
                   adl_multi_activity_cb on_activity, void *data);

/* Have the sockets of a handle made and closed here. *socket_errno, which the
 * caller keeps alive with the handle, is set when one could not be made. */
int adl_multi_adopt(struct adl_multi *multi, CURL *easy, int *socket_errno);

/* Start and drop a handle; not from inside libcurl's callbacks. */
int adl_multi_add(struct adl_multi *multi, CURL *easy);
void adl_multi_remove(struct adl_multi *multi, CURL *easy);

/* Let handles that wait for what a connection turns out to speak look again,
 * once libcurl's callbacks are left: libcurl wakes them for HTTP/2 only. */
void adl_multi_recheck(struct adl_multi *multi);

/* Inside a callback of a handle: it has got on. While none does, what libcurl
 * asks to be called for at once waits; see fetch/alarm.h. */
void adl_multi_note(struct adl_multi *multi);

/* Remove a handle that has ended, and say how it did. Whether there was one. */
bool adl_multi_take_ended(struct adl_multi *multi, CURL **out,
                          CURLcode *out_cc);

/* Keep the loop alive, or not. */
void adl_multi_set_busy(struct adl_multi *multi, bool is_busy);

/* No handle may be left in it. Frees it, then calls on_closed. */
void adl_multi_close(struct adl_multi *multi, adl_multi_close_cb on_closed);

#endif
