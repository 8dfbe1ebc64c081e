/* known.c: data sets that have names, and where their files lie.
 *
 * The sums are of the files as their URLs serve them. */
#include <string.h>

#include "parts.h"

#define MNIST   "https://ossci-datasets.s3.amazonaws.com/mnist/"
#define FASHION "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
#define UCI     "https://archive.ics.uci.edu/ml/machine-learning-databases/"
#define IMAGES(base)                                                                                                   \
    4,                                                                                                                 \
        { "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",                     \
          "t10k-labels-idx1-ubyte.gz" },                                                                               \
    {                                                                                                                  \
        base "train-images-idx3-ubyte.gz", base "train-labels-idx1-ubyte.gz", base "t10k-images-idx3-ubyte.gz",        \
            base "t10k-labels-idx1-ubyte.gz"                                                                           \
    }

static const luge_known_data sets[] = {
    { "mnist",
      "60,000 and 10,000 handwritten digits, 28 x 28 (LeCun, Cortes, Burges)",
      "CC BY-SA 3.0",
      0,
      NULL,
      IMAGES(MNIST),
      { "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6" } },
    { "fashion-mnist",
      "60,000 and 10,000 pieces of clothing, 28 x 28, 10 classes (Zalando Research)",
      "MIT",
      0,
      NULL,
      IMAGES(FASHION),
      { "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5" } },
    { "breast-cancer",
      "569 breast tumours, 30 measures of their cells, benign or malignant (Wisconsin, UCI)",
      "CC BY 4.0",
      1,
      "diagnosis",
      1,
      { "breast-cancer.csv" },
      { UCI "breast-cancer-wisconsin/wdbc.data" },
      { "d606af411f3e5be8a317a5a8b652b425aaf0ff38ca683d5327ffff94c3695f4a" } },
    { "iris",
      "150 irises, 4 measures, 3 species (Fisher, UCI)",
      "CC BY 4.0",
      1,
      "species",
      1,
      { "iris.csv" },
      { UCI "iris/iris.data" },
      { "6f608b71a7317216319b4d27b4d9bc84e6abd734eda7872b71a458569e2656c0" } },
    { "wine-quality",
      "1,599 red wines, 11 measures, a quality from 0 to 10 (Cortez and others, UCI)",
      "CC BY 4.0",
      1,
      "quality",
      1,
      { "wine-quality-red.csv" },
      { UCI "wine-quality/winequality-red.csv" },
      { "4a402cf041b025d4566d954c3b9ba8635a3a8a01e039005d97d6a710278cf05e" } },
};
enum { N_SETS = sizeof sets / sizeof *sets };

/* Classes in the order of their labels. */
static const char *const clothing[] = { "T-shirt", "Trouser", "Pullover", "Dress", "Coat",
                                        "Sandal",  "Shirt",   "Sneaker",  "Bag",   "Ankle boot" };
static const char *const digits[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" };

int luge_known_data_count(void)
{
    return N_SETS;
}

luge_status luge_known_data_at(int index, luge_known_data *known)
{
    if (index < 0 || index >= N_SETS || !known)
        return luge__extra_fail(NULL, LUGE_EINVAL, "luge_known_data_at: index %d of %d", index, (int)N_SETS);
    *known = sets[index];
    return LUGE_OK;
}

const luge_known_data *luge__extra_known(const char *name, size_t length)
{
    for (int i = 0; i < N_SETS; i++) {
        if (strlen(sets[i].name) == length && memcmp(sets[i].name, name, length) == 0) return &sets[i];
    }
    return NULL;
}

const char *const *luge__extra_class_names(const luge_known_data *known)
{
    return known == &sets[0] ? digits : known == &sets[1] ? clothing : NULL;
}

/* ---- the data folders -------------------------------------------------------------------------------------------- */

/* The file in one folder, as it is or unpacked. */
static int in_folder(luge_context *ctx, const char *folder, size_t length, const char *below, const char *file,
                     char path[LUGE__PATH])
{
    if (length >= LUGE__PATH) return 0;
    if (luge__extra_path(ctx, path, "%.*s/%s/%s", (int)length, folder, below, file)) return 0;
    if (luge__extra_is_file(path)) return 1;
    if (!luge__extra_ends(path, ".gz")) return 0;
    path[strlen(path) - 3] = 0;
    return luge__extra_is_file(path);
}

int luge__extra_find(luge_context *ctx, const luge_known_data *known, int file, char path[LUGE__PATH])
{
    const char *folder = luge_data_dir(ctx);
    while (folder) {
        const char *end = strchr(folder, ':');
        const size_t length = end ? (size_t)(end - folder) : strlen(folder);
        if (length && in_folder(ctx, folder, length, known->name, known->files[file], path)) return 1;
        if (length && known->is_table && in_folder(ctx, folder, length, "tabular", known->files[file], path)) return 1;
        folder = end ? end + 1 : NULL;
    }
    path[0] = 0;
    return 0;
}

luge_status luge__extra_not_found(luge_context *ctx, const luge_known_data *known)
{
    const char *folders = luge_data_dir(ctx);
    if (!folders)
        return luge__extra_fail(ctx, LUGE_EIO, "%s: no data folder was given to look in; get it by: luge data fetch %s",
                                known->name, known->name);
    return luge__extra_fail(ctx, LUGE_EIO, "%s: its files are not in %.200s; get them by: luge data fetch %s",
                            known->name, folders, known->name);
}

int luge_known_data_found(luge_context *ctx, const char *name, char *folder, size_t size)
{
    char path[LUGE__PATH];
    if (folder && size) folder[0] = 0;
    const luge_known_data *known = name && ctx ? luge__extra_known(name, strlen(name)) : NULL;
    if (!known) return 0;
    for (int i = known->n_files - 1; i >= 0; i--) {
        if (!luge__extra_find(ctx, known, i, path)) return 0;
    }
    const size_t length = (size_t)(strrchr(path, '/') - path);
    if (folder && size) {
        if (length >= size) return 0;
        memcpy(folder, path, length);
        folder[length] = 0;
    }
    return 1;
}
