/* SPDX-License-Identifier: MIT */
/*
 * What libuv and libcurl cost by themselves: a poll handle a socket, and for
 * each URL open, write, close. No checks, no retries, no names: the bar that a
 * downloader which has all that is measured against.
 *
 *     floor [-n AT_ONCE] [-l LANES] [-2] [-d DIR] [-a CA] [-c CONNECT_TO] LIST
 *
 * Files are named by their position in the list. A lane is a curl multi handle
 * of its own; with -2 each lane keeps to one connection a host, so that lanes
 * are connections.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>
#include <uv.h>

struct options {
    int n_at_once;
    int n_lanes;
    bool http2;
    const char *ca_file;
    struct curl_slist *connect_to;
};

/* The list, of which all lanes take the next line. */
struct work {
    char *next;
    int dir_fd;
    unsigned n_taken;
    unsigned n_failed;
};

struct lane {
    CURLM *multi;
    uv_timer_t timer;
    struct work *work;
};

struct watch {
    uv_poll_t poll;
    struct lane *lane;
    curl_socket_t fd;
};

struct transfer {
    int dir_fd;
    int fd;
    unsigned index;
};

static void fail(const char *what)
{
    fprintf(stderr, "floor: %s\n", what);
    exit(2);
}

static size_t on_body(char *bytes, size_t size, size_t n, void *data)
{
    struct transfer *t = data;

    if (t->fd < 0) {
        char name[16];

        snprintf(name, sizeof(name), "%06u", t->index);
        t->fd = openat(t->dir_fd, name,
                       O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    }
    ssize_t written = write(t->fd, bytes, size * n);

    return written < 0 ? 0 : (size_t)written;
}

/* Gives an idle handle the next URL. */
static void start_next(struct lane *lane, CURL *easy, struct transfer *t)
{
    struct work *work = lane->work;
    char *url = work->next;
    size_t len = strcspn(url, "\n");

    if (len == 0) {
        curl_easy_cleanup(easy);
        free(t);
        return;
    }
    work->next = url + len + (url[len] == '\n');
    url[len] = '\0';
    *t = (struct transfer){
        .dir_fd = work->dir_fd, .fd = -1, .index = work->n_taken++};
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_multi_add_handle(lane->multi, easy);
}

static void reap(struct lane *lane)
{
    int n_left;
    CURLMsg *msg;

    while ((msg = curl_multi_info_read(lane->multi, &n_left)) != NULL) {
        CURL *easy = msg->easy_handle;
        CURLcode cc = msg->data.result;
        struct transfer *t;

        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
        if (cc != CURLE_OK) {
            fprintf(stderr, "floor: line %u: %s\n", t->index + 1,
                    curl_easy_strerror(cc));
            lane->work->n_failed++;
        }
        if (t->fd >= 0) {
            close(t->fd);
        }
        curl_multi_remove_handle(lane->multi, easy);
        start_next(lane, easy, t);
    }
}

static void act(struct lane *lane, curl_socket_t fd, int flags)
{
    int n_running;

    curl_multi_socket_action(lane->multi, fd, flags, &n_running);
    reap(lane);
}

static void on_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timeout_change(CURLM *multi, long timeout_ms, void *data)
{
    struct lane *lane = data;

    (void)multi;
    if (timeout_ms < 0) {
        return uv_timer_stop(&lane->timer);
    }
    return uv_timer_start(&lane->timer, on_timer, (uint64_t)timeout_ms, 0);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;

    flags |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
    flags |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
    act(w->lane, w->fd, flags);
}

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static struct watch *watch_create(struct lane *lane, curl_socket_t fd)
{
    struct watch *w = malloc(sizeof(*w));

    if (w == NULL || uv_poll_init(lane->timer.loop, &w->poll, fd) < 0) {
        fail("cannot watch a socket");
    }
    w->lane = lane;
    w->fd = fd;
    w->poll.data = w;
    curl_multi_assign(lane->multi, fd, w);
    return w;
}

static int on_socket_change(CURL *easy, curl_socket_t fd, int what, void *data,
                            void *socket_data)
{
    struct lane *lane = data;
    struct watch *w = socket_data;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w != NULL) {
            curl_multi_assign(lane->multi, fd, NULL);
            uv_close((uv_handle_t *)&w->poll, on_poll_closed);
        }
        return 0;
    }
    if (w == NULL) {
        w = watch_create(lane, fd);
    }
    return uv_poll_start(&w->poll,
                         (what & CURL_POLL_IN ? UV_READABLE : 0) |
                             (what & CURL_POLL_OUT ? UV_WRITABLE : 0),
                         on_poll);
}

static void add_transfer(struct lane *lane, const struct options *opts)
{
    CURL *easy = curl_easy_init();
    struct transfer *t = calloc(1, sizeof(*t));

    if (easy == NULL || t == NULL) {
        fail("out of memory");
    }
    curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, opts->connect_to);
    if (opts->ca_file != NULL) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, opts->ca_file);
    }
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     opts->http2 ? (long)CURL_HTTP_VERSION_2TLS
                                 : (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, opts->http2 ? 1L : 0L);
    start_next(lane, easy, t);
}

static void lane_init(struct lane *lane, uv_loop_t *loop, struct work *work,
                      const struct options *opts)
{
    lane->multi = curl_multi_init();
    lane->work = work;
    uv_timer_init(loop, &lane->timer);
    lane->timer.data = lane;
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, on_socket_change);
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, on_timeout_change);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, 2L * opts->n_at_once);
    for (int i = 0; i < opts->n_at_once / opts->n_lanes; i++) {
        add_transfer(lane, opts);
    }
}

static char *read_list(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) < 0) {
        fail("cannot open the list");
    }
    char *text = calloc(1, (size_t)st.st_size + 1);

    if (text == NULL || read(fd, text, (size_t)st.st_size) != st.st_size) {
        fail("cannot read the list");
    }
    close(fd);
    return text;
}

static const char *parse(struct options *opts, int argc, char **argv)
{
    const char *dir = ".";
    int option;

    while ((option = getopt(argc, argv, "n:l:2d:a:c:")) != -1) {
        switch (option) {
        case 'n':
            opts->n_at_once = (int)strtol(optarg, NULL, 10);
            break;
        case 'l':
            opts->n_lanes = (int)strtol(optarg, NULL, 10);
            break;
        case '2':
            opts->http2 = true;
            break;
        case 'd':
            dir = optarg;
            break;
        case 'a':
            opts->ca_file = optarg;
            break;
        case 'c':
            opts->connect_to = curl_slist_append(opts->connect_to, optarg);
            break;
        default:
            exit(2);
        }
    }
    if (optind + 1 != argc || opts->n_lanes < 1 ||
        opts->n_at_once < opts->n_lanes) {
        fail("usage: floor [-n AT_ONCE] [-l LANES] [-2] [-d DIR] [-a CA] "
             "[-c CONNECT_TO] LIST");
    }
    return dir;
}

int main(int argc, char **argv)
{
    struct options opts = {.n_at_once = 64, .n_lanes = 1};
    const char *dir = parse(&opts, argc, argv);
    char *list = read_list(argv[optind]);
    struct work work = {.next = list,
                        .dir_fd = open(dir, O_DIRECTORY | O_CLOEXEC)};
    struct lane *lanes = calloc((size_t)opts.n_lanes, sizeof(*lanes));

    if (work.dir_fd < 0 || lanes == NULL) {
        fail("cannot open the folder");
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    for (int i = 0; i < opts.n_lanes; i++) {
        lane_init(&lanes[i], uv_default_loop(), &work, &opts);
    }
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);

    for (int i = 0; i < opts.n_lanes; i++) {
        curl_multi_cleanup(lanes[i].multi);
    }
    curl_slist_free_all(opts.connect_to);
    curl_global_cleanup();
    free(lanes);
    free(list);
    return work.n_failed ? 1 : 0;
}
