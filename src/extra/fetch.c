/* fetch.c: downloads known data: into memory first, so that only whole files whose sums are right reach the disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parts.h"

#if LUGE_HAVE_CURL

#include <curl/curl.h>

enum { LARGEST = 256 << 20, CONNECT_SECONDS = 20, SLOW_SECONDS = 30, SLOW_BYTES = 100, MOST_REDIRECTS = 5 };

typedef struct fetch {
    luge_context *ctx;
    const char *url;
    luge_sink progress;
    unsigned char *data;
    size_t bytes, capacity;
    int dots; /* of ten, for tenths of the file */
    int no_memory;
} fetch;

static void say(luge_sink sink, const char *text)
{
    if (sink.write) sink.write(sink.user, text, strlen(text));
}

/* ---- the transfer ------------------------------------------------------------------------------------------------ */

static size_t receive(char *data, size_t size, size_t n, void *user)
{
    fetch *f = user;
    n *= size;
    if (n > LARGEST - f->bytes) return 0;
    if (n > f->capacity - f->bytes) {
        size_t capacity = f->capacity ? f->capacity : 1 << 16;
        while (capacity - f->bytes < n) capacity *= 2;
        unsigned char *larger = realloc(f->data, capacity);
        if (!larger) {
            f->no_memory = 1;
            return 0;
        }
        f->data = larger;
        f->capacity = capacity;
    }
    memcpy(f->data + f->bytes, data, n);
    f->bytes += n;
    return n;
}

static int follow(void *user, curl_off_t total, curl_off_t now, curl_off_t to_send, curl_off_t sent)
{
    fetch *f = user;
    (void)to_send, (void)sent;
    for (; total > 0 && f->dots < 10 && now / (f->dots + 1) >= total / 10; f->dots++) say(f->progress, ".");
    return 0;
}

static int set_options(CURL *curl, fetch *f, char *message)
{
    CURLcode code = CURLE_OK;
#define SET(option, value)                                                                                             \
    if (code == CURLE_OK) code = curl_easy_setopt(curl, option, value)
    SET(CURLOPT_ERRORBUFFER, message);
    SET(CURLOPT_URL, f->url);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_FAILONERROR, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 1L);
    SET(CURLOPT_MAXREDIRS, (long)MOST_REDIRECTS);
#if LIBCURL_VERSION_NUM >= 0x075500
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
    SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    SET(CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    SET(CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
    SET(CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)LARGEST);
    SET(CURLOPT_USERAGENT, "luge");
    SET(CURLOPT_WRITEFUNCTION, receive);
    SET(CURLOPT_WRITEDATA, f);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, follow);
    SET(CURLOPT_XFERINFODATA, f);
#undef SET
    return code == CURLE_OK;
}

static luge_status transfer(fetch *f)
{
    char message[CURL_ERROR_SIZE] = "";
    CURL *curl = curl_easy_init();
    if (!curl || !set_options(curl, f, message)) {
        curl_easy_cleanup(curl);
        return luge__extra_no_memory(f->ctx, f->url);
    }
    const CURLcode code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    if (code == CURLE_OK) return LUGE_OK;
    if (f->no_memory || code == CURLE_OUT_OF_MEMORY) return luge__extra_no_memory(f->ctx, f->url);
    if (code == CURLE_FILESIZE_EXCEEDED || (code == CURLE_WRITE_ERROR && f->bytes))
        return luge__extra_fail(f->ctx, LUGE_EFORMAT, "%s: larger than %d bytes: not the file", f->url, (int)LARGEST);
    return luge__extra_fail(f->ctx, LUGE_EIO, "%.250s: %.200s", f->url,
                            message[0] ? message : curl_easy_strerror(code));
}

static luge_status check_sum(const fetch *f, const char *sha256)
{
    char sum[65];
    if (!sha256) return LUGE_OK;
    luge__extra_sha256(f->data, f->bytes, sum);
    if (strcmp(sum, sha256) == 0) return LUGE_OK;
    return luge__extra_fail(f->ctx, LUGE_EFORMAT, "%.250s: not the file: the SHA-256 of its %zu bytes is %s, not %s",
                            f->url, f->bytes, sum, sha256);
}

/* ---- tables get names -------------------------------------------------------------------------------------------- */

#define TEN(p)                                                                                                         \
    "," p "_radius," p "_texture," p "_perimeter," p "_area," p "_smoothness," p "_compactness," p "_concavity," p     \
    "_concave_points," p "_symmetry," p "_fractal_dimension"

/* The first line that a table lacks; and whether its first column, a number of the row, is left out. */
static const struct {
    const char *name, *line;
    int leave_first;
} headers[] = {
    { "breast-cancer", "diagnosis" TEN("mean") TEN("se") TEN("worst"), 1 },
    { "iris", "sepal_length,sepal_width,petal_length,petal_width,species", 0 },
};
enum { N_HEADERS = sizeof headers / sizeof *headers };

/* Lines that are not empty, after the header. */
static luge_status name_columns(fetch *f, const char *name)
{
    int h = 0;
    while (h < N_HEADERS && strcmp(headers[h].name, name) != 0) h++;
    if (h == N_HEADERS) return LUGE_OK;
    const size_t length = strlen(headers[h].line);
    unsigned char *text = malloc(length + 1 + f->bytes + 1), *out = text;
    if (!text) return luge__extra_no_memory(f->ctx, f->url);
    memcpy(out, headers[h].line, length);
    out += length;
    *out++ = '\n';
    for (size_t at = 0, end; at < f->bytes; at = end + 1) {
        for (end = at; end < f->bytes && f->data[end] != '\n'; end++) {}
        const unsigned char *line = f->data + at, *comma = memchr(line, ',', end - at);
        if (headers[h].leave_first && comma) line = comma + 1;
        const size_t n = (size_t)(f->data + end - line);
        if (!n) continue;
        memcpy(out, line, n);
        out += n;
        *out++ = '\n';
    }
    free(f->data);
    f->data = text;
    f->bytes = (size_t)(out - text);
    return LUGE_OK;
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static luge_status make_folders(luge_context *ctx, const char *path)
{
    char part[LUGE__PATH];
    luge_status status = luge__extra_path(ctx, part, "%s", path);
    for (char *slash = part; !status && slash;) {
        slash = strchr(slash + 1, '/');
        if (slash) *slash = 0;
        if (mkdir(part, 0777) != 0 && !luge__extra_is_folder(part))
            status = luge__extra_fail_system(ctx, part, "cannot make the folder", errno == EEXIST ? ENOTDIR : errno);
        if (slash) *slash = '/';
    }
    return status;
}

static int write_all(int fd, const unsigned char *data, size_t bytes)
{
    while (bytes) {
        const ssize_t n = write(fd, data, bytes);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n < 0 ? errno : EIO;
        data += n;
        bytes -= (size_t)n;
    }
    return 0;
}

/* Beside the file, then renamed: an old one stays whole until then. */
static luge_status write_file(fetch *f, const char *path)
{
    char temporary[LUGE__PATH];
    luge_status status = luge__extra_path(f->ctx, temporary, "%s.part-%ld", path, (long)getpid());
    if (status) return status;
    const int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return luge__extra_fail_system(f->ctx, temporary, "cannot write", errno);
    int error = write_all(fd, f->data, f->bytes);
    if (!error && fsync(fd) != 0 && errno != EINVAL) error = errno;
    if (close(fd) != 0 && !error) error = errno;
    if (!error && rename(temporary, path) != 0) error = errno;
    if (!error) return LUGE_OK;
    (void)unlink(temporary);
    return luge__extra_fail_system(f->ctx, path, "cannot write", error);
}

/* Whether the file is there: a table, which was changed, by its name; others by their sum. */
static int is_there(const luge_known_data *known, int index, const char *path)
{
    char sum[65] = "";
    struct stat s;
    if (stat(path, &s) != 0 || !S_ISREG(s.st_mode) || s.st_size < 1 || s.st_size > LARGEST) return 0;
    if (known->is_table || !known->sha256[index]) return 1;
    FILE *file = fopen(path, "rb");
    unsigned char *data = file ? malloc((size_t)s.st_size) : NULL;
    if (data && fread(data, 1, (size_t)s.st_size, file) == (size_t)s.st_size)
        luge__extra_sha256(data, (size_t)s.st_size, sum);
    free(data);
    if (file) (void)fclose(file);
    return strcmp(sum, known->sha256[index]) == 0;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static luge_status fetch_file(luge_context *ctx, const luge_known_data *known, int index, const char *path,
                              const char *url, luge_sink progress)
{
    char text[64];
    fetch f = { .ctx = ctx, .url = url, .progress = progress };
    say(progress, known->files[index]);
    say(progress, " ");
    luge_status status = transfer(&f);
    if (!status) status = check_sum(&f, known->sha256[index]);
    (void)snprintf(text, sizeof text, status ? " failed\n" : " %zu KB\n", (f.bytes + 999) / 1000);
    say(progress, text);
    if (!status) status = name_columns(&f, known->name);
    if (!status) status = write_file(&f, path);
    free(f.data);
    return status;
}

static luge_status fetch_files(luge_context *ctx, const luge_known_data *known, const char *folder,
                               const char *base_url, luge_sink progress)
{
    char path[LUGE__PATH], url[LUGE__PATH];
    luge_status status = luge__extra_path(ctx, path, "%s/%s", folder, known->name);
    if (!status) status = make_folders(ctx, path);
    for (int i = 0; !status && i < known->n_files; i++) {
        const size_t length = base_url ? strlen(base_url) : 0;
        const int slash = length && base_url[length - 1] == '/';
        status = luge__extra_path(ctx, path, "%s/%s/%s", folder, known->name, known->files[i]);
        if (!status) status = luge__extra_path(ctx, url, "%s", known->urls[i]);
        if (!status && base_url)
            status = luge__extra_path(ctx, url, "%s%s", base_url, strrchr(known->urls[i], '/') + slash);
        if (status) return status;
        if (is_there(known, i, path)) {
            say(progress, known->files[i]);
            say(progress, " is there\n");
        } else {
            status = fetch_file(ctx, known, i, path, url, progress);
        }
    }
    return status;
}

luge_status luge__extra_fetch(luge_context *ctx, const luge_known_data *known, const char *folder, const char *base_url,
                              luge_sink progress)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return luge__extra_no_memory(ctx, "libcurl");
    const luge_status status = fetch_files(ctx, known, folder, base_url, progress);
    curl_global_cleanup();
    return status;
}

#else

luge_status luge__extra_fetch(luge_context *ctx, const luge_known_data *known, const char *folder, const char *base_url,
                              luge_sink progress)
{
    (void)folder, (void)base_url, (void)progress;
    return luge__extra_lacks(ctx, "libcurl", known->name, "cannot be downloaded");
}

#endif

static luge_status no_such_set(luge_context *ctx, const char *name)
{
    const char *names[16];
    luge_known_data known;
    int n = 0;
    for (int i = 0; n < 16 && i < luge_known_data_count(); i++) {
        if (luge_known_data_at(i, &known) == LUGE_OK) names[n++] = known.name;
    }
    return luge__extra_fail(ctx, LUGE_EINVAL, "%.200s: no such data set; the nearest name is %s", name,
                            luge_nearest(name, names, n));
}

luge_status luge_fetch_data(luge_context *ctx, const char *name, const char *folder, const char *base_url,
                            luge_sink progress)
{
    if (!ctx || !name || !folder || !*folder)
        return luge__extra_fail(ctx, LUGE_EINVAL, "luge_fetch_data: no %s",
                                !ctx    ? "context"
                                : !name ? "name"
                                        : "folder");
    if (luge_failed(ctx)) return luge_failure(ctx);
    const luge_known_data *known = luge__extra_known(name, strlen(name));
    if (!known) return no_such_set(ctx, name);
    return luge__extra_fetch(ctx, known, folder, base_url, progress);
}
