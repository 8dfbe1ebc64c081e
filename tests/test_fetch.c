/* test_fetch.c: downloads from a server of our own on 127.0.0.1, and the sums that they are held against. */
#include "extra_files.h"

#include "extra/parts.h"

static void sums(luge_test *t)
{
    char text[65];
    static char million[1000000];
    memset(million, 'a', sizeof million);
    luge__extra_sha256("", 0, text);
    CHECK_STR_EQ(t, text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    luge__extra_sha256("abc", 3, text);
    CHECK_STR_EQ(t, text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    luge__extra_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, text);
    CHECK_STR_EQ(t, text, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    luge__extra_sha256(million, sizeof million, text);
    CHECK_STR_EQ(t, text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    luge__extra_sha256(million, 64, text);
    CHECK_STR_EQ(t, text, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
    luge__extra_sha256(million, 55, text);
    CHECK_STR_EQ(t, text, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
}

#if LUGE_HAVE_CURL

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* ---- the server -------------------------------------------------------------------------------------------------- */

typedef struct server {
    pid_t pid;
    char base[64]; /* "http://127.0.0.1:PORT/" */
} server;

static void send_text(int to, const char *text, size_t n)
{
    while (n) {
        const ssize_t sent = send(to, text, n, MSG_NOSIGNAL);
        if (sent <= 0) return;
        text += sent;
        n -= (size_t)sent;
    }
}

static const char served[] = "1,M,3\n22,B,4\n\n333,M,5";

static void answer(int to, const char *request)
{
    char head[256];
    if (strstr(request, "GET /good/")) {
        (void)snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", sizeof served - 1);
        send_text(to, head, strlen(head));
        send_text(to, served, sizeof served - 1);
    } else if (strstr(request, "GET /moved/")) {
        static const char text[] = "HTTP/1.1 302 Found\r\nLocation: /good/x\r\nContent-Length: 0\r\n\r\n";
        send_text(to, text, sizeof text - 1);
    } else if (strstr(request, "GET /short/")) {
        static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nfew";
        send_text(to, text, sizeof text - 1);
    } else if (strstr(request, "GET /huge/")) {
        static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nfew";
        send_text(to, text, sizeof text - 1);
    } else if (strstr(request, "GET /round/")) {
        static const char text[] = "HTTP/1.1 302 Found\r\nLocation: /round/iris.data\r\nContent-Length: 0\r\n\r\n";
        send_text(to, text, sizeof text - 1);
    } else if (strstr(request, "GET /file/")) {
        static const char text[] = "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n";
        send_text(to, text, sizeof text - 1);
    } else if (!strstr(request, "GET /cut/")) {
        static const char text[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        send_text(to, text, sizeof text - 1);
    }
}

static void serve(int listener)
{
    for (;;) {
        char request[2048];
        const int to = accept(listener, NULL, NULL);
        if (to < 0) _exit(0);
        const ssize_t n = recv(to, request, sizeof request - 1, 0);
        request[n > 0 ? n : 0] = 0;
        answer(to, request);
        (void)shutdown(to, SHUT_WR);
        (void)close(to);
    }
}

static int server_begin(luge_test *t, server *s)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (!CHECK(t, listener >= 0)) return 0;
    if (!CHECK(t, bind(listener, (struct sockaddr *)&address, n) == 0 && listen(listener, 8) == 0)) return 0;
    if (!CHECK(t, getsockname(listener, (struct sockaddr *)&address, &n) == 0)) return 0;
    (void)snprintf(s->base, sizeof s->base, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    (void)fflush(stdout);
    s->pid = fork();
    if (s->pid == 0) {
        (void)alarm(120);
        serve(listener);
    }
    (void)close(listener);
    return CHECK(t, s->pid > 0);
}

static void server_end(server *s)
{
    (void)kill(s->pid, SIGKILL);
    (void)waitpid(s->pid, NULL, 0);
}

/* ---- the cases --------------------------------------------------------------------------------------------------- */

typedef struct heard {
    char text[1000];
    size_t n;
} heard;

static void hear(void *user, const char *text, size_t length)
{
    heard *h = user;
    if (length >= sizeof h->text - h->n) return;
    memcpy(h->text + h->n, text, length);
    h->n += length;
    h->text[h->n] = 0;
}

static int same_file(const char *path, const char *text)
{
    char found[2000];
    FILE *file = fopen(path, "rb");
    if (!file) return 0;
    const size_t n = fread(found, 1, sizeof found, file);
    (void)fclose(file);
    return n == strlen(text) && memcmp(found, text, n) == 0;
}

static const char *url(const server *s, const char *folder)
{
    static char text[100];
    (void)snprintf(text, sizeof text, "%s%s", s->base, folder);
    return text;
}

static void good(luge_test *t)
{
    server s;
    tree f;
    heard h = { .n = 0 };
    char sum[65];
    luge_known_data known = {
        .name = "numbers", .n_files = 2, .files = { "a.gz", "b" }, .urls = { "http://x/a.gz", "http://x/b" }
    };
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx) || !tree_begin(t, &f) || !server_begin(t, &s)) return;
    luge__extra_sha256(served, sizeof served - 1, sum);
    known.sha256[0] = sum;
    tree_path(&f, "new");
    tree_path(&f, "new/numbers");
    const char *a = tree_path(&f, "new/numbers/a.gz"), *b = tree_path(&f, "new/numbers/b");
    const luge_sink sink = { hear, &h };
    CHECK_STATUS(t, luge__extra_fetch(ctx, &known, f.paths[0], url(&s, "good"), sink), LUGE_OK);
    CHECK(t, same_file(a, served) && same_file(b, served));
    CHECK_STR_EQ(t, h.text, "a.gz .......... 1 KB\nb .......... 1 KB\n");
    h.n = 0;
    CHECK_STATUS(t, luge__extra_fetch(ctx, &known, f.paths[0], url(&s, "missing/"), sink), LUGE_OK); /* all there */
    CHECK_STR_EQ(t, h.text, "a.gz is there\nb is there\n");
    CHECK(t, unlink(a) == 0);
    FILE *file = fopen(a, "wb"); /* damaged: fetched again; a slash at the base's end, and a redirection */
    CHECK(t, file && fputs("damaged", file) >= 0 && fclose(file) == 0);
    CHECK_STATUS(t, luge__extra_fetch(ctx, &known, f.paths[0], url(&s, "moved/"), (luge_sink){ NULL, NULL }), LUGE_OK);
    CHECK(t, same_file(a, served));
    server_end(&s);
    tree_end(&f);
    CHECK(t, access(f.root, F_OK) != 0); /* nothing else was left there */
    luge_close(ctx);
}

static void columns(luge_test *t)
{
    server s;
    tree f;
    luge_known_data known = {
        .name = "iris", .is_table = 1, .n_files = 1, .files = { "t.csv" }, .urls = { "http://x/t" }
    };
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx) || !tree_begin(t, &f) || !server_begin(t, &s)) return;
    tree_path(&f, "iris");
    const char *path = tree_path(&f, "iris/t.csv");
    CHECK_STATUS(t, luge__extra_fetch(ctx, &known, f.root, url(&s, "good"), (luge_sink){ NULL, NULL }), LUGE_OK);
    CHECK(t, same_file(path, "sepal_length,sepal_width,petal_length,petal_width,species\n1,M,3\n22,B,4\n333,M,5\n"));
    known.name = "breast-cancer";
    tree_path(&f, known.name);
    path = tree_path(&f, "breast-cancer/t.csv");
    CHECK_STATUS(t, luge__extra_fetch(ctx, &known, f.root, url(&s, "good"), (luge_sink){ NULL, NULL }), LUGE_OK);
    char first[2000] = "", second[100] = "";
    FILE *file = fopen(path, "r");
    if (CHECK(t, file)) {
        CHECK(t, fgets(first, sizeof first, file) && fgets(second, sizeof second, file));
        (void)fclose(file);
        int commas = 0;
        for (const char *c = first; *c; c++) commas += *c == ',';
        CHECK_EQ_INT(t, commas, 30);
        CHECK_STR_CONTAINS(t, first, "diagnosis,mean_radius,mean_texture,");
        CHECK_STR_CONTAINS(t, first, ",worst_fractal_dimension\n");
        CHECK_STR_EQ(t, second, "M,3\n");
    }
    server_end(&s);
    tree_end(&f);
    luge_close(ctx);
}

static void failures(luge_test *t)
{
    static const struct {
        const char *folder;
        luge_status status;
        const char *says;
    } bad[] = {
        { "missing", LUGE_EIO, "404" },
        { "short", LUGE_EIO, "/short/iris.data: " },
        { "cut", LUGE_EIO, "/cut/iris" },
        { "huge", LUGE_EFORMAT, "larger than" },
        { "round", LUGE_EIO, "redirects" },
        { "file", LUGE_EIO, "file" },
        { "good", LUGE_EFORMAT, "the SHA-256 of its 21 bytes is " },
    };
    const luge_sink silent = { NULL, NULL };
    server s;
    tree f;
    luge_context *ctx = luge_open(.threads = 1);
    if (!CHECK(t, ctx) || !tree_begin(t, &f) || !server_begin(t, &s)) return;
    tree_path(&f, "iris");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_STATUS(t, luge_fetch_data(ctx, "iris", f.root, url(&s, bad[i].folder), silent), bad[i].status);
        refuses(t, ctx, bad[i].status, bad[i].says);
    }
    CHECK_STATUS(t, luge_fetch_data(ctx, "iris", tree_text(t, &f, "file", ""), url(&s, "good"), silent), LUGE_EIO);
    refuses(t, ctx, LUGE_EIO, "file: cannot make the folder: Not a directory");
    luge_known_data known = { .name = "full", .n_files = 1, .files = { "x" }, .urls = { "http://x/x" } };
    tree_folder(t, &f, "full");
    tree_folder(t, &f, "full/x"); /* a folder where the file should be */
    CHECK_STATUS(t, luge__extra_fetch(ctx, &known, f.root, url(&s, "good"), silent), LUGE_EIO);
    refuses(t, ctx, LUGE_EIO, "full/x: cannot write: ");
    if (access("/dev/full", W_OK) == 0) { /* a disk without room: the part file of this process leads there */
        char part[64];
        known.files[0] = "y";
        (void)snprintf(part, sizeof part, "full/y.part-%ld", (long)getpid());
        CHECK(t, symlink("/dev/full", tree_path(&f, part)) == 0);
        CHECK_STATUS(t, luge__extra_fetch(ctx, &known, f.root, url(&s, "good"), silent), LUGE_EIO);
        refuses(t, ctx, LUGE_EIO, "full/y: cannot write: ");
        CHECK(t, access(f.paths[f.n - 1], F_OK) != 0);
    }
    server_end(&s);
    CHECK_STATUS(t, luge_fetch_data(ctx, "iris", f.root, url(&s, "good"), silent), LUGE_EIO);
    refuses(t, ctx, LUGE_EIO, "127.0.0.1");
    CHECK_STATUS(t, luge_fetch_data(ctx, "irs", f.root, NULL, silent), LUGE_EINVAL);
    refuses(t, ctx, LUGE_EINVAL, "the nearest name is iris");
    CHECK_STATUS(t, luge_fetch_data(ctx, "iris", f.root, "ftp://127.0.0.1/", silent), LUGE_EIO);
    luge_clear(ctx);
    CHECK_STATUS(t, luge_fetch_data(ctx, "iris", NULL, NULL, silent), LUGE_EINVAL);
    luge_close(ctx);
    tree_end(&f);
    CHECK(t, access(f.root, F_OK) != 0); /* no part of a file stays */
}

#endif

void test_fetch(luge_test *t)
{
    RUN(t, sums);
#if LUGE_HAVE_CURL
    (void)setenv("no_proxy", "127.0.0.1", 1);
    (void)signal(SIGPIPE, SIG_IGN);
    RUN(t, good);
    RUN(t, columns);
    RUN(t, failures);
#else
    CHECK_SKIP(t, "built without libcurl");
#endif
}
