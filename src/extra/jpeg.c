/* jpeg.c: JPEG files, by libjpeg, whose errors come back by longjmp. */
#include "parts.h"

#if LUGE_HAVE_JPEG

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jerror.h>
#include <jpeglib.h>

enum {
    MOST_SCANS = 200,    /* a few bytes can ask for a pass over the whole image, again and again */
    MOST_FROM_ONE = 4096 /* pixels from a byte; a block of 64 takes a bit or more */
};

typedef struct job {
    struct jpeg_error_mgr errors; /* first: libjpeg hands back its address */
    struct jpeg_progress_mgr progress;
    struct jpeg_decompress_struct jpeg;
    jmp_buf back;
    char message[JMSG_LENGTH_MAX];
} job;

static void fail(j_common_ptr jpeg)
{
    job *j = (job *)(void *)jpeg->err;
    jpeg->err->format_message(jpeg, j->message);
    longjmp(j->back, 1);
}

/* Warnings pass, as everywhere, but for data that ends too early: its pixels would be made up. */
static void warn(j_common_ptr jpeg, int level)
{
    if (level >= 0) return;
    const int code = jpeg->err->msg_code;
    if (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER) fail(jpeg);
    jpeg->err->num_warnings++;
}

static void say_nothing(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void count_scans(j_common_ptr jpeg)
{
    job *j = (job *)(void *)jpeg->err;
    if (j->jpeg.input_scan_number <= MOST_SCANS) return;
    (void)snprintf(j->message, sizeof j->message, "more than %d scans", (int)MOST_SCANS);
    longjmp(j->back, 1);
}

static luge_status decode(job *j, luge_context *ctx, const char *path, size_t bytes, int grey, luge_image *image)
{
    struct jpeg_decompress_struct *jpeg = &j->jpeg;
    jpeg->progress = &j->progress;
    j->progress.progress_monitor = count_scans;
    (void)jpeg_read_header(jpeg, TRUE);
    jpeg->out_color_space = grey || jpeg->jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
    const int channels = jpeg->out_color_space == JCS_RGB ? 3 : 1;
    if ((int64_t)jpeg->image_width * jpeg->image_height / MOST_FROM_ONE > (int64_t)bytes)
        return luge__extra_fail(ctx, LUGE_EFORMAT, "%s: %u x %u pixels do not come out of %zu bytes", path,
                                jpeg->image_width, jpeg->image_height, bytes);
    luge_status status = luge__extra_image_room(ctx, path, jpeg->image_width, jpeg->image_height, channels, image);
    if (status) return status;
    (void)jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = image->pixels + (size_t)jpeg->output_scanline * (size_t)(image->width * image->channels);
        (void)jpeg_read_scanlines(jpeg, &row, 1);
    }
    (void)jpeg_finish_decompress(jpeg);
    return LUGE_OK;
}

luge_status luge__extra_jpeg(luge_context *ctx, const char *path, const unsigned char *data, size_t bytes, int grey,
                             luge_image *image)
{
    job *const j = calloc(1, sizeof *j);
    if (!j) return luge__extra_no_memory(ctx, path);
    luge_status status;
    j->jpeg.err = jpeg_std_error(&j->errors);
    j->errors.error_exit = fail;
    j->errors.emit_message = warn;
    j->errors.output_message = say_nothing;
    if (setjmp(j->back) == 0) {
        jpeg_create_decompress(&j->jpeg);
        jpeg_mem_src(&j->jpeg, data, (unsigned long)bytes);
        status = decode(j, ctx, path, bytes, grey, image);
    } else {
        status = luge__extra_fail(ctx, LUGE_EFORMAT, "%s: no whole JPEG file: %s", path, j->message);
    }
    jpeg_destroy_decompress(&j->jpeg);
    free(j);
    return status;
}

#else

luge_status luge__extra_jpeg(luge_context *ctx, const char *path, const unsigned char *data, size_t bytes, int grey,
                             luge_image *image)
{
    (void)data, (void)bytes, (void)grey, (void)image;
    return luge__extra_lacks(ctx, "libjpeg", path, "is a JPEG file");
}

#endif
